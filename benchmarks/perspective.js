import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  buildPanorama,
  centredCamera,
  createResponse,
  createViewfinder,
  focalPixelsOf,
  fullReading,
  matrixOf,
  openSensor,
  orientationOfAngles,
} from '@unblur/datasets';
import sharp from 'sharp';
import { median } from './alternating.js';

const python = process.env.PYTHON ?? 'python3';
const panoramaWidthPixels = 4096;
const viewSizePixels = 256;
const fieldOfViewDegrees = 60;
const viewCount = 120;
/** numpy and a turning v360 take longer. */
const fewerFrames = 24;

/**
 * A camera that turns and looks up and down, over the seam and near a pole: its orientation in each frame.
 */
const views = Array.from({ length: viewCount }, (_, index) => ({
  yaw: 3 * index - 180,
  pitch: 70 * Math.sin(index / 9),
  roll: 10 * Math.cos(index / 7),
}));
const matrices = views.map(({ yaw, pitch, roll }) => matrixOf(orientationOfAngles(yaw, pitch, roll)));

/**
 * Perspective frames per second of processor time, from one panorama in memory: ours, plain numpy, and
 * ffmpeg's v360 filter, in turns. Processor time and not time on the clock, so that each is a figure per core
 * whatever else runs.
 *
 * @param {string} panoramaPath any panorama; it is made 4096x2048
 * @param {string} folder for what the others read
 * @returns frames per second (medians), or undefined for what is not installed, and how far numpy's pictures
 * are from ours
 */
export async function comparePerspectives({ panoramaPath, folder, rounds }) {
  const { data } = await sharp(panoramaPath)
    .removeAlpha()
    .resize(panoramaWidthPixels, panoramaWidthPixels / 2, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [rawPath, pngPath] = [join(folder, 'panorama.rgb'), join(folder, 'panorama.png')];
  await writeFile(rawPath, data);
  await sharp(data, { raw: { width: panoramaWidthPixels, height: panoramaWidthPixels / 2, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(pngPath);

  const ours = openOurs(data);
  const numpy =
    spawnSync(python, ['-c', 'import numpy'], { stdio: 'ignore' }).status === 0
      ? openNumpy(rawPath)
      : undefined;
  const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
  const differenceToNumpy = numpy && largestDifference(ours.picture(), await numpy.picture());
  const seconds = { ours: [], numpy: [], turning: [], fixed: [] };
  try {
    ours.time();
    for (let round = 0; round < rounds; round++) {
      seconds.ours.push(ours.time());
      if (numpy) seconds.numpy.push(await numpy.time());
      if (hasFfmpeg) seconds.turning.push(timeV360(pngPath, folder, fewerFrames, true));
      if (hasFfmpeg) seconds.fixed.push(timeV360(pngPath, folder, 20 * viewCount, false));
    }
  } finally {
    await numpy?.stop();
  }
  const rateOf = (all) => (all.length > 0 ? 1 / median(all) : undefined);
  return {
    ours: rateOf(seconds.ours),
    numpy: rateOf(seconds.numpy),
    v360Turning: rateOf(seconds.turning),
    v360Fixed: rateOf(seconds.fixed),
    differenceToNumpy,
  };
}

function openOurs(rgb) {
  const [level] = buildPanorama(panoramaWidthPixels, panoramaWidthPixels / 2, rgb).levels;
  const viewfinder = createViewfinder(
    centredCamera(viewSizePixels, viewSizePixels, focalPixelsOf(fieldOfViewDegrees, viewSizePixels)),
  );
  const response = createResponse((value) => value);
  const sensor = openSensor(level, viewfinder, response, 2);
  return {
    picture() {
      sensor.expose(1, matrices[0]);
      return Array.from(sensor.sheets[1], (reading) => (reading / fullReading) * 255);
    },
    /** Seconds per frame. */
    time() {
      const start = process.cpuUsage();
      for (const matrix of matrices) sensor.expose(0, matrix);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6 / viewCount;
    },
  };
}

function openNumpy(rawPath) {
  const script = fileURLToPath(new URL('perspective.py', import.meta.url));
  const child = spawn(
    python,
    [
      script,
      rawPath,
      String(panoramaWidthPixels),
      String(viewSizePixels),
      String(focalPixelsOf(fieldOfViewDegrees, viewSizePixels)),
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    },
  );
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await replies.next();
    if (done) throw new Error('The numpy side ended early; what it says is above.');
    return JSON.parse(value);
  };
  return {
    picture: async () => (await ask({ matrices: matrices.slice(0, 1), picture: true })).values,
    /** Seconds per frame. */
    time: async () =>
      (await ask({ matrices: matrices.filter((_, index) => index % (viewCount / fewerFrames) === 0) }))
        .seconds / fewerFrames,
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * Seconds per frame of v360. The panorama is decoded once and repeated by the loop filter; the time of a run
 * of one frame, with its start and decoding, is taken off a run of many. Threads are off.
 *
 * @param isTurning v360 computes its map anew for every frame, by a command, as a turning camera needs; else
 * it uses one map for all.
 */
function timeV360(pngPath, folder, frames, isTurning) {
  const commands = join(folder, 'commands');
  const secondsOf = (count) => {
    const start = `format=gbrp,loop=loop=${count - 1}:size=1`;
    const { yaw, pitch, roll } = views[0];
    const v360 = `v360=input=e:output=flat:interp=linear:w=${viewSizePixels}:h=${viewSizePixels}:h_fov=${fieldOfViewDegrees}:v_fov=${fieldOfViewDegrees}:yaw=${yaw}:pitch=${pitch}:roll=${roll}`;
    const filters = isTurning ? `${start},sendcmd=f=${commands},${v360}` : `${start},${v360}`;
    const { stderr, status } = spawnSync(
      'ffmpeg',
      [
        '-v',
        'info',
        '-benchmark',
        '-threads',
        '1',
        '-filter_threads',
        '1',
        '-i',
        pngPath,
        '-vf',
        filters,
        '-frames:v',
        String(count),
        '-f',
        'null',
        '-',
      ],
      { encoding: 'utf8' },
    );
    const [, user, system] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
    if (status !== 0 || user === undefined || !new RegExp(`frame= *${count} `).test(stderr)) {
      throw new Error(`ffmpeg did not make ${count} frames: ${stderr.trim().split('\n').at(-1)}`);
    }
    return Number(user) + Number(system);
  };
  if (isTurning) {
    // One command a frame: each makes v360 compute its map once.
    const lines = Array.from(
      { length: frames },
      (_, index) => `${(index / 25).toFixed(2)} v360 yaw ${((5 * index + 180) % 360) - 180};`,
    );
    writeFileSync(commands, `${lines.slice(1).join('\n')}\n`);
  }
  return (secondsOf(frames) - secondsOf(1)) / (frames - 1);
}

function largestDifference(a, b) {
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index])), 0);
}
