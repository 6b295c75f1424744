import { expect, test } from '@jest/globals';
import { photoFamily, photoPreset } from '@unblur/core-model';
import { spawnSync } from 'node:child_process';
import { findTorch, programFolder } from '../engines/torch/torch-program.js';

const python = findTorch()?.python;
if (!python) {
  console.warn('Skipped how Python draws starting weights: there is no Python with torch and numpy.');
}

/** Draws what standard input describes; writes all values, one weight after the other. */
const program = `
import json, sys
from unblur_torch.initial_weights import draw_weights
for values in draw_weights(json.load(sys.stdin)).values():
    sys.stdout.buffer.write(values.tobytes())
`;

// Of more numbers than are drawn at once, with seeds of 32 bits too.
(python ? test : test.skip).each([0, 1, 2 ** 31 + 5, 2 ** 32 - 1])(
  'starting weights are drawn in Python to the last bit, seed %i',
  (seed) => {
    const config = { ...photoPreset, channels: [16, 24, 32, 40] as [number, number, number, number] };
    const { status, stdout, stderr } = spawnSync(python!, ['-c', program], {
      cwd: programFolder,
      input: JSON.stringify(photoFamily.drawing(config, seed)),
      maxBuffer: 1e8,
    });
    expect({ status, stderr: status === 0 ? '' : stderr.toString() }).toEqual({ status: 0, stderr: '' });
    const drawn = Object.values(photoFamily.initialWeights(config, seed)).map(({ values }) => values);
    expect(stdout.equals(Buffer.concat(drawn.map((values) => Buffer.from(values.buffer))))).toBe(true);
    expect(Math.max(...drawn.map(({ length }) => length))).toBeGreaterThan(2 ** 14);
  },
);
