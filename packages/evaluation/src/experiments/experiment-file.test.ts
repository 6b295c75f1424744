import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadRun } from '@unblur/trainer';
import { listExperiments, loadExperiment } from './experiment-file.js';

const shipped = join(import.meta.dirname, '..', '..', '..', '..', 'experiments');

describe.each(listExperiments(shipped))('experiments/%s', (name) => {
  const { rows } = loadExperiment(shipped, name);

  test.each(rows.map((row) => [row.name, row] as const))('%s can be run', (_, { origin }) => {
    if (origin.kind === 'training') {
      expect(loadRun(origin.runFile, origin.changes).config.batchSize).toBeGreaterThan(0);
    }
    if (origin.kind === 'trained-as') {
      expect(loadExperiment(shipped, origin.experiment).rows).toContainEqual(
        expect.objectContaining({ name: origin.row, origin: expect.objectContaining({ kind: 'training' }) }),
      );
    }
  });
});

describe('loadExperiment', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-experiments-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const table = `
title: T
base: ../run.yaml
changes: { loss: { norm: l1, motion: 1 } }
sets: { val: { kind: panorama, folder: ../pictures, count: 3, sizePixels: 64, frames: 3 } }
evaluation: { val: turning }
rows: [a]
paper: { place: Table 1, data: SUN360 }
`;
  /** An experiment with one row, of these texts. */
  function write(name: string, files: Record<string, string>): string {
    for (const [file, content] of Object.entries(files)) {
      const path = join(folder, name, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return name;
  }

  test("reads an experiment of one's own, which names no paper", () => {
    write('own', { 'table.yaml': table.replace(/^paper: .*$/m, ''), 'a.yaml': 'title: A\ninput: true\n' });
    expect(loadExperiment(folder, 'own').paper).toBeNull();
  });

  test('makes the true flow of a set where asked to, without which the error of motion is refused', () => {
    const row = { 'a.yaml': 'title: A\ninput: true\n' };
    write('motion', { ...row, 'table.yaml': `${table}metrics: [psnr, epe]\n` });
    expect(() => loadExperiment(folder, 'motion')).toThrow(
      "table.yaml: Expected 'sets.val.flow: true', since 'metrics' has epe, which is told by the true flow.",
    );
    const withFlow = table.replace('frames: 3', 'frames: 3, flow: true');
    write('motion', { ...row, 'table.yaml': `${withFlow}metrics: [psnr, epe]\n` });
    expect(loadExperiment(folder, 'motion').sets['val']).toMatchObject({ flow: true });
    write('motion', { ...row, 'table.yaml': table });
    expect(loadExperiment(folder, 'motion').sets['val']).not.toHaveProperty('flow');
  });

  test('refuses equal seeds, whose spread would be none', () => {
    write('seeds', { 'table.yaml': `${table}seeds: [2, 1, 2]\n`, 'a.yaml': 'title: A\n' });
    expect(() => loadExperiment(folder, 'seeds')).toThrow(
      "table.yaml: Expected different numbers for 'seeds' but received 2 more than once; leave one out.",
    );
  });

  test('refuses a file that is larger than any table', () => {
    write('large', { 'table.yaml': `${table}#${' '.repeat(1e6)}`, 'a.yaml': 'title: A\ninput: true\n' });
    expect(() => loadExperiment(folder, 'large')).toThrow(
      /^Could not read .*table\.yaml: it has \d+ bytes, more than the limit of 1000000$/,
    );
  });

  test("puts a row's changes over the experiment's, and makes paths absolute", () => {
    write('merged', {
      'table.yaml': table,
      'a.yaml':
        'title: A\nchanges: { loss: { motion: 0 }, steps: 5 }\npaper: { val: { psnr: { mean: 25.5 } } }\n',
    });
    const { sets, rows, seeds, figures } = loadExperiment(folder, 'merged');
    expect(sets['val']).toEqual({
      source: { kind: 'panorama', folder: join(folder, 'pictures'), sizePixels: 64, frames: 3 },
      count: 3,
      seed: 1,
      format: 'folders',
    });
    expect(rows[0]!.origin).toEqual({
      kind: 'training',
      runFile: join(folder, 'run.yaml'),
      changes: { loss: { norm: 'l1', motion: 0 }, steps: 5 },
    });
    expect(rows[0]!.paper['val']!.psnr).toEqual({ mean: 25.5 });
    expect([seeds, figures]).toEqual([[1], ['first', 'middle', 'last', 'mean']]);
  });

  test.each([
    [
      'an unknown key of the table',
      `${table}seedz: [1]\n`,
      'title: A\n',
      /table\.yaml: Unknown key 'seedz'; did you mean 'seeds'\?/,
    ],
    [
      'an unknown key of a set',
      table.replace('kind: panorama,', 'kind: panorama, angleDegree: 3,'),
      'title: A\n',
      /did you mean '.*angleDegrees'/,
    ],
    [
      'a set that is not there',
      table.replace('{ val: turning }', '{ test: turning }'),
      'title: A\n',
      /'evaluation\.test' to be one of the sets \(val\)/,
    ],
    [
      'an unknown key of a row',
      table,
      'title: A\nchange: {}\n',
      /a\.yaml: Unknown key 'change'; did you mean 'changes'\?/,
    ],
    [
      "a set of the paper's figures that is not evaluated",
      table,
      'title: A\npaper: { vall: { psnr: { mean: 25 } } }\n',
      /a\.yaml: Unknown key 'paper\.vall'; did you mean 'paper\.val'\?/,
    ],
    [
      "a figure of the paper's that no table has",
      table,
      'title: A\npaper: { val: { psnr: { midle: 25 } } }\n',
      /a\.yaml: Unknown key 'paper\.val\.psnr\.midle'; did you mean 'paper\.val\.psnr\.middle'\?/,
    ],
    [
      'a frame that the set has not',
      table,
      'title: A\npaper: { val: { psnr: { frame 0: 25, frame 3: 25 } } }\n',
      /a\.yaml: Unknown key 'paper\.val\.psnr\.frame 3'/,
    ],
    [
      'a set to evaluate on in a format that only training reads',
      table.replace('count: 3,', 'count: 3, format: shards,'),
      'title: A\n',
      /table\.yaml: Expected 'folders' for 'sets\.val\.format' but received 'shards'/,
    ],
    ['a row of two origins', table, 'title: A\ninput: true\nweights: photo\n', /a\.yaml: Expected one of/],
  ])('names %s', (name, tableText, rowText, message) => {
    write(name, { 'table.yaml': tableText, 'a.yaml': rowText });
    expect(() => loadExperiment(folder, name)).toThrow(message);
  });

  test('names the experiments there are, and a folder without any', () => {
    expect(() => loadExperiment(folder, 'gone')).toThrow(/\(.*merged.*\) but received 'gone'/);
    expect(() => listExperiments(join(folder, 'empty'))).toThrow('received none');
  });
});
