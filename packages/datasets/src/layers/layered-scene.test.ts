import { describe, expect, test } from '@jest/globals';
import { noAugmentation } from '../augmentation.js';
import { createRandom } from '../random.js';
import type { RgbBytes } from '../pictures/picture-bytes.js';
import { synthesizeLayeredBlur } from './layered-blur.js';
import { resolveLayeredOptions } from './layered-options.js';
import {
  applyMap,
  composeMaps,
  drawLayerMotion,
  flowAt,
  invertMap,
  type LayeredScene,
  layerMapAt,
  longestPathPixels,
  mapAt,
  renderScene,
  visibleLayers,
} from './layered-scene.js';

const random = createRandom(3);
const limits = { turnDegrees: 10, zoomPercent: 8, bend: 0.3 };
const still = {
  centre: { x: 0, y: 0 },
  velocity: { x: 0, y: 0 },
  bend: { x: 0, y: 0 },
  turnRadians: 0,
  logZoom: 0,
};

describe('layer motion', () => {
  test('is at rest at time 0, covers its length, turns and zooms as drawn', () => {
    for (let i = 0; i < 30; i++) {
      const centre = { x: random.between(0, 64), y: random.between(0, 64) };
      const motion = drawLayerMotion(random, centre, 12, limits);
      const point = { x: 7, y: -3 };
      expect(applyMap(mapAt(motion, 0), point)).toEqual({
        x: expect.closeTo(7, 10),
        y: expect.closeTo(-3, 10),
      });
      const [opening, closing] = [mapAt(motion, -1), mapAt(motion, 1)];
      const [from, to] = [applyMap(opening, centre), applyMap(closing, centre)];
      expect(Math.hypot(to.x - from.x, to.y - from.y)).toBeCloseTo(12, 10);
      const turn = Math.atan2(closing.m10, closing.m00) - Math.atan2(opening.m10, opening.m00);
      expect(Math.abs(turn * 180) / Math.PI).toBeLessThanOrEqual(10);
      const zoom = Math.hypot(closing.m00, closing.m10) / Math.hypot(opening.m00, opening.m10);
      expect(zoom).toBeGreaterThan(0.919);
      expect(zoom).toBeLessThan(1.081);
    }
  });

  test('maps compose and invert', () => {
    const a = mapAt(drawLayerMotion(random, { x: 5, y: 9 }, 10, limits), 0.7);
    const b = mapAt(drawLayerMotion(random, { x: 50, y: -9 }, 20, limits), -0.4);
    const point = { x: 31, y: 12 };
    const both = applyMap(composeMaps(a, b), point);
    const oneByOne = applyMap(a, applyMap(b, point));
    expect(both.x).toBeCloseTo(oneByOne.x, 10);
    expect(both.y).toBeCloseTo(oneByOne.y, 10);
    const back = applyMap(invertMap(a), applyMap(a, point));
    expect(Math.hypot(back.x - point.x, back.y - point.y)).toBeLessThan(1e-10);
  });
});

describe('layered scenes', () => {
  const sizePixels = 40;
  const marginPixels = 16;
  const gridSize = sizePixels + 2 * marginPixels;

  /** A background and a disc in front of it, each a linear ramp, which bilinear sampling renders exactly. */
  function rampScene(
    cameraVelocity: { x: number; y: number },
    discVelocity: { x: number; y: number },
    turnRadians = 0,
  ): LayeredScene {
    const layer = (coverage: (x: number, y: number) => number, base: number, slope: number) => {
      const premultiplied = new Float32Array(gridSize * gridSize * 4);
      for (let y = 0, i = 0; y < gridSize; y++) {
        for (let x = 0; x < gridSize; x++, i += 4) {
          const share = coverage(x - marginPixels, y - marginPixels);
          const value = base + slope * (x + 2 * y);
          premultiplied.set([share * value, share * value, share * value, share], i);
        }
      }
      return premultiplied;
    };
    return {
      sizePixels,
      marginPixels,
      layers: [
        {
          premultiplied: layer(() => 1, 0.1, 0.001),
          motion: { ...still, velocity: cameraVelocity, turnRadians, centre: { x: 20, y: 20 } },
        },
        {
          premultiplied: layer((x, y) => (Math.hypot(x - 20, y - 18) < 8 ? 1 : 0), 0.9, -0.002),
          motion: { ...still, velocity: discVelocity },
        },
      ],
    };
  }

  test('show the object in front, riding on the camera motion', () => {
    const scene = rampScene({ x: 4, y: 0 }, { x: 0, y: 5 });
    const value = (picture: Float32Array, x: number, y: number) => picture[(y * sizePixels + x) * 3]!;
    const closing = renderScene(scene, 1);
    // The disc's centre went from (20, 18) to (24, 23); around (2, 2) there is background, 4 pixels on.
    expect(value(closing, 24, 23)).toBeCloseTo(0.9 - 0.002 * (20 + 16 + 2 * (18 + 16)), 5);
    expect(value(closing, 2, 2)).toBeCloseTo(0.1 + 0.001 * (2 - 4 + 16 + 2 * (2 + 16)), 5);
    expect(layerMapAt(scene, 1, 1)).toMatchObject({ offsetX: 4, offsetY: 5 });
    expect(longestPathPixels(scene)).toBeCloseTo(2 * Math.hypot(4, 5), 10);
  });

  test('know the flow: what is seen at a pixel of the middle frame is seen at the same place plus the flow', () => {
    const scene = rampScene({ x: 3, y: -2 }, { x: -6, y: 4 }, 0.1);
    const middle = renderScene(scene, 0);
    const visible = visibleLayers(scene);
    expect(visible[18 * sizePixels + 20]).toBe(1);
    expect(visible[0]).toBe(0);
    let compared = [0, 0];
    for (const time of [-1, -0.5, 0.5, 1]) {
      const picture = renderScene(scene, time);
      const flow = flowAt(scene, visible, time);
      for (let y = 0; y < sizePixels; y++) {
        for (let x = 0; x < sizePixels; x++) {
          const pixel = y * sizePixels + x;
          const distance = Math.hypot(x - 20, y - 18);
          // Away from the disc's edge, and where the disc does not pass over the background.
          if (distance > 5 && distance < 20) continue;
          const toX = x + flow[2 * pixel]!;
          const toY = y + flow[2 * pixel + 1]!;
          if (toX < 0 || toY < 0 || toX > sizePixels - 2 || toY > sizePixels - 2) continue;
          const [column, row] = [Math.floor(toX), Math.floor(toY)];
          const at = (dx: number, dy: number) => picture[((row + dy) * sizePixels + column + dx) * 3]!;
          const [right, lower] = [toX - column, toY - row];
          const seen =
            (at(0, 0) * (1 - right) + at(1, 0) * right) * (1 - lower) +
            (at(0, 1) * (1 - right) + at(1, 1) * right) * lower;
          expect(Math.abs(seen - middle[pixel * 3]!)).toBeLessThan(1e-5);
          compared = compared.map((count, layer) => count + (visible[pixel] === layer ? 1 : 0));
        }
      }
    }
    expect(compared[0]).toBeGreaterThan(100);
    expect(compared[1]).toBeGreaterThan(200);
  });
});

