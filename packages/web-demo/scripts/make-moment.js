/**
 * Makes what the first screen shows: an example photograph, restored by the shipped network, as a short film
 * to and fro with its middle frame and the photograph as stills. Needs ffmpeg.
 *
 * Usage: node packages/web-demo/scripts/make-moment.js (from the repository's root, after npx tsc -b)
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-core';
import { createRestorer, loadPhoto } from '@unblur/inference';
import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import sharp from 'sharp';

const frameCount = 25;
const example = fileURLToPath(new URL('../../../examples/square.jpg', import.meta.url));
const folder = new URL('../public/moment/', import.meta.url);

const photo = await loadPhoto(example);
const restorer = await createRestorer({
  weights: readFileSync(bundledWeights[defaultWeightsName].url),
  frames: frameCount,
});
const { frames } = await restorer.restore(photo);
await restorer.release();

const bytesOf = ({ data }) => Buffer.from(Uint8ClampedArray.from(data, (value) => value * 255));
const still = (image, name) =>
  sharp(bytesOf(image), { raw: { width: image.width, height: image.height, channels: 3 } })
    .webp({ quality: 80 })
    .toFile(fileURLToPath(new URL(name, folder)));
await still(photo, 'blurred.webp');
await still(frames[(frameCount - 1) / 2], 'sharp.webp');

const round = [...frames, ...frames.slice(1, -1).reverse()];
const { status, stderr } = spawnSync(
  'ffmpeg',
  [
    ...['-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${photo.width}x${photo.height}`],
    ...['-framerate', '25', '-i', '-', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-crf', '25'],
    ...['-preset', 'veryslow', '-movflags', '+faststart', fileURLToPath(new URL('moment.mp4', folder))],
  ],
  { input: Buffer.concat(round.map(bytesOf)) },
);
if (status !== 0) throw new Error(`ffmpeg failed: ${stderr}`);

// What other sites show beside a link: the photograph on the left of a line, its moment on the right.
const card = { width: 1200, height: 630 };
const fitted = (image) =>
  sharp(bytesOf(image), { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(card.width, card.height, { fit: 'cover' })
    .png()
    .toBuffer();
const sharpHalf = await sharp(await fitted(frames[(frameCount - 1) / 2]))
  .extract({ left: card.width / 2, top: 0, width: card.width / 2, height: card.height })
  .toBuffer();
await sharp(await fitted(photo))
  .composite([
    { input: sharpHalf, left: card.width / 2, top: 0 },
    {
      input: { create: { width: 4, height: card.height, channels: 3, background: 'white' } },
      left: card.width / 2 - 2,
      top: 0,
    },
  ])
  .jpeg({ quality: 80, mozjpeg: true })
  .toFile(fileURLToPath(new URL('link-picture.jpg', folder)));

const icon = readFileSync(new URL('../public/favicon.svg', import.meta.url));
for (const side of [192, 512]) {
  const png = await sharp(icon, { density: (72 * side) / 32 })
    .resize(side, side)
    .png({ palette: true })
    .toBuffer();
  writeFileSync(new URL(`../public/icon-${side}.png`, import.meta.url), png);
}
