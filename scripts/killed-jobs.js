import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { workspaceRoot } from './run-command.js';

const command = join(workspaceRoot, 'packages', 'cli', 'bin', 'unblur.js');
const seed = 2021;

/**
 * A job of the `unblur` command that writes into a folder, small enough to be repeated.
 *
 * @typedef {object} Job
 * @property {string} name
 * @property {(out: string) => string[]} commandLine
 * @property {(path: string) => string} digest what a finished file holds, in a few characters; throws where
 * the file is broken
 */

/**
 * Makes what the jobs read, and returns them; without ffmpeg none that writes a clip.
 *
 * @param {string} workplace an empty folder
 * @returns {Promise<Job[]>}
 */
export async function prepareJobs(workplace) {
  const { photoFamily, videoDeblurFamily, videoDeblurPresets } = await import('@unblur/core-model');
  const place = (name) => join(workplace, name);
  const noise = (width, height) =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: 'grey',
        noise: { type: 'gaussian', mean: 128, sigma: 50 },
      },
    })
      .blur(1)
      .png();
  for (const name of ['photos', 'panoramas', 'clip']) mkdirSync(place(name));
  for (let index = 0; index < 3; index++) await noise(64, 48).toFile(place(`photos/${index}.png`));
  for (let index = 0; index < 2; index++) await noise(256, 128).toFile(place(`panoramas/${index}.png`));
  for (let index = 0; index < 24; index++) {
    await noise(48, 40).toFile(place(`clip/${String(index).padStart(3, '0')}.png`));
  }

  const photo = {
    channels: [4, 4, 4, 4],
    encoderBlocks: [1, 1, 1],
    bottleneckBlocks: 1,
    decoderBlocks: [1, 1, 1],
    trajectoryChannels: 4,
    trajectoryBlocks: 1,
    frameChannels: 4,
    frameBlocks: 1,
  };
  writeFileSync(
    place('photo.safetensors'),
    photoFamily.writeWeights(photoFamily.initialWeights(photo, 1), photo, { dtype: 'float32' }),
  );
  const video = {
    ...videoDeblurPresets.small,
    scaleFusion: null,
    flow: {
      ...videoDeblurPresets.small.flow,
      pyramidChannels: [2, 2],
      pyramidConvolutions: 1,
      finestLevel: 2,
      searchRadiusPixels: 1,
      denseChannels: [2],
      refiner: [],
    },
    reconstruction: {
      kernelSize: 3,
      channels: [2, 2, 2],
      residualBlocks: [1, 1, 1],
      finestLevel: 1,
      residualImage: true,
    },
  };
  writeFileSync(
    place('video.safetensors'),
    videoDeblurFamily.writeWeights(videoDeblurFamily.initialWeights(video, 1), video, { dtype: 'float32' }),
  );
  const run = {
    network: { preset: 'photo', ...photo },
    data: {
      sizePixels: 32,
      workers: 1,
      sources: [{ kind: 'panorama', folder: 'panoramas', photoPixels: 64 }],
    },
    validation: { panoramas: 'panoramas', sizePixels: 32, count: 1, everySteps: 10 },
    steps: 30,
    batchSize: 1,
    checkpointEverySteps: 2,
    samplesEverySteps: 10,
    threads: 1,
  };
  // YAML is a superset of JSON.
  writeFileSync(place('run.yaml'), JSON.stringify(run));

  const synth =
    (...options) =>
    (out) => [
      'synth',
      'panorama',
      '--from',
      place('panoramas'),
      '--out',
      out,
      '--size',
      '32',
      '--workers',
      '1',
      ...options,
    ];
  const trained = await trainingDigest();
  const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
  return [
    {
      name: 'restore',
      commandLine: (out) => [
        'restore',
        place('photos'),
        '--weights',
        place('photo.safetensors'),
        '--out',
        out,
      ],
      digest: digestOfBytes,
    },
    { name: 'synth', commandLine: synth('--count', '24'), digest: digestOfBytes },
    {
      name: 'synth shards',
      commandLine: synth('--count', '48', '--format', 'shards', '--shard-size', '12'),
      digest: digestOfBytes,
    },
    {
      name: 'train',
      commandLine: (out) => [
        'train',
        place('run.yaml'),
        '--out',
        out,
        ...(existsSync(join(out, 'checkpoint.safetensors')) ? ['--resume'] : []),
      ],
      digest: trained,
    },
    {
      name: 'video',
      commandLine: (out) => ['video', place('clip'), '--weights', place('video.safetensors'), '--out', out],
      digest: digestOfBytes,
    },
    ...(hasFfmpeg
      ? [
          {
            name: 'video clip',
            commandLine: (out) => [
              'video',
              place('clip'),
              '--weights',
              place('video.safetensors'),
              '--out',
              join(out, 'sharp.mp4'),
              '--overwrite',
            ],
            digest: digestOfBytes,
          },
        ]
      : []),
  ];
}

