import { expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { writeNoise } from './noise-picture.test-tool.js';
import type { RunChanges } from './run-file/run-file.js';
import { writeRunReport } from './report/run-report.js';
import { parseRun } from './systems/load-run.js';
import { tinySizePixels, tinyNetwork } from './systems/photo/tiny-network.test-tool.js';
import { train } from './train.js';
import { newFolder } from './new-folder.test-tool.js';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const examples = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code!);
const example = (language: string) => examples(language)[0]!;

test('the run file of the README is one', () => {
  const { config } = parseRun(example('yaml'), 'my-run.yaml');
  expect(config).toMatchObject({
    steps: 3200,
    frames: 7,
    loss: { canonicalShare: 0.3 },
    validation: { count: 13, folder: null },
  });
});

test('its lines for a GPU go on top of that run', () => {
  const changes = parse(examples('yaml')[1]!) as RunChanges;
  expect(parseRun(example('yaml'), 'my-run.yaml', changes).config).toMatchObject({
    engine: 'torch',
    synthesis: 'device',
    minutes: 9,
    batchSize: 48,
  });
});

test('the example of the README trains that run, here a tiny one, and leaves the files that it lists', async () => {
  const before = process.cwd();
  try {
    process.chdir(newFolder());
    const run = parse(example('yaml')) as Record<'data' | 'schedule' | 'validation', object>;
    const tiny = {
      ...run,
      network: tinyNetwork,
      data: { ...run.data, sizePixels: tinySizePixels, workers: 0 },
      validation: { ...run.validation, sizePixels: tinySizePixels, count: 1 },
      schedule: { ...run.schedule, warmupSteps: 1 },
      steps: 2,
      batchSize: 1,
    };
    writeFileSync('my-run.yaml', JSON.stringify(tiny));
    for (const set of ['train', 'val']) {
      mkdirSync(join('panoramas', set), { recursive: true });
      await writeNoise(join('panoramas', set, 'noise.png'), 128, 64);
    }
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
      ...lines: string[]
    ) => (...api: unknown[]) => Promise<{ runFolder: string; step: number; interrupted: boolean }>;
    const code = example('ts').replace(/^import .*$/gm, '');
    const { runFolder, step, interrupted } = await new AsyncFunction(
      'train',
      'writeRunReport',
      `${code}\nreturn { runFolder, step, interrupted };`,
    )(train, writeRunReport);
    expect({ step, interrupted, found: existsSync(runFolder) }).toEqual({
      step: 2,
      interrupted: false,
      found: true,
    });
    const [, table] = /^\| file of a run +\|.*\n((?:\|.*\n)+)/m.exec(readme)!;
    const listed = [...table!.matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!.replace('/', '')),
    );
    // The name of the events carries the time.
    const found = readdirSync(runFolder).map((name) =>
      name.replace(/^events\.out\.tfevents\..*/, 'events.out.tfevents.*'),
    );
    // Left only where a run goes on with other settings.
    expect(listed.filter((name) => name !== 'run-until-step-N.yaml').sort()).toEqual(found.sort());
  } finally {
    process.chdir(before);
  }
});
