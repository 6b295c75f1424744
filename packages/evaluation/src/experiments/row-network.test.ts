import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Experiment, MadeSet } from './experiment.js';
import { planRowNetwork } from './row-network.js';
import { trialSettingsIn } from './trial-settings.test-tool.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unblur-row-network-'));
  writeFileSync(
    join(folder, 'run.yaml'),
    'data: { sources: [{ kind: panorama, folder: pictures }] }\nsteps: 3\nvalidation: { panoramas: pictures }\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const set: MadeSet = {
  source: { kind: 'panorama', folder: '/panoramas', sizePixels: 32, frames: 3 },
  count: 1200,
  seed: 1,
  format: 'shards',
};

/** What a row that is trained on `train` depends on, where the sets are these. */
async function recipeWith(sets: Experiment['sets']): Promise<unknown> {
  const row: Experiment['rows'][number] = {
    name: 'ours',
    title: 'ours',
    note: null,
    paper: {},
    origin: {
      kind: 'training',
      runFile: join(folder, 'run.yaml'),
      changes: { data: { sources: [{ kind: 'shards', folder: 'set:train' }] } },
    },
  };
  const experiment: Experiment = {
    name: 'table-9',
    title: 'Table 9',
    note: null,
    seeds: [1],
    sets,
    evaluation: {},
    metrics: ['psnr'],
    figures: ['mean'],
    rows: [row],
    paper: null,
  };
  const { recipe } = await planRowNetwork(experiment, row, 1, trialSettingsIn(folder));
  return recipe;
}

test('a network depends on how the set that it is trained on is made, and on no other', async () => {
  const recipe = await recipeWith({ train: set });
  expect(recipe).toMatchObject({ steps: 3, sets: { train: { count: 1200, seed: 1 } } });
  expect(await recipeWith({ train: { ...set, count: 2400 } })).not.toEqual(recipe);
  expect(await recipeWith({ train: { ...set, seed: 2 } })).not.toEqual(recipe);
  expect(await recipeWith({ train: set, val: { ...set, seed: 11 } })).toEqual(recipe);
});
