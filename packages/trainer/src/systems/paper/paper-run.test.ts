import { describe, expect, test } from '@jest/globals';
import { paperPreset } from '@unblur/core-model';
import { parseRun } from '../load-run.js';
import type { PaperRun } from './paper-run.js';

const minimal = `
system: paper
network: { frames: 3, featureTransformer: { localWarping: false } }
data: { sources: [{ kind: panorama, folder: panoramas/train }] }
steps: 10
validation: { panoramas: panoramas/val }
`;

const read = (yaml: string) => parseRun(yaml, 'run.yaml').config as PaperRun;

describe("a run file of the paper's network", () => {
  test('changes single keys of the preset, at any depth, and has the losses of the paper', () => {
    const { network, loss } = read(minimal);
    expect(network).toEqual({
      ...paperPreset,
      frames: 3,
      featureTransformer: { ...paperPreset.featureTransformer, localWarping: false },
    });
    expect(loss).toEqual({
      norm: 'l1',
      order: 'ground-truth',
      levelWeights: [1, 0.5, 0.25, 0.125, 0.0625],
      frameWeights: 'equal',
      transformationConsistency: 0,
      symmetricPenalty: 0,
      symmetricPenaltyBound: null,
    });
  });

  test.each([
    ['network: { preset: small }', "'paper' for 'network.preset'"],
    [
      'network: { featureTransformer: { localWaping: true } }',
      "Unknown key 'network.featureTransformer.localWaping'; did you mean 'network.featureTransformer.localWarping'?",
    ],
    ['network: { motionDecoder: null }', "Unknown key 'network.motionDecoder'"],
    ['network: { frames: 4 }', 'odd number of frames'],
    ['network: { encoderChannels: null }', 'network.encoderChannels'],
    ['loss: { nrom: l1 }', "Unknown key 'loss.nrom'; did you mean 'loss.norm'?"],
    [
      'loss: { levelWeights: [1, 1, 1, 1, 1, 1] }',
      "Expected 1 to 5 weights for 'loss.levelWeights' but received 6.",
    ],
    ['loss: { frameWeights: [1, 2] }', "Expected 7 weights for 'loss.frameWeights' but received 2."],
    [
      'data: { sources: [{ kind: video, folder: clips }] }\nloss: { order: canonical }',
      'whose motion is known',
    ],
    [
      'data: { sizePixels: 48, sources: [{ kind: video, folder: clips }] }',
      "Expected a multiple of 32 for 'data.sizePixels' but received 48.",
    ],
  ])('%s is refused', (line, message) => {
    const all = minimal.replace(/network:.*\n/, '');
    expect(() => read(`${all.replace(new RegExp(`^${line.split(':')[0]}:.*\n`, 'm'), '')}${line}\n`)).toThrow(
      message,
    );
  });
});