const digestOfBytes = (path) => createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);

/** Of a training run all that does not depend on the time that it took. */
async function trainingDigest() {
  const { readSafetensors } = await import('@unblur/core-model');
  const timed = new Set(['samplesPerSecond', 'dataWaitShare']);
  return (path) => {
    if (path.endsWith('.safetensors')) {
      const digest = createHash('sha256');
      for (const [name, { values }] of Object.entries(readSafetensors(readFileSync(path)).tensors)) {
        digest.update(name).update(values);
      }
      return digest.digest('hex').slice(0, 16);
    }
    if (path.endsWith('.jsonl')) {
      const rows = readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '');
      return createHash('sha256')
        .update(
          rows
            .map((row) =>
              JSON.stringify(JSON.parse(row, (key, value) => (timed.has(key) ? undefined : value))),
            )
            .join(),
        )
        .digest('hex')
        .slice(0, 16);
    }
    return basename(path).startsWith('events.out.tfevents.') ? 'events' : digestOfBytes(path);
  };
}

/**
 * @returns {Map<string, string>} the digest of every finished file in a folder, by its path in it; files of
 * which each session has its own stand there once.
 */
function readResult(out, digest) {
  if (!existsSync(out)) return new Map();
  const paths = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !isTemporary(path) && statSync(join(out, path)).isFile(),
  );
  return new Map(
    paths
      .sort()
      .map((path) => [path.replace(/events\.out\.tfevents\..*/, 'events'), digest(join(out, path))]),
  );
}

const isTemporary = (path) => path.split(/[/\\]/).some((name) => /^\.unblur-[0-9a-f]{8}-/.test(name));
const listTemporary = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isTemporary);
const isSame = (result, reference) =>
  result.size === reference.size && [...result].every(([path, digest]) => reference.get(path) === digest);

/** Starts a job in a process of its own, whose temporary folder is in the workplace too. */
function start(workplace, job, out) {
  const temporary = join(workplace, 'tmp');
  mkdirSync(temporary, { recursive: true });
  if (job.name === 'video clip') mkdirSync(out, { recursive: true });
  const child = spawn(process.execPath, [command, ...job.commandLine(out)], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let notes = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (notes += text));
  const ended = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, notes })),
  );
  return { ended, kill: () => child.kill('SIGKILL') };
}

async function runUndisturbed(workplace, job, out) {
  const startedAt = performance.now();
  const { code, notes } = await start(workplace, job, out).ended;
  if (code !== 0) {
    throw new Error(`Expected '${job.name}' to succeed but it ended with ${code}: ${notes.trim()}`);
  }
  return { result: readResult(out, job.digest), milliseconds: performance.now() - startedAt };
}

