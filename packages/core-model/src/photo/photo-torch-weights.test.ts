import { describe, expect, test } from '@jest/globals';
import { writeSafetensors } from '../weights/safetensors.js';
import { readTorchPhotoWeights } from './photo-torch-weights.js';

/** Widths, by their names in the trainer's config. */
const [c, cm, cf] = [[2, 3, 4, 5], 3, 2];

/**
 * Parameters of the PyTorch network by name, `[out, in, kh, kw]`, of one block of everything and the widths
 * above.
 */
function torchShapes(): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  const layer = (name: string, from: number, to: number, size = 3) =>
    Object.assign(shapes, { [`${name}.weight`]: [to, from, size, size], [`${name}.bias`]: [to] });
  const block = (name: string, channels: number) =>
    ['a', 'b'].forEach((part) => layer(`${name}.${part}`, channels, channels));
  layer('stem', 12, c[0]!);
  [0, 1, 2].forEach((scale) => {
    block(`enc.${scale}.0`, c[scale]!);
    layer(`down.${scale}`, c[scale]!, c[scale + 1]!);
    layer(`up.${scale}`, c[scale + 1]!, 4 * c[scale]!, 1);
    block(`dec.${scale}.0`, c[scale]!);
  });
  block('mid.0', c[3]!);
  layer('middle', c[0]!, 12);
  layer('motion_in', c[1]!, cm);
  [0, 1].forEach((index) => block(`motion.${index}`, cm));
  layer('path', cm, 6);
  layer('moved', c[0]!, cf, 1);
  layer('frame_in', cf + 12 + 3, cf);
  block('frame.0', cf);
  layer('frame_out', cf, 12);
  return shapes;
}

const trainerConfig = { c, enc: [1, 1, 1], mid: 1, dec: [1, 1, 1], cm, cf, nf: 1 };
const count = (shape: number[]) => shape.reduce((product, size) => product * size, 1);

/** A file whose every value is its place in its tensor. */
function torchFile(
  shapes: Record<string, number[]>,
  metadata: Record<string, string> = { config: JSON.stringify(trainerConfig) },
): Uint8Array {
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      {
        dtype: 'F32' as const,
        shape,
        values: Float32Array.from({ length: count(shape) }, (_, place) => place),
      },
    ]),
  );
  return writeSafetensors({ tensors, metadata });
}

describe('weights of the PyTorch trainer', () => {
  const { config, values } = readTorchPhotoWeights(torchFile(torchShapes()));
  /** A value of a kernel here, `[row, column, in, out]`. */
  const at = (name: string, [row, column, from, to]: [number, number, number, number]) => {
    const { shape, values: kernel } = values[name]!;
    return kernel[((row * shape[1]! + column) * shape[2]! + from) * shape[3]! + to];
  };
  /** The place of a value in a kernel there, `[out, in, row, column]`. */
  const placeThere = (
    inputs: number,
    size: number,
    [out, from, row, column]: [number, number, number, number],
  ) => ((out * inputs + from) * size + row) * size + column;

  test('bring their config', () => {
    expect(config).toEqual({
      channels: c,
      encoderBlocks: [1, 1, 1],
      bottleneckBlocks: 1,
      decoderBlocks: [1, 1, 1],
      trajectoryChannels: 3,
      trajectoryBlocks: 2,
      frameChannels: 2,
      frameBlocks: 1,
    });
  });

  test('have their axes in the order of TensorFlow.js', () => {
    expect(values['reduce1.kernel']!.shape).toEqual([3, 3, 3, 4]);
    expect(at('reduce1.kernel', [2, 1, 0, 3])).toBe(placeThere(3, 3, [3, 0, 2, 1]));
    expect(at('encoder2.block0.second.kernel', [0, 2, 1, 3])).toBe(placeThere(4, 3, [3, 1, 0, 2]));
    expect(at('trajectory.predict.kernel', [1, 0, 2, 5])).toBe(placeThere(3, 3, [5, 2, 1, 0]));
    expect([...values['trajectory.predict.bias']!.values]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('have the channels of packed pixels pixel by pixel, where PyTorch has them colour by colour', () => {
    // Green (1) of the lower left pixel (2): channel 1 * 4 + 2 there, 2 * 3 + 1 here.
    expect(at('stem.kernel', [0, 1, 7, 1])).toBe(placeThere(12, 3, [1, 6, 0, 1]));
    expect(at('middle.kernel', [2, 2, 1, 7])).toBe(placeThere(2, 3, [6, 1, 2, 2]));
    expect(at('frame.correct.kernel', [1, 1, 0, 7])).toBe(placeThere(2, 3, [6, 0, 1, 1]));
    expect(values['middle.bias']!.values[7]).toBe(6);
    // The second of three channels of that pixel, enlarged.
    expect(at('enlarge1.kernel', [0, 0, 3, 7])).toBe(placeThere(4, 1, [6, 3, 0, 0]));
    // What the frame's part sees: features, then the packed picture, then displacement and time.
    expect(at('frame.enter.kernel', [0, 0, 1, 0])).toBe(placeThere(17, 3, [0, 1, 0, 0]));
    expect(at('frame.enter.kernel', [0, 0, 2 + 7, 0])).toBe(placeThere(17, 3, [0, 2 + 6, 0, 0]));
    expect(at('frame.enter.kernel', [0, 0, 16, 0])).toBe(placeThere(17, 3, [0, 16, 0, 0]));
  });

  test('are refused without a config, and with names and shapes that do not fit', () => {
    expect(() => readTorchPhotoWeights(torchFile(torchShapes(), {}))).toThrow(
      "the file's header has no 'config'",
    );
    expect(() => readTorchPhotoWeights(torchFile(torchShapes(), { config: '{' }))).toThrow(
      "Expected the config of a PyTorch photo network as a JSON mapping in the header's 'config'",
    );
    expect(() => readTorchPhotoWeights(torchFile(torchShapes(), { config: '{"c": 7}' }))).toThrow(
      'for network.channels but received 7',
    );
    const { 'path.bias': _missing, ...others } = torchShapes();
    expect(() => readTorchPhotoWeights(torchFile({ ...others, 'down.0.bias': [4], stranger: [1] }))).toThrow(
      "'down.0.bias' is [4], not [3]; 'path.bias' [6] is missing; 'stranger' [1] is not part of the network",
    );
  });
});
