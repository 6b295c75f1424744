import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

const shared = process.env.UNBLUR_SHARED ?? join(workspaceRoot, '..', 'shared');
const goldenCase = join(shared, 'golden', 'cdvd-tsp', 'case-a.safetensors');
const isHere = existsSync(goldenCase);
if (!isHere) {
  console.log(
    'The golden tensors of CDVD-TSP are not here: the comparison with the reference is not tested.',
  );
}

/** Largest absolute differences that the golden data's README allows, by patterns of names. */
const tolerances = [
  [/^(frames|gt|hem\.randomMask)$/, 0],
  [/\.mask$|^hem\.hardMask$/, 0],
  [/\.resized$/, 1e-6],
  [/^net\..*\.(feat\.L\d|volume|warped|upfeat)$/, 5e-4],
  [/^net\..*(flow|refine|output)$/, 2e-5],
  [/^s[12]\..*\.flow$/, 3e-4],
  [/^s[12]\..*\.warped$/, 2e-4],
  [/\.S$/, 2e-5],
  [/^(R\d|out)$/, 3e-5],
  [/^hem\.(residual|threshold)$/, 1e-4],
  // Relative 1e-5; the smallest of these values is 0.38, the flow's 9.3.
  [/^(loss\.|psnr\.)/, 3e-6],
];
const looser = {
  'psnr.out': 3e-5,
  'loss.flowSq': 9e-5,
  'loss.total.hard': 1.4e-5,
  'loss.total.full': 1.4e-5,
  'loss.L1': 6e-6,
  'loss.outL1': 6e-6,
};

function compare(...options) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(workspaceRoot, 'scripts', 'golden.js'), 'cdvd-tsp', goldenCase, '--json', ...options],
    { encoding: 'utf8' },
  );
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout).tensors;
}

function expectWithinTolerances(tensors) {
  const tooFar = Object.entries(tensors).filter(([name, difference]) => {
    const rule = tolerances.find(([pattern]) => pattern.test(name));
    return rule && !(difference <= (looser[name] ?? rule[1]));
  });
  expect(tooFar).toEqual([]);
}

(isHere ? describe : describe.skip)('npm run golden', () => {
  test('finds every tensor of the reference within tolerance, on ONNX Runtime', () => {
    const tensors = compare('--no-gradients');
    expectWithinTolerances(tensors);
    expect(Object.keys(tensors).filter((name) => !name.startsWith('grad'))).toHaveLength(84);
  }, 600_000);

  test('and in TensorFlow.js, eagerly', () => expectWithinTolerances(compare('--engine', 'wasm')), 600_000);

  test('names what it wants', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(workspaceRoot, 'scripts', 'golden.js'), 'cdvd-tsp', 'nowhere.safetensors'],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stderr).toContain('Expected a golden case at nowhere.safetensors but there is no such file.');
  });
});