describe('synthesizeLayeredBlur', () => {
  const stills: RgbBytes[] = [0, 1, 2].map((seed) => {
    const draw = createRandom(seed);
    return { width: 60, height: 45, rgb: Uint8Array.from({ length: 60 * 45 * 3 }, () => draw.below(256)) };
  });
  const small = { sizePixels: 24, frames: 5, augmentation: noAugmentation };

  test('gives still pictures and no flow where nothing moves', () => {
    const options = resolveLayeredOptions({
      ...small,
      cameraPixels: [0, 0],
      objectPixels: [0, 0],
      turnDegrees: 0,
      zoomPercent: 0,
    });
    const { blurred, frames, flowsPixels } = synthesizeLayeredBlur(stills, createRandom(1), options);
    expect(frames).toHaveLength(5);
    for (const frame of frames) {
      for (let i = 0; i < blurred.data.length; i++) {
        expect(Math.abs(frame.data[i]! - blurred.data[i]!)).toBeLessThan(1e-6);
      }
    }
    for (const flow of flowsPixels) for (const value of flow) expect(Math.abs(value)).toBeLessThan(1e-4);
  });

  test('gives the same bytes for the same seed, values in [0, 1], and no flow to the middle frame', () => {
    const options = resolveLayeredOptions({ ...small, averaging: 'linear-srgb' });
    const a = synthesizeLayeredBlur(stills, createRandom(2), options);
    expect(a).toEqual(synthesizeLayeredBlur(stills, createRandom(2), options));
    expect(a).not.toEqual(synthesizeLayeredBlur(stills, createRandom(3), options));
    for (const value of [...a.blurred.data, ...a.frames[0]!.data]) {
      expect(value >= 0 && value <= 1.000001).toBe(true);
    }
    for (const value of a.flowsPixels[2]!) expect(Math.abs(value)).toBeLessThan(1e-4);
    expect(Math.max(...a.flowsPixels[0]!.map(Math.abs))).toBeGreaterThan(0.5);
  });

  test('with one render per frame, blurs to the mean of the frames', () => {
    const options = resolveLayeredOptions({ ...small, stepPixels: 1000 });
    const { blurred, frames } = synthesizeLayeredBlur(stills, createRandom(4), options);
    for (let i = 0; i < blurred.data.length; i++) {
      expect(blurred.data[i]).toBeCloseTo(frames.reduce((sum, { data }) => sum + data[i]!, 0) / 5, 6);
    }
  });

  test('refuses wrong options by name', () => {
    expect(() => resolveLayeredOptions({ objects: [1, 2.5] })).toThrow(
      'Expected objects to be a range of integers but received [1,2.5].',
    );
    expect(() => resolveLayeredOptions({ frames: 2 })).toThrow(
      'Expected frames to be an odd number from 3 to 255 but received 2.',
    );
    expect(() => resolveLayeredOptions({ shrink: [0.5, 1] })).toThrow(
      'Expected shrink to be [minimum, maximum] within 1..8 but received [0.5,1].',
    );
  });
});
