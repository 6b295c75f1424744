/**
 * `node benchmarks/camera-shake.js FOLDER [--lengths 10,20,35] [--count 6] [--seed 1]`: how well photographs
 * are restored that were taken with a shaking hand, by the path of the shake and by the photo network.
 *
 * Every picture of the folder is blurred along a random path (a hand that is pushed at random, and damped)
 * as long as is said, averaged as light, with noise of half a level of 255. Printed are the means of the PSNR
 * of luminance in dB; as only the camera knows where it pointed at first, each is that of the best shift by half
 * pixels.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRestorer, loadPhoto } from '@unblur/inference';
import { restoreShaken } from '@unblur/restoration';
import { defaultWeightsName, findBundledWeights } from '@unblur/weights';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    lengths: { type: 'string', default: '10,20,35' },
    count: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    network: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const [folder] = positionals;
const names = readdirSync(folder).sort();
const count = Math.min(Number(values.count), names.length);
/** At the edges, which the path leads out of the picture. */
const marginPixels = 24;
const noise = 0.5 / 255;
/** Shifts that are tried, in pixels; the second around the best of the first. */
const [whole, halves] = [
  [-3, -2, -1, 0, 1, 2, 3],
  [-0.5, 0, 0.5],
];

const weights = new Uint8Array(readFileSync(findBundledWeights(defaultWeightsName).url));
const restorer = values.network ? await createRestorer({ weights, frames: 1 }) : undefined;
console.log(['path [px]', 'photographs', 'blurred', 'network', 'shake', 'worst', 's'].join('\t'));
for (const length of values.lengths.split(',').map(Number)) {
  const rows = [];
  for (let i = 0; i < count; i++) {
    const random = randomNumbers(Number(values.seed) * 1000 + i);
    const sharp = await loadPhoto(join(folder, names[Math.floor((i * names.length) / count)]));
    const { blurred, truth } = shake(sharp, shakePath(length, random), random);
    const start = performance.now();
    const { frame } = await restoreShaken(blurred);
    const seconds = (performance.now() - start) / 1000;
    const network = restorer && (await restorer.restore(blurred)).frames[0];
    rows.push({
      blurred: score(blurred, truth),
      network: network ? score(network, truth) : NaN,
      shake: score(frame, truth),
      seconds,
    });
  }
  const mean = (key) => rows.reduce((sum, row) => sum + row[key], 0) / rows.length;
  const worst = Math.min(...rows.map((row) => row.shake - row.blurred));
  console.log(
    [
      length,
      rows.length,
      mean('blurred').toFixed(2),
      mean('network').toFixed(2),
      mean('shake').toFixed(2),
      worst.toFixed(2),
      mean('seconds').toFixed(1),
    ].join('\t'),
  );
}
await restorer?.release();

/** Where the camera points, in pixels, at even times; its mean is zero, and the longer side of its box as is said. */
function shakePath(length, random) {
  const path = [];
  let [x, y, dx, dy] = [0, 0, 0, 0];
  for (let i = 0; i < 400; i++) {
    dx = 0.97 * dx + normal(random);
    dy = 0.97 * dy + normal(random);
    x += dx;
    y += dy;
    path.push([x, y]);
  }
  const side = (axis) => {
    const all = path.map((point) => point[axis]);
    return Math.max(...all) - Math.min(...all);
  };
  const scale = length / Math.max(side(0), side(1));
  const middle = [0, 1].map((axis) => path.reduce((sum, point) => sum + point[axis], 0) / path.length);
  return path.map((point) => point.map((value, axis) => scale * (value - middle[axis])));
}

/** @returns the blurred photograph and what was before the camera at the mean of the path, without its rim. */
function shake({ width, height, data }, path, random) {
  const reach = Math.ceil(Math.max(...path.flat().map(Math.abs))) + 1;
  const size = { width: width - 2 * reach, height: height - 2 * reach };
  const kernel = new Float64Array((2 * reach + 1) ** 2);
  for (const [x, y] of path) {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (const [column, row] of [
      [left, top],
      [left + 1, top],
      [left, top + 1],
      [left + 1, top + 1],
    ]) {
      kernel[(row + reach) * (2 * reach + 1) + column + reach] +=
        ((1 - Math.abs(x - column)) * (1 - Math.abs(y - row))) / path.length;
    }
  }
  const parts = [...kernel.entries()].filter(([, share]) => share > 0);
  const light = Float32Array.from(data, (value) => value ** 2.2);
  const blurred = new Float32Array(size.width * size.height * 3);
  const truth = new Float32Array(blurred.length);
  for (let y = 0; y < size.height; y++) {
    for (let i = 0; i < 3 * size.width; i++) {
      let sum = 0;
      for (const [place, share] of parts) {
        const [dx, dy] = [place % (2 * reach + 1), Math.floor(place / (2 * reach + 1))];
        sum += share * light[(y + 2 * reach - dy) * width * 3 + 3 * (2 * reach - dx) + i];
      }
      const value = sum ** (1 / 2.2) + noise * normal(random);
      blurred[y * size.width * 3 + i] = Math.min(1, Math.max(0, Math.round(255 * value) / 255));
      truth[y * size.width * 3 + i] = data[(y + reach) * width * 3 + 3 * reach + i];
    }
  }
  return { blurred: { ...size, data: blurred }, truth: { ...size, data: truth } };
}

function score(image, truth) {
  const found = luminance(image);
  const wanted = luminance(truth);
  let best = -Infinity;
  let [x, y] = [0, 0];
  for (const shifts of [whole, halves]) {
    const [fromX, fromY] = [x, y];
    for (const dx of shifts) {
      const across = shifted(wanted, 1, fromX + dx);
      for (const dy of shifts) {
        const value = psnr(found, shifted(across, truth.width, fromY + dy), truth);
        if (value > best) [best, x, y] = [value, fromX + dx, fromY + dy];
      }
    }
  }
  return best;
}

function psnr(a, b, { width, height }) {
  let [sum, number] = [0, 0];
  for (let row = marginPixels; row < height - marginPixels; row++) {
    for (let column = marginPixels; column < width - marginPixels; column++, number++) {
      sum += (a[row * width + column] - b[row * width + column]) ** 2;
    }
  }
  return -10 * Math.log10(sum / number);
}

/** Moved between pixels by a windowed sinc; wrong at the rim, which is not scored. */
function shifted(plane, stride, shift) {
  if (shift === 0) return plane;
  const result = new Float32Array(plane.length);
  const first = Math.floor(-shift) - 3;
  const shares = Array.from(
    { length: 8 },
    (_, tap) => sinc(first + tap + shift) * sinc((first + tap + shift) / 4),
  );
  const total = shares.reduce((sum, share) => sum + share, 0);
  shares.forEach((share, tap) => {
    if (Math.abs(share) < 1e-9) return;
    const offset = (first + tap) * stride;
    const end = Math.min(plane.length, plane.length - offset);
    for (let i = Math.max(0, -offset); i < end; i++) result[i] += (share / total) * plane[i + offset];
  });
  return result;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function luminance({ width, height, data }) {
  const scale = data instanceof Uint16Array ? 65535 : 1;
  return Float32Array.from(
    { length: width * height },
    (_, i) => (0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2]) / scale,
  );
}

function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
