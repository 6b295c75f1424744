import { describe, expect, test } from '@jest/globals';
import { writeSafetensors } from '@unblur/core-model';
import type { SafetensorsTensor } from '@unblur/core-model';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { Checkpoint } from './checkpoint.js';
import { copyInto, differingWeight } from './learned-state.js';
import { newFolder } from '../new-folder.test-tool.js';

const checkpoint: Checkpoint = {
  step: 12,
  samplesSeen: 48,
  validationSet: 'a set',
  bestPsnr: 27.5,
  trainedSeconds: 3.25,
  weights: {
    'a.kernel': { shape: [2, 1], values: Float32Array.of(0.1, -3e-38) },
    b: { shape: [1], values: Float32Array.of(7) },
  },
  firstMoments: { 'a.kernel': Float32Array.of(1, 2), b: Float32Array.of(3) },
  secondMoments: { 'a.kernel': Float32Array.of(4, 5), b: Float32Array.of(6) },
  averages: { 'a.kernel': Float32Array.of(8, 9), b: Float32Array.of(10) },
};

describe('a checkpoint', () => {
  const folder = newFolder();

  test('reads back as it was written, bit by bit, and leaves no other file', () => {
    const file = join(folder, 'whole.safetensors');
    writeCheckpoint(file, checkpoint);
    expect(readCheckpoint(file)).toEqual(checkpoint);
    expect(readdirSync(folder)).toEqual(['whole.safetensors']);
  });

  test('is undefined where there is none', () => {
    expect(readCheckpoint(join(folder, 'none.safetensors'))).toBeUndefined();
  });

  test('cut short, or another kind of file, is refused', () => {
    const file = join(folder, 'short.safetensors');
    writeCheckpoint(file, checkpoint);
    writeFileSync(file, readFileSync(file).subarray(0, -5));
    expect(() => readCheckpoint(file)).toThrow('cut short');
    writeFileSync(file, writeSafetensors({ tensors: {}, metadata: {} }));
    expect(() => readCheckpoint(file)).toThrow('Expected a training checkpoint');
  });

  test('with a tensor of no group of its own is refused, and sets nothing', () => {
    const file = join(folder, 'polluted.safetensors');
    const tensors = {
      '__proto__/polluted': { dtype: 'F32' as const, shape: [1], values: new Float32Array(1) },
    };
    writeFileSync(file, writeSafetensors({ tensors, metadata: { 'unblur.checkpoint': '{}' } }));
    expect(() => readCheckpoint(file)).toThrow(
      "Expected tensors of weights/, firstMoments/, secondMoments/, averages/ but received '__proto__/polluted'.",
    );
    expect('polluted' in {}).toBe(false);
  });

  const withChanges = ({
    progress = {},
    tensors = {},
  }: {
    progress?: unknown;
    tensors?: Record<string, SafetensorsTensor>;
  }) => {
    const whole = { step: 12, samplesSeen: 48, bestPsnr: null, trainedSeconds: 3 };
    const json =
      typeof progress === 'string' ? progress : JSON.stringify({ ...whole, ...(progress as object) });
    return writeSafetensors({
      tensors: { 'weights/a': { dtype: 'F32', shape: [2], values: Float32Array.of(1, 2) }, ...tensors },
      metadata: { 'unblur.checkpoint': json },
    });
  };
  const values = (...numbers: number[]): SafetensorsTensor => ({
    dtype: 'F32',
    shape: [numbers.length],
    values: Float32Array.from(numbers),
  });

  test.each([
    ['no JSON', { progress: '{' }, "Expected JSON in 'unblur.checkpoint' of its header"],
    [
      'no mapping',
      { progress: '[]' },
      "Expected a mapping of keys to values for 'unblur.checkpoint' but received [].",
    ],
    ['no step', { progress: { step: undefined } }, "for 'step' but received nothing."],
    ['a step that is no number', { progress: { step: '12' } }, 'for \'step\' but received "12".'],
    ['a step below zero', { progress: { step: -1 } }, "for 'step' but received -1."],
    [
      'samples beyond counting',
      { progress: { samplesSeen: 1e300 } },
      "for 'samplesSeen' but received 1e+300.",
    ],
    [
      'a figure that is a list',
      { progress: { bestPsnr: [] } },
      "Expected a number for 'bestPsnr' but received [].",
    ],
    [
      'weights of another type',
      { tensors: { 'weights/b': { dtype: 'U8', shape: [1], values: new Uint8Array(1) } } },
      "Expected tensors of type F32 but 'weights/b' is U8.",
    ],
    [
      'a weight that is no number',
      { tensors: { 'weights/b': values(NaN) } },
      "Expected finite values but 'weights/b' holds others.",
    ],
    [
      'a moment of no weight',
      { tensors: { 'firstMoments/toString': values(1, 2) } },
      "Expected 'firstMoments/toString' to belong to a weight and have its size.",
    ],
    [
      'a moment of another size',
      { tensors: { 'secondMoments/a': values(1) } },
      "Expected 'secondMoments/a' to belong to a weight and have its size.",
    ],
    [
      'an average of the prototype',
      { tensors: { 'averages/__proto__': values(1) } },
      "Expected 'averages/__proto__' to belong to a weight",
    ],
  ] satisfies [string, Parameters<typeof withChanges>[0], string][])(
    'with %s is refused by its name',
    (_, changes, message) => {
      const file = join(folder, 'changed.safetensors');
      writeFileSync(file, withChanges(changes));
      expect(() => readCheckpoint(file)).toThrow(
        `Expected a training checkpoint at '${file}' but it cannot be used. `,
      );
      expect(() => readCheckpoint(file)).toThrow(message);
    },
  );

  test('with weights named as what objects inherit has them as its own', () => {
    const { weights } = parseCheckpoint(
      withChanges({ tensors: { 'weights/__proto__': values(3), 'weights/toString': values(4) } }),
    );
    expect(Object.keys(weights)).toEqual(['a', '__proto__', 'toString']);
    expect(Object.getPrototypeOf(weights)).toBe(Object.prototype);
  });

  test('of another network is told by a weight, whatever that is called', () => {
    const inFile = { a: { shape: [2, 1] }, toString: { shape: [3] } };
    const toString = { name: 'toString', there: '[3]', here: 'no such weight' };
    expect(differingWeight(inFile, { a: [2, 1] })).toEqual(toString);
    expect(differingWeight(inFile, { a: [1, 2], toString: [3] })).toMatchObject({ name: 'a', here: '[1,2]' });
    expect(differingWeight(inFile, { toString: [3], a: [2, 1] })).toBeUndefined();
  });

  test('of another network is not copied', () => {
    expect(() => copyInto({ b: new Float32Array(2) }, checkpoint.averages)).toThrow(
      "'b' has 1 values, not 2",
    );
    expect(() => copyInto({ c: new Float32Array(2) }, checkpoint.averages)).toThrow(
      "'c' has 0 values, not 2",
    );
  });
});
