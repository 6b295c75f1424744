/**
 * `node benchmarks/working-scale.js PHOTOGRAPH [--lengths 5,20,60,120] [--scales 1,1/2,1/4,1/8,auto]`: which
 * working scale restores how much blur best.
 *
 * A sharp picture, mirrored until it fills 4000x3000 pixels, is moved by so many pixels during the exposure
 * and averaged as light. Printed is the gain over the blurred photograph in dB, mean of the first, middle and
 * last frame in the better order, at full size.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs';
import { createRestorer, loadPhoto } from '@unblur/inference';
import { defaultWeightsName, findBundledWeights } from '@unblur/weights';

const widthPixels = 4000;
const heightPixels = 3000;
/** Of the motion, from the horizontal. */
const directionDegrees = 20;
const exposureTimes = [-1, 0, 1];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    lengths: { type: 'string', default: '5,20,60,120' },
    scales: { type: 'string', default: '1,1/2,1/4,1/8,auto' },
    threads: { type: 'string', default: '2' },
  },
});
const source = await loadPhoto(positionals[0]);
const weights = new Uint8Array(readFileSync(findBundledWeights(defaultWeightsName).url));
const scales = values.scales.split(',').map((text) =>
  text === 'auto'
    ? text
    : text
        .split('/')
        .map(Number)
        .reduce((a, b) => a / b),
);

console.log(['blur [px]', ...values.scales.split(','), 'chosen'].join('\t'));
for (const length of values.lengths.split(',').map(Number)) {
  const gt = exposureTimes.map((time) => render((time * length) / 2));
  const blurred = expose(length);
  const baseline = mean(gt.map((frame) => psnr(frame, blurred.data)));
  const row = [];
  let chosen;
  for (const scale of scales) {
    const restorer = await createRestorer({ weights, threads: Number(values.threads), scale });
    const { frames, scale: used } = await restorer.restore(blurred, { times: exposureTimes });
    await restorer.release();
    const inOrder = mean(frames.map(({ data }, i) => psnr(gt[i], data)));
    const reversed = mean(frames.map(({ data }, i) => psnr(gt[2 - i], data)));
    row.push((Math.max(inOrder, reversed) - baseline).toFixed(2));
    if (scale === 'auto') chosen = used;
  }
  console.log([length, ...row, chosen].join('\t'));
}

/** The picture moved by so many pixels along the direction. */
function render(pixels) {
  const [shiftX, shiftY] = [
    Math.cos((directionDegrees * Math.PI) / 180) * pixels,
    Math.sin((directionDegrees * Math.PI) / 180) * pixels,
  ];
  const columns = Int32Array.from(
    { length: widthPixels + 1 },
    (_, x) => 3 * mirrored(x + Math.floor(shiftX), source.width),
  );
  const [u, v] = [shiftX - Math.floor(shiftX), shiftY - Math.floor(shiftY)];
  const frame = new Float32Array(widthPixels * heightPixels * 3);
  for (let y = 0, to = 0; y < heightPixels; y++) {
    const upper = mirrored(y + Math.floor(shiftY), source.height) * source.width * 3;
    const lower = mirrored(y + Math.floor(shiftY) + 1, source.height) * source.width * 3;
    for (let x = 0; x < widthPixels; x++) {
      const [left, right] = [columns[x], columns[x + 1]];
      for (let channel = 0; channel < 3; channel++, to++) {
        const above =
          source.data[upper + left + channel] * (1 - u) + source.data[upper + right + channel] * u;
        const below =
          source.data[lower + left + channel] * (1 - u) + source.data[lower + right + channel] * u;
        frame[to] = above * (1 - v) + below * v;
      }
    }
  }
  return frame;
}

/** The mean, as light, of what the sensor saw. */
function expose(length) {
  const count = 2 * Math.ceil(length / 2) + 1;
  const toLight = Float32Array.from({ length: 4097 }, (_, i) => (i / 4096) ** 2.2);
  const data = new Float32Array(widthPixels * heightPixels * 3);
  for (let i = 0; i < count; i++) {
    const frame = render(((2 * i - (count - 1)) / (count - 1)) * (length / 2));
    for (let k = 0; k < data.length; k++) data[k] += toLight[(frame[k] * 4096 + 0.5) | 0];
  }
  for (let k = 0; k < data.length; k++) data[k] = Math.round((data[k] / count) ** (1 / 2.2) * 255) / 255;
  return { width: widthPixels, height: heightPixels, data };
}

function mirrored(position, side) {
  const phase = ((position % (2 * side)) + 2 * side) % (2 * side);
  return phase < side ? phase : 2 * side - 1 - phase;
}

function psnr(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return -10 * Math.log10(sum / a.length);
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