/** Seeded, from 0 to 1 (Lehmer's generator). */
function uniformNumbers() {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/**
 * What a job leaves when nobody disturbs it, and how long it takes.
 *
 * @param {string} workplace
 * @param {Job} job
 * @returns {Promise<{result: Map<string, string>, milliseconds: number}>} the result is the digest of every
 * file by its path
 */
export async function runOnce(workplace, job) {
  const out = join(workplace, 'reference');
  const reference = await runUndisturbed(workplace, job, out);
  clear(workplace, out);
  return reference;
}

/**
 * Kills a job with signal 9 at random moments, each time from the beginning, and runs it again undisturbed.
 *
 * @param {string} workplace
 * @param {Job} job
 * @param {Awaited<ReturnType<typeof runOnce>>} reference
 * @param {number} count kills that hit the running job
 * @returns {Promise<{kills: number, leftByKills: number, brokenAfterKill: number, wrongAfterNextRun: number,
 * leftAfterNextRun: number}>} how many kills left temporary files, and how many times a file under its final
 * name was broken, the next run gave another result than an undisturbed one, or temporary files stayed after
 * it
 */
export async function killRepeatedly(workplace, job, { result: reference, milliseconds }, count) {
  const uniform = uniformNumbers();
  const figures = { kills: 0, leftByKills: 0, brokenAfterKill: 0, wrongAfterNextRun: 0, leftAfterNextRun: 0 };
  while (figures.kills < count) {
    const out = join(workplace, 'killed');
    const running = start(workplace, job, out);
    await wait(milliseconds * (0.2 + 0.8 * uniform()));
    running.kill();
    const { signal } = await running.ended;
    if (signal === 'SIGKILL') {
      figures.kills += 1;
      if (listTemporary(workplace).length > 0) figures.leftByKills += 1;
      if (!isSound(out, job, reference)) figures.brokenAfterKill += 1;
      const { result } = await runUndisturbed(workplace, job, out);
      if (!isSame(result, reference)) figures.wrongAfterNextRun += 1;
      if (listTemporary(workplace).length > 0) figures.leftAfterNextRun += 1;
    }
    clear(workplace, out);
  }
  return figures;
}

/**
 * Whether every file that a killed job has left under a final name is whole: what it is in the end or, for
 * the files of a training run, of an earlier step.
 */
function isSound(out, job, reference) {
  try {
    const result = readResult(out, job.digest);
    return job.name === 'train' || [...result].every(([path, digest]) => reference.get(path) === digest);
  } catch {
    return false;
  }
}

/**
 * Starts a job twice at the same moment, into one folder.
 *
 * @param {string} workplace
 * @param {Job} job
 * @param {Awaited<ReturnType<typeof runOnce>>} reference
 * @param {number} count
 * @returns {Promise<{pairs: number, oneRefused: number, bothWhole: number, wrong: number, left: number,
 * refusals: string[]}>} `wrong`: pairs whose result is not that of one undisturbed job, of
 *   which both were refused, or one failed otherwise
 */
export async function startInPairs(workplace, job, { result: reference }, count) {
  const figures = { pairs: 0, oneRefused: 0, bothWhole: 0, wrong: 0, left: 0, refusals: [] };
  for (; figures.pairs < count; figures.pairs++) {
    const out = join(workplace, 'shared');
    const ends = await Promise.all(
      [start(workplace, job, out), start(workplace, job, out)].map(({ ended }) => ended),
    );
    const failed = ends.filter(({ code }) => code !== 0);
    const refusals = failed
      .map(({ notes }) => notes.trim())
      .filter(
        (notes) => /Another unblur is at work on .* \(process \d+/.test(notes) && !notes.includes('    at '),
      );
    figures.refusals.push(...refusals);
    if (failed.length === 0) figures.bothWhole += 1;
    if (failed.length === 1 && refusals.length === 1) figures.oneRefused += 1;
    const isRight =
      failed.length < 2 &&
      failed.length === refusals.length &&
      isSame(readResult(out, job.digest), reference);
    if (!isRight) figures.wrong += 1;
    if (listTemporary(workplace).length > 0) figures.left += 1;
    clear(workplace, out);
  }
  return figures;
}

function clear(workplace, ...folders) {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  for (const path of listTemporary(workplace)) {
    rmSync(join(workplace, path), { recursive: true, force: true });
  }
}
