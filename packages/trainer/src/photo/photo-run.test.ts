import { describe, expect, test } from '@jest/globals';
import { blurToVideoPresets } from '@unblur/core-model';
import { join, resolve } from 'node:path';
import { parseRunConfig, writeRunConfig } from './run-config.js';

const minimal = `
network: { preset: small, frames: 3, featureTransformer: { localWarping: false } }
data: { sources: [{ kind: panorama, folder: ../panoramas/train }] }
steps: 10
validation: { panoramas: ../panoramas/val }
`;
const read = (yaml: string) => parseRunConfig(yaml, '/runs/a.yaml');

describe('a run file', () => {
  test('is completed by defaults, and its paths are relative to it', () => {
    const config = read(minimal);
    expect(config.data.sources).toEqual([expect.objectContaining({ kind: 'panorama', folder: resolve('/panoramas/train'), weight: 1, photoPixels: 256 })]);
    expect(config.validation.panoramas).toBe(resolve('/panoramas/val'));
    expect(config.optimizer).toMatchObject({ beta1: 0.9, beta2: 0.999, clipNorm: null });
    expect(config.schedule).toEqual({ kind: 'step', at: [0.5, 0.75], factor: 0.5, warmupSteps: 0 });
  });

  test('changes single keys of a preset, at any depth', () => {
    const { network } = read(minimal);
    expect(network.frames).toBe(3);
    expect(network.featureTransformer).toEqual({ ...blurToVideoPresets.small.featureTransformer, localWarping: false });
    expect(network.encoderChannels).toEqual(blurToVideoPresets.small.encoderChannels);
  });

  test('leaves out a part of a preset that is null', () => {
    expect(read(minimal.replace('frames: 3,', 'frames: 3, motionDecoder: null, reblurRefiner: null,')).network.motionDecoder).toBeNull();
    expect(() => read(minimal.replace('frames: 3,', 'frames: 3, encoderChannels: null,'))).toThrow('network.encoderChannels');
  });

  test('reads back as it was stored, wherever it is stored', () => {
    const config = read(minimal);
    const file = join('/elsewhere', 'deep', 'run.yaml');
    expect(parseRunConfig(writeRunConfig(config, file), file)).toEqual(config);
  });

  test('mixes sources, each with its own options; a stored run has them all', () => {
    const config = read(minimal.replace(/data:.*/, 'data: { sources: [{ kind: layers, folder: stills, weight: 3, bend: 0.1, averaging: { display: 1, linear-srgb: 2 } }, { kind: video, folder: clips }, { kind: shards, folder: made }] }'));
    expect(config.data.sources).toEqual([
      expect.objectContaining({ kind: 'layers', weight: 3, bend: 0.1, objects: [1, 3], averaging: { display: 1, 'linear-srgb': 2 } }),
      expect.objectContaining({ kind: 'video', weight: 1, shrink: [1, 4] }),
      { kind: 'shards', folder: resolve('/runs/made'), weight: 1 },
    ]);
    expect(parseRunConfig(writeRunConfig(config, '/elsewhere/run.yaml'), '/elsewhere/run.yaml')).toEqual(config);
  });

  test('takes a folder of samples to validate on, relative to it and kept where it is stored', () => {
    const config = read(minimal.replace('panoramas: ../panoramas/val', 'folder: ../samples'));
    expect(config.validation).toMatchObject({ panoramas: null, folder: resolve('/samples') });
    expect(parseRunConfig(writeRunConfig(config, '/elsewhere/run.yaml'), '/elsewhere/run.yaml')).toEqual(config);
  });

  test.each([
    ['stpes: 10', "/runs/a.yaml: Unknown key 'stpes'; did you mean 'steps'?"],
    ['loss: { nrom: l1 }', "Unknown key 'loss.nrom'; did you mean 'loss.norm'?"],
    ['optimizer: { learning_rate: 1 }', "Unknown key 'optimizer.learning_rate'; did you mean 'optimizer.learningRate'?"],
    ['schedule: { kind: cosine, factor: 1 }', "Unknown key 'schedule.factor'"],
    ['schedule: { kind: linear }', "Expected 'step' or 'cosine' for 'schedule.kind' but received \"linear\"."],
    ['batchSize: 2.5', "Expected a whole number of at least 1 for 'batchSize' but received 2.5."],
    ['emaDecay: 2', "Expected a number from 0 to 1 for 'emaDecay' but received 2."],
    ['loss: { frameWeights: [1, 2] }', "Expected 3 weights for 'loss.frameWeights' but received 2."],
    ['data: { sources: [{ kind: shards, folder: made }, { kind: video, folder: clips }] }\nloss: { motion: 0.5 }', "of kind panorama or layers, whose motion is known, as 'loss.motion' and the canonical order need it, but 'data.sources' has only shards and video"],
    ['data: { source: [] }', "Unknown key 'data.source'; did you mean 'data.sources'?"],
    ['data: { sources: [{ kind: panorama, folder: a, angleDegree: [1, 2] }] }', "Unknown key 'data.sources[0].angleDegree'; did you mean 'data.sources[0].angleDegrees'?"],
    ['data: { sources: [{ kind: layers, folder: a, augmentation: { flip: true } }] }', "Unknown key 'data.sources[0].augmentation.flip'; did you mean 'data.sources[0].augmentation.flips'?"],
    ['data: { sources: [{ kind: panorama, folder: a, frames: 5 }] }', "Unknown key 'data.sources[0].frames'"],
    ['data: { sources: [{ kind: film, folder: a }] }', "for 'data.sources[0].kind' but received \"film\""],
    ['data: { sources: [{ kind: video, folder: a }, { kind: layers }] }', "Expected a text for 'data.sources[1].folder' but received nothing."],
    ['data: { sources: [{ kind: layers, folder: a, bend: 2 }] }', "bend"],
    ['threads: null', "for 'threads' but received null"],
  ])('%s is refused with its path', (line, message) => {
    const withoutKey = minimal.replace(new RegExp(`^${line.split(':')[0]}:.*\n`, 'm'), '');
    expect(() => read(`${withoutKey}${line}\n`)).toThrow(message);
  });

  test.each([
    ['network: { preset: smal }', "'paper' or 'base' or 'small' for 'network.preset'"],
    ['network: { preset: small, featureTransformer: { afine: true } }', "Unknown key 'network.featureTransformer.afine'; did you mean 'network.featureTransformer.affine'?"],
    ['network: { preset: small, frames: 4 }', 'odd number of frames'],
  ])('%s is refused', (line, message) => {
    expect(() => read(minimal.replace(/network:.*/, line))).toThrow(message);
  });

  test('says what is missing', () => {
    expect(() => read('{ network: small, data: {}, steps: 3 }')).toThrow("Expected a list of sources for 'data.sources', such as [{ kind: panorama, folder: panoramas }], but received nothing.");
    expect(() => read(minimal.replace('panoramas: ../panoramas/val', ''))).toThrow("Expected either 'validation.panoramas' or 'validation.folder' but received neither.");
    expect(() => read(minimal.replace('panoramas: ../panoramas/val', 'panoramas: a, folder: b'))).toThrow('but received both.');
    expect(() => read(minimal.replace('data: {', 'data: { sizePixels: 100,'))).toThrow("Expected a multiple of 64 for 'data.sizePixels' but received 100.");
  });
});
