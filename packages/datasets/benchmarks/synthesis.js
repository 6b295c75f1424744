/**
 * How fast samples are made: the share of each stage, and one perspective frame against ffmpeg's v360 filter
 * and numpy. Run after `npm run build`: `node packages/datasets/benchmarks/synthesis.js [panorama]`. All
 * times are processor time of one thread.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  addPerspective,
  buildPanorama,
  centredCamera,
  createRandom,
  createResponse,
  createViewfinder,
  focalPixelsOf,
  loadPanorama,
  matrixOf,
  orientationOfAngles,
  planRotationalBlur,
  resolvePanoramaOptions,
  synthesizeRotationalBlur,
} from '@unblur/datasets';

const processorMilliseconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function timeOf(run, times) {
  await run(0);
  const start = processorMilliseconds();
  for (let i = 1; i <= times; i++) await run(i);
  return (processorMilliseconds() - start) / times;
}

const width = 4096;
const random = createRandom(1);
const noise = Uint8Array.from({ length: (width * width * 3) / 2 }, () => random.below(256));
const panorama = buildPanorama(width, width / 2, noise);

async function reportStages(sizePixels) {
  const options = resolvePanoramaOptions({ sizePixels });
  const plans = Array.from({ length: 40 }, (_, i) =>
    planRotationalBlur(createRandom(2, i), 2048, i, options),
  );
  const renders = plans.reduce((sum, { renderedFrames }) => sum + renderedFrames, 0) / plans.length;
  const plan = await timeOf((i) => planRotationalBlur(createRandom(2, i), 2048, i, options), 40);
  const whole = await timeOf((i) => synthesizeRotationalBlur(panorama, plans[i % 40], options), 40);
  const readings = new Uint32Array(sizePixels ** 2 * 3);
  const response = createResponse((value) => value);
  const projection = await timeOf((i) => {
    const { camera, first, renderedFrames } = plans[i % 40];
    const viewfinder = createViewfinder(camera);
    for (let k = 0; k < renderedFrames; k++) {
      addPerspective(panorama.levels[1], viewfinder, matrixOf(first), response, readings);
    }
  }, 40);
  const percent = (part) => `${((100 * part) / (whole + plan)).toFixed(0)} %`;
  console.log(
    `${sizePixels}x${sizePixels}, 7 frames, ${renders.toFixed(1)} rendered: ${(1000 / (whole + plan)).toFixed(1)} samples/s per core ` +
      `(projection with its summing ${percent(projection)}, planning ${percent(plan)}, frames, mean, augmentation and noise ${percent(whole - projection)})`,
  );
}

function timeFfmpeg(isTurning) {
  const folder = mkdtempSync(join(tmpdir(), 'unblur-bench-'));
  const raw = join(folder, 'panorama.rgb');
  writeFileSync(raw, noise);
  const run = (frames) => {
    const commands = join(folder, 'commands');
    const turns = Array.from(
      { length: frames },
      (_, i) => `${(i / 25).toFixed(3)} v360 yaw ${(i * 2.86) % 180};`,
    );
    writeFileSync(commands, isTurning ? turns.join('\n') : '0 v360 yaw 0;');
    const filter = `format=gbrp,loop=loop=${frames - 1}:size=1,sendcmd=f=${commands},v360=input=e:output=flat:interp=linear:w=256:h=256:h_fov=90:v_fov=90`;
    const commandLine = [
      '-v',
      'info',
      '-benchmark',
      '-filter_threads',
      '1',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-s',
      `${width}x${width / 2}`,
      '-i',
      raw,
      '-vf',
      filter,
      '-f',
      'null',
      '-',
    ];
    const text = execFileSync('bash', ['-c', 'ffmpeg "$@" 2>&1', 'bash', ...commandLine], {
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(text);
    return (Number(user) + Number(system)) * 1000;
  };
  // Start, reading and conversion are the same in both runs.
  const [few, many] = isTurning ? [10, 60] : [100, 1100];
  return (run(many) - run(few)) / (many - few);
}

async function reportPerspective() {
  const camera = centredCamera(256, 256, focalPixelsOf(90, 256));
  const viewfinder = createViewfinder(camera);
  const response = createResponse((value) => value);
  const readings = new Uint32Array(256 * 256 * 3);
  const ours = await timeOf((i) => {
    if (i % 1000 === 0) readings.fill(0);
    addPerspective(
      panorama.levels[0],
      viewfinder,
      matrixOf(orientationOfAngles(i * 2.86, 0, 0)),
      response,
      readings,
    );
  }, 200);
  console.log(
    `one 256x256 view of a ${width}x${width / 2} panorama, the camera turning: ${ours.toFixed(2)} ms`,
  );
  const turning = timeFfmpeg(true);
  console.log(
    `ffmpeg v360, turning:     ${turning.toFixed(2)} ms (${(turning / ours).toFixed(1)} times as long)`,
  );
  const still = timeFfmpeg(false);
  console.log(
    `ffmpeg v360, not turning: ${still.toFixed(2)} ms (${(still / ours).toFixed(1)} times as long; it keeps its map of positions)`,
  );
  const numpy = Number(
    execFileSync(
      'python3',
      [fileURLToPath(new URL('perspective-numpy.py', import.meta.url)), `${width}`, '256', '90', '20'],
      { encoding: 'utf8' },
    ),
  );
  console.log(
    `numpy, turning:           ${numpy.toFixed(2)} ms (${(numpy / ours).toFixed(1)} times as long)`,
  );
}

const [, , panoramaPath] = process.argv;
if (panoramaPath) {
  console.log(
    `decoding a panorama and building its levels: ${(await timeOf(() => loadPanorama(panoramaPath), 5)).toFixed(0)} ms`,
  );
}
for (const sizePixels of [128, 256]) await reportStages(sizePixels);
await reportPerspective();
