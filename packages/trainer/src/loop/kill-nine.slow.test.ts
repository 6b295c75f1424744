import { beforeAll, describe, expect, test } from '@jest/globals';
import { photoFamily, readSafetensors } from '@unblur/core-model';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeNoise } from '../noise-picture.test-tool.js';
import { readMetrics } from './metrics-log.js';
import { runFiles } from './run-folder.js';
import { tinyFrames, tinySizePixels, tinyNetwork } from '../systems/photo/tiny-network.test-tool.js';
import { newFolder } from '../new-folder.test-tool.js';

const packageFolder = join(import.meta.dirname, '..', '..');
const compiled = join(packageFolder, 'dist', 'index.js');

const totalSteps = 60;
const killCount = 4;
/**
 * A kill comes this long or shorter after the first sign of life: about the time of ten steps and five
 * checkpoints.
 */
const longestLifeMilliseconds = 150;

const folder = newFolder();
const runFile = () => join(folder, 'run.yaml');
const runFolder = (name: string) => join(folder, name);

beforeAll(async () => {
  if (!existsSync(compiled)) {
    throw new Error(`Expected the compiled package at ${compiled}; run npm run build first.`);
  }
  mkdirSync(join(folder, 'panoramas'));
  for (const name of ['a.png', 'b.png']) await writeNoise(join(folder, 'panoramas', name), 128, 64);
  const run = {
    network: tinyNetwork,
    frames: tinyFrames,
    data: {
      sizePixels: tinySizePixels,
      workers: 1,
      sources: [{ kind: 'panorama', folder: 'panoramas', photoPixels: 64 }],
    },
    validation: { panoramas: 'panoramas', sizePixels: tinySizePixels, count: 1, everySteps: 12 },
    steps: totalSteps,
    batchSize: 1,
    checkpointEverySteps: 2,
    samplesEverySteps: 24,
    threads: 1,
  };
  // YAML is a superset of JSON.
  writeFileSync(runFile(), JSON.stringify(run));
});

/** Starts or resumes the run in a process of its own. */
function startTraining(name: string) {
  const program = `
    import '@tensorflow/tfjs';
    import { train } from ${JSON.stringify(compiled)};
    const [runFile, out, resume] = process.argv.slice(1);
    await train(runFile, { out, resume: resume === 'true' });`;
  const resume = existsSync(join(runFolder(name), runFiles.checkpoint));
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', program, runFile(), runFolder(name), String(resume)],
    { cwd: packageFolder },
  );
  let notes = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (notes += text));
  let running = true;
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; notes: string }>(
    (resolve) =>
      child.on('close', (code, signal) => {
        running = false;
        resolve({ code, signal, notes });
      }),
  );
  return { ended, isRunning: () => running, killNine: () => child.kill('SIGKILL') };
}

/** Resolves once a session has touched the log: cut it back to the checkpoint, or taken a step. */
async function firstSignOfLife(name: string, isRunning: () => boolean): Promise<void> {
  const log = join(runFolder(name), runFiles.metrics);
  const stamp = () => (existsSync(log) ? statSync(log).mtimeMs : 0);
  const before = stamp();
  while (isRunning() && stamp() === before) await wait(2);
}

/** Seeded, from 0 to 1 (Lehmer's generator). */
function uniformNumbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const valuesOf = (file: string) =>
  Object.entries(photoFamily.readWeights(readFileSync(file)).values).map(([name, { values }]) => [
    name,
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
  ]);

/** Files of a run; the name of an event file says when it was begun. */
const filesOf = (name: string) =>
  readdirSync(runFolder(name), { recursive: true, encoding: 'utf8' })
    .map((file) => file.replace(/^events\.out\.tfevents\..*/, 'events'))
    .sort();

describe('a run that is killed with signal 9 again and again', () => {
  test('ends in the same bytes as one that ran undisturbed', async () => {
    expect(await startTraining('undisturbed').ended).toMatchObject({ code: 0 });

    const uniform = uniformNumbers(2021);
    let kills = 0;
    for (; kills < killCount; kills++) {
      const session = startTraining('killed');
      await firstSignOfLife('killed', session.isRunning);
      await wait(uniform() * longestLifeMilliseconds);
      session.killNine();
      const { code, signal, notes } = await session.ended;
      if (code === 0) break;
      expect({ signal, notes }).toMatchObject({ signal: 'SIGKILL' });
    }
    expect(kills).toBe(killCount);
    expect(await startTraining('killed').ended).toMatchObject({ code: 0 });

    for (const file of [runFiles.weights, runFiles.bestWeights]) {
      expect(valuesOf(join(runFolder('killed'), file))).toEqual(
        valuesOf(join(runFolder('undisturbed'), file)),
      );
    }
    const [killed, undisturbed] = ['killed', 'undisturbed'].map(
      (name) => readSafetensors(readFileSync(join(runFolder(name), runFiles.checkpoint))).tensors,
    );
    expect(killed).toEqual(undisturbed);

    const [killedLosses, undisturbedLosses] = ['killed', 'undisturbed'].map((name) =>
      readMetrics(join(runFolder(name), runFiles.metrics)).map((row) =>
        row.kind === 'validation' ? [row.step, row.psnr] : row.kind === 'step' ? [row.step, row.loss] : row,
      ),
    );
    expect(killedLosses).toEqual(undisturbedLosses);
    expect(filesOf('killed')).toEqual(filesOf('undisturbed'));
  }, 600_000);
});
