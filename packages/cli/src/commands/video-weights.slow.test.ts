import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { openWorkplace } from '../unblur-command.test-tool.js';

const { folder, unblur } = openWorkplace();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const still = fileURLToPath(new URL('../../../../examples/banners.jpg', import.meta.url));
const [WIDTH, HEIGHT] = [192, 128];
const [FRAMES, MOMENTS, PIXELS_PER_MOMENT] = [5, 7, 1];

/**
 * A camera that pans over a still at 7 pixels a frame, its shutter always open, and one on a tripod, with
 * noise.
 */
beforeAll(async () => {
  // Shrunk, so that the ground truth is sharp.
  const { data, info } = await sharp(still)
    .removeAlpha()
    .resize({ width: 320 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const save = async (name: string, values: ArrayLike<number>) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    await sharp(Uint8Array.from(values, Math.round), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .png()
      .toFile(path);
  };
  const view = (left: number) =>
    Float64Array.from(
      { length: WIDTH * HEIGHT * 3 },
      (_, i) => data[((Math.floor(i / (WIDTH * 3)) + 10) * info.width + left) * 3 + (i % (WIDTH * 3))]!,
    );
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  for (let frame = 0; frame < 3; frame++) {
    await save(`gt/still/${frame}.png`, view(0));
    await save(
      `blur/still/${frame}.png`,
      view(0).map((value) => Math.min(255, Math.max(0, value + (random() + random() - 1) * 3.9))),
    );
  }
  for (let frame = 0; frame < FRAMES; frame++) {
    const moments = Array.from({ length: MOMENTS }, (_, moment) =>
      view((frame * MOMENTS + moment) * PIXELS_PER_MOMENT),
    );
    await save(`gt/pan/${frame}.png`, moments[(MOMENTS - 1) / 2]!);
    await save(
      `blur/pan/${frame}.png`,
      moments[0]!.map((_, i) => moments.reduce((sum, values) => sum + values[i]!, 0) / MOMENTS),
    );
  }
});

test.each([
  ['those of the command, averaged', [], 3],
  ['those for video', ['--weights', 'video-small'], 2.5],
  ['those for photographs, frame by frame', ['--weights', 'photo'], 2],
] as const)(
  'bundled weights make a panning camera sharper and leave a still clip as it is: %s',
  (_, weights, gain) => {
    const { code, stdout } = unblur(['eval-video', '.', '--json', ...weights]);
    expect(code).toBe(0);
    const { videos } = JSON.parse(stdout) as {
      videos: { name: string; psnr: number; baseline: { psnr: number } }[];
    };
    const [pan, still] = ['pan', 'still'].map((wanted) => videos.find(({ name }) => name === wanted)!);
    for (const { name, psnr, baseline } of [pan!, still!]) {
      console.log(`${name}: PSNR ${psnr.toFixed(2)} dB, blurred ${baseline.psnr.toFixed(2)} dB`);
    }
    expect(pan!.psnr - pan!.baseline.psnr).toBeGreaterThan(gain);
    expect(still!.baseline.psnr).toBeGreaterThan(43);
    expect(still!.psnr - still!.baseline.psnr).toBeGreaterThan(-0.3);
  },
);
