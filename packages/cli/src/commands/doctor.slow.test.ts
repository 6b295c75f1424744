import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { usableProcessors } from '@unblur/onnx/node';
import { bundledWeightsNames } from '@unblur/weights';
import { afterAll, expect, test } from '@jest/globals';
import { openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('finds the built-in engine, measures it, and lists the bundled weights', () => {
  const { code, stdout, stderr } = unblur(['doctor', '--json']);
  expect(stderr).toBe('');
  const diagnosis = JSON.parse(stdout);
  expect(diagnosis.engines).toContainEqual({
    name: 'onnxruntime',
    version: expect.stringMatching(/^\d+\.\d+/),
    available: true,
  });
  expect(diagnosis.onnxRuntime).toEqual({ build: 'native' });
  expect(diagnosis.convolutionGflops).toBeGreaterThan(0);
  expect(diagnosis.machine.threads).toBe(usableProcessors());
  expect(diagnosis.weights.map(({ name, found }: { name: string; found: boolean }) => [name, found])).toEqual(
    [...bundledWeightsNames, 'video-small'].map((name) => [name, true]),
  );
  expect(code).toBe(0);
});

test('hears what graphics devices do whatever their drivers print', () => {
  const driver = write(
    'driver.mjs',
    `if (process.argv[1].endsWith('graphics-probe.js')) console.log('MESA: warning');`,
  );
  const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(driver).href}` };
  const { stdout, stderr } = unblur(['doctor', '--json'], { env });
  expect(stderr).toBe('');
  expect(Object.keys(JSON.parse(stdout).graphics)).toEqual([
    expect.stringMatching(/^(failure|convolutionGflops)$/),
  ]);
});

test('says of engines that are not there that nothing needs them', () => {
  const lines = unblur(['doctor']).stdout.split('\n');
  for (const name of ['@tensorflow/tfjs-node', 'webgpu']) {
    expect(lines).toContain(`engine   ${name}: not installed (optional)`);
  }
});

/** Importing them would take seconds. */
const findsTorch = 'from importlib.util import find_spec as f; exit(0 if f("torch") and f("numpy") else 1)';

test('says which PyTorch trains here, or how to get one', () => {
  const hasTorch = ['python3', '/usr/bin/python3'].some(
    (python) => spawnSync(python, ['-c', findsTorch], { stdio: 'ignore' }).status === 0,
  );
  const line = unblur(['doctor'])
    .stdout.split('\n')
    .find((each) => each.startsWith('training'));
  expect(line).toMatch(
    hasTorch ? /^training PyTorch \d+\.\d+\S*, CUDA devices: \d+$/ : /not found.*set PYTHON/,
  );
});
