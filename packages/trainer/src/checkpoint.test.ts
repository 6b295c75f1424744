import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeSafetensors } from '@unblur/core-model';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyInto, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { Checkpoint } from './checkpoint.js';

const checkpoint: Checkpoint = {
  step: 12,
  samplesSeen: 48,
  bestPsnr: 27.5,
  trainedSeconds: 3.25,
  weights: { 'a.kernel': { shape: [2, 1], values: Float32Array.of(0.1, -3e-38) }, b: { shape: [1], values: Float32Array.of(7) } },
  firstMoments: { 'a.kernel': Float32Array.of(1, 2), b: Float32Array.of(3) },
  secondMoments: { 'a.kernel': Float32Array.of(4, 5), b: Float32Array.of(6) },
  averages: { 'a.kernel': Float32Array.of(8, 9), b: Float32Array.of(10) },
};

describe('a checkpoint', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-checkpoint-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
    expect(() => readCheckpoint(file)).toThrow("Expected a training checkpoint");
  });

  test('with a tensor of no group of its own is refused, and sets nothing', () => {
    const file = join(folder, 'polluted.safetensors');
    const tensors = { '__proto__/polluted': { dtype: 'F32' as const, shape: [1], values: new Float32Array(1) } };
    writeFileSync(file, writeSafetensors({ tensors, metadata: { 'unblur.checkpoint': '{}' } }));
    expect(() => readCheckpoint(file)).toThrow("Expected tensors of weights/, firstMoments/, secondMoments/, averages/ in the checkpoint");
    expect('polluted' in {}).toBe(false);
  });

  test('of another network is not copied', () => {
    expect(() => copyInto({ b: new Float32Array(2) }, checkpoint.averages)).toThrow("'b' has 1 values, not 2");
    expect(() => copyInto({ c: new Float32Array(2) }, checkpoint.averages)).toThrow("'c' has 0 values, not 2");
  });
});
