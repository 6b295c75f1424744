import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { writeSampleFolder } from '@unblur/datasets';
import { doLocked } from '@unblur/files';
import sharp from 'sharp';
import { packRun } from './device/archive.js';
import { readMetrics } from './loop/metrics-log.js';
import { discBatch, tinyFrames, tinyNetwork } from './systems/photo/tiny-network.test-tool.js';
import { train } from './train.js';
import { newFolder } from './new-folder.test-tool.js';

const folder = newFolder();

/** A run whose data is missing. */
function writeRunFile(): string {
  const runFile = join(folder, 'run.yaml');
  writeFileSync(
    runFile,
    'data: { sizePixels: 32, sources: [{ kind: panorama, folder: nowhere, photoPixels: 64 }] }\nvalidation: { panoramas: nowhere, sizePixels: 32, count: 1, everySteps: 10 }\nsteps: 1\n',
  );
  return runFile;
}

test('a second training in a folder is refused; one whose data is missing leaves no folder', async () => {
  const runFile = writeRunFile();
  const out = join(folder, 'run');
  await doLocked(out, 'training', async () => {
    await expect(train(runFile, { out })).rejects.toThrow(
      /^Another unblur is at work on .*run \(process \d+, since/,
    );
  });
  await expect(train(runFile, { out })).rejects.toThrow('nowhere');
  expect(existsSync(out)).toBe(false);
});

test('validation samples that cannot be read are refused before the record of an earlier run is replaced', async () => {
  const out = join(folder, 'earlier');
  mkdirSync(out);
  writeFileSync(join(out, 'run.yaml'), 'of the earlier run\n');
  await expect(train(writeRunFile(), { out })).rejects.toThrow('nowhere');
  expect(readFileSync(join(out, 'run.yaml'), 'utf8')).toBe('of the earlier run\n');
});

/** A run that needs one picture, and little time. @param changes lines of its file. */
async function writeTinyRun(name: string, changes: object): Promise<string> {
  mkdirSync(join(folder, 'panoramas'), { recursive: true });
  await sharp({ create: { width: 128, height: 64, channels: 3, background: 'teal' } })
    .png()
    .toFile(join(folder, 'panoramas', 'teal.png'));
  const runFile = join(folder, name);
  writeFileSync(
    runFile,
    JSON.stringify({
      network: tinyNetwork,
      frames: tinyFrames,
      data: {
        sizePixels: 32,
        sources: [{ kind: 'panorama', folder: 'panoramas', photoPixels: 64 }],
        workers: 0,
      },
      validation: { panoramas: 'panoramas', sizePixels: 32, count: 1 },
      steps: 1,
      ...changes,
    }),
  );
  return runFile;
}

test('goes on with the log that a session on the device has left in its results', async () => {
  const out = join(folder, 'left');
  const runFile = await writeTinyRun('left.yaml', { batchSize: 1 });
  await train(runFile, { out });
  mkdirSync(join(out, 'results'));
  renameSync(join(out, 'metrics.jsonl'), join(out, 'results', 'metrics.jsonl'));
  await train(runFile, { out, resume: true, changes: { steps: 2 } });
  const steps = readMetrics(join(out, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
  expect(steps.map(({ step }) => step)).toEqual([1, 2]);
});

test('an unknown option is refused, and processes that are no number are shown as they came', async () => {
  const runFile = writeRunFile();
  await expect(train(runFile, { outFolder: folder } as never)).rejects.toThrow(
    /^Expected options among out, resume, .* but received 'outFolder'$/,
  );
  await expect(train(runFile, { processes: '2' as never })).rejects.toThrow(
    'Expected from 1 to 64 processes but received "2".',
  );
  await expect(packRun(runFile, join(folder, 'packed'), { mib: 5 } as never)).rejects.toThrow(
    /^Expected options among maxMib, partMib, changes in a call such as .* but received 'mib'$/,
  );
});

test('a run that cannot begin leaves the folder as it was', async () => {
  const runFile = await writeTinyRun('unbegun.yaml', { engine: 'torch' });
  const [fresh, used] = [join(folder, 'fresh'), join(folder, 'used')];
  mkdirSync(used);
  writeFileSync(join(used, 'notes.txt'), 'mine\n');
  const pythonBefore = process.env['PYTHON'];
  process.env['PYTHON'] = join(folder, 'no-python');
  try {
    for (const out of [fresh, used]) {
      await expect(train(runFile, { out })).rejects.toThrow('Expected a Python with torch');
    }
  } finally {
    if (pythonBefore === undefined) delete process.env['PYTHON'];
    else process.env['PYTHON'] = pythonBefore;
  }
  expect(existsSync(fresh)).toBe(false);
  expect(readdirSync(used)).toEqual(['notes.txt']);
});

/** A set of samples in folders. */
async function writeSamples(name: string, count: number): Promise<string> {
  const set = join(folder, name);
  for (let index = 0; index < count; index++) {
    const size = 40;
    const { blurred, frames } = discBatch(index, 1, tinyFrames, size);
    const image = (data: Float32Array) => ({ width: size, height: size, data });
    await writeSampleFolder(join(set, `disc-${index}`), {
      blurred: image(blurred),
      frames: Array.from({ length: tinyFrames }, (_, frame) =>
        image(frames.slice(frame * blurred.length, (frame + 1) * blurred.length)),
      ),
    });
  }
  return set;
}

test('a run from folders of samples that was interrupted ends in the weights of one that was not', async () => {
  const set = await writeSamples('discs', 5);
  const runFile = await writeTinyRun('from-folders.yaml', {
    data: { sizePixels: 32, sources: [{ kind: 'samples', folder: 'discs' }], workers: 0 },
    validation: { folder: 'discs', sizePixels: 32, count: 1 },
    loss: { motion: 0, canonicalShare: 0 },
    batchSize: 2,
    steps: 4,
  });
  const [whole, interrupted] = [join(folder, 'whole'), join(folder, 'interrupted')];
  const stop = new AbortController();
  await train(runFile, { out: whole });
  const stopAfterTwo = (done: number) => {
    if (done === 2) stop.abort();
  };
  await train(runFile, { out: interrupted, signal: stop.signal, onProgress: stopAfterTwo });
  expect(await train(runFile, { out: interrupted, resume: true })).toMatchObject({ step: 4 });
  const lossesOf = (run: string) =>
    readMetrics(join(run, 'metrics.jsonl')).flatMap((row) =>
      row.kind === 'step' ? [row.loss['total']] : [],
    );
  expect(lossesOf(interrupted)).toEqual(lossesOf(whole));
  expect(new Set(lossesOf(whole)).size).toBe(4);

  rmSync(join(set, 'disc-4', 'frame-2.png'));
  const refused = join(folder, 'refused');
  await expect(train(runFile, { out: refused })).rejects.toThrow(
    `Sample ${join(set, 'disc-4')}: expected an odd number of frames, 3 or more, but received 2`,
  );
  expect(existsSync(refused)).toBe(false);
});

test('folders without flows are refused where the loss needs the motion, and the message says what to do', async () => {
  await writeSamples('still', 1);
  const runFile = await writeTinyRun('no-motion.yaml', {
    data: { sizePixels: 32, sources: [{ kind: 'samples', folder: 'still' }], workers: 0 },
    validation: { folder: 'still', sizePixels: 32, count: 1 },
    batchSize: 1,
  });
  await expect(train(runFile, { out: join(folder, 'no-motion') })).rejects.toThrow(
    /but those in .*still come without; make them anew, .* or set 'loss\.motion' and 'loss\.canonicalShare' to 0 \(photo\)/,
  );
});
