import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import type { RunSettings } from '../run-file/fields.js';
import { changesNote, recordRun } from './run-record.js';
import { newFolder } from '../new-folder.test-tool.js';

let folder = '';
beforeEach(() => void (folder = newFolder()));

const settings = (changes: object) =>
  ({ steps: 12, loss: { motion: 1 }, sources: ['a'], ...changes }) as unknown as RunSettings;
const record = (changes: object, lastStep?: number) => recordRun(settings(changes), folder, lastStep);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

test('a run that goes on as it was has one record', () => {
  expect(record({})).toEqual([]);
  expect(record({}, 6)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['run.yaml']);
});

test('of a run that goes on otherwise, the settings until then are kept and the changes told', () => {
  record({});
  const before = read('run.yaml');
  const changes = record({ steps: 16, loss: { motion: 0 }, sources: ['a', 'b'] }, 12);
  expect(changes).toEqual(['steps: 12 -> 16', 'loss.motion: 1 -> 0', 'sources: ["a"] -> ["a","b"]']);
  expect(read('run-until-step-12.yaml')).toBe(before);
  expect(read('run.yaml')).toContain('steps: 16');
  expect(changesNote(changes.slice(0, 2), 12)).toBe(
    'going on from step 12 with other settings: steps: 12 -> 16; loss.motion: 1 -> 0. Those until then are in run-until-step-12.yaml.',
  );
});

test('what is no YAML is kept too; a run that begins keeps nothing', () => {
  writeFileSync(join(folder, 'run.yaml'), '{ torn');
  expect(record({}, 3)).toHaveLength(1);
  expect(read('run-until-step-3.yaml')).toBe('{ torn');
  record({ steps: 5 });
  expect(readdirSync(folder).sort()).toEqual(['run-until-step-3.yaml', 'run.yaml']);
});
