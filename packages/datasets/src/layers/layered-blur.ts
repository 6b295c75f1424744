import type { RgbImage } from '@unblur/metrics';
import { colourCurve, degrade, drawAugmentation, rearrangePixels } from '../augmentation.js';
import { type AveragingSpace, drawAveraging, renderCount, transferFunctions } from '../averaging.js';
import { motionOfFlows } from '../flows.js';
import type { RgbBytes } from '../pictures/picture-bytes.js';
import type { Random } from '../random.js';
import type { Sample } from '../sample.js';
import type { LayeredOptions } from './layered-options.js';
import {
  drawLayerMotion,
  flowAt,
  type Layer,
  type LayeredScene,
  longestPathPixels,
  renderScene,
  visibleLayers,
} from './layered-scene.js';

export interface LayeredSample extends Sample {
  flowsPixels: Float32Array[];
  motionPixels: Float32Array;
}

/**
 * Draws a scene and exposes it: objects cut out of stills move before a background that moves with the
 * camera, at steps of at most about `stepPixels`. The frames are display values.
 *
 * @param stills one for the background, then one per object; whatever their size, they are extended by
 * mirroring at their borders.
 */
export function synthesizeLayeredBlur(
  stills: readonly RgbBytes[],
  random: Random,
  options: LayeredOptions,
): LayeredSample {
  const { sizePixels, frames: frameCount, augmentation } = options;
  const averaging = drawAveraging(random, options.averaging);
  const { displayOf } = transferFunctions[averaging];
  const scene = drawScene(stills, random, averaging, options);
  const intervals = frameCount - 1;
  const renderedFrames = renderCount(longestPathPixels(scene), frameCount, options.stepPixels);
  const rendersPerFrame = (renderedFrames - 1) / intervals;

  const sum = new Float64Array(sizePixels * sizePixels * 3);
  const frames: Float32Array[] = [];
  for (let index = 0; index < renderedFrames; index++) {
    const picture = renderScene(scene, (2 * index) / (renderedFrames - 1) - 1);
    for (let i = 0; i < sum.length; i++) sum[i]! += picture[i]!;
    if (index % rendersPerFrame === 0) frames.push(picture);
  }
  const visible = visibleLayers(scene);
  const toImage = (values: Float32Array | Float64Array, count: number): RgbImage => {
    const data = new Float32Array(values.length);
    for (let i = 0; i < data.length; i++) data[i] = displayOf(values[i]! / count);
    return { width: sizePixels, height: sizePixels, data };
  };
  const blurred = toImage(sum, renderedFrames);
  degrade(blurred, drawAugmentation(random, augmentation).noiseSigma, augmentation, random);
  const flowsPixels = Array.from({ length: frameCount }, (_, index) =>
    flowAt(scene, visible, (2 * index) / intervals - 1),
  );
  return {
    blurred,
    frames: frames.map((frame) => toImage(frame, 1)),
    flowsPixels,
    motionPixels: motionOfFlows(flowsPixels),
  };
}

function drawScene(
  stills: readonly RgbBytes[],
  random: Random,
  averaging: AveragingSpace,
  options: LayeredOptions,
): LayeredScene {
  const { sizePixels, turnDegrees, zoomPercent, bend, cameraPixels, objectPixels, objectRadius } = options;
  const limits = { turnDegrees, zoomPercent, bend };
  const middle = (sizePixels - 1) / 2;
  // A corner's way by turn and zoom, and half of both ways with their bends.
  const swing = sizePixels * ((turnDegrees * Math.PI) / 180 + zoomPercent / 100);
  const marginPixels = Math.ceil((cameraPixels[1] + objectPixels[1]) * (0.5 + bend) + swing) + 2;
  const gridSize = sizePixels + 2 * marginPixels;
  const colour = colourCurve(drawAugmentation(random, options.augmentation));
  const { lightOf } = transferFunctions[averaging];
  const values = Float32Array.from({ length: 3 * 256 }, (_, entry) =>
    lightOf(colour((entry & 255) / 255, entry >> 8)),
  );

  const layers = stills.map((still, index): Layer => {
    const texture = cutTexture(still, values, gridSize, random, options);
    const centre =
      index === 0
        ? { x: middle, y: middle }
        : { x: random.between(0, sizePixels), y: random.between(0, sizePixels) };
    const lengthPixels = random.between(...(index === 0 ? cameraPixels : objectPixels));
    const motion = drawLayerMotion(random, centre, lengthPixels, limits);
    const coverage =
      index === 0
        ? undefined
        : drawBlob(
            random,
            centre.x + marginPixels,
            centre.y + marginPixels,
            sizePixels * random.between(...objectRadius),
          );
    const premultiplied = new Float32Array(gridSize * gridSize * 4);
    for (let pixel = 0; pixel < gridSize * gridSize; pixel++) {
      const share = coverage ? coverage(pixel % gridSize, Math.floor(pixel / gridSize)) : 1;
      if (share === 0) continue;
      premultiplied[pixel * 4] = share * texture[pixel * 3]!;
      premultiplied[pixel * 4 + 1] = share * texture[pixel * 3 + 1]!;
      premultiplied[pixel * 4 + 2] = share * texture[pixel * 3 + 2]!;
      premultiplied[pixel * 4 + 3] = share;
    }
    return { premultiplied, motion };
  });
  return { sizePixels, marginPixels, layers };
}

/**
 * A random part of a still, shrunk by a box filter, mirrored at the still's borders, flipped and turned at
 * random.
 *
 * @param values what each byte stands for: 256 entries for red, green and blue each.
 */
function cutTexture(
  still: RgbBytes,
  values: Float32Array,
  gridSize: number,
  random: Random,
  { shrink, augmentation }: LayeredOptions,
): Float32Array {
  const step = random.between(...shrink);
  const left = random.between(0, Math.max(still.width - gridSize * step, 1));
  const top = random.between(0, Math.max(still.height - gridSize * step, 1));
  const texture = new Float32Array(gridSize * gridSize * 3);
  const reflect = (position: number, extent: number): number => {
    const folded = Math.abs(position) % (2 * extent);
    return folded < extent ? folded : 2 * extent - 1 - folded;
  };
  for (let y = 0, target = 0; y < gridSize; y++) {
    const firstRow = Math.floor(top + y * step);
    const endRow = Math.max(Math.floor(top + (y + 1) * step), firstRow + 1);
    for (let x = 0; x < gridSize; x++, target += 3) {
      const firstColumn = Math.floor(left + x * step);
      const endColumn = Math.max(Math.floor(left + (x + 1) * step), firstColumn + 1);
      const scale = 1 / ((endRow - firstRow) * (endColumn - firstColumn));
      for (let row = firstRow; row < endRow; row++) {
        for (let column = firstColumn; column < endColumn; column++) {
          const source = (reflect(row, still.height) * still.width + reflect(column, still.width)) * 3;
          texture[target]! += values[still.rgb[source]!]! * scale;
          texture[target + 1]! += values[256 + still.rgb[source + 1]!]! * scale;
          texture[target + 2]! += values[512 + still.rgb[source + 2]!]! * scale;
        }
      }
    }
  }
  return rearrangePixels(texture, gridSize, drawAugmentation(random, augmentation));
}

/**
 * Coverage of a smooth random shape around a centre: a circle whose radius lobes with the angle, its edge one
 * pixel soft.
 */
function drawBlob(
  random: Random,
  centreX: number,
  centreY: number,
  radius: number,
): (x: number, y: number) => number {
  const lobes = [2, 3, 4, 5].map((frequency) => ({
    frequency,
    height: random.between(0, 0.6 / frequency),
    phase: random.between(0, 2 * Math.PI),
  }));
  return (x, y) => {
    const distance = Math.sqrt((x - centreX) ** 2 + (y - centreY) ** 2);
    if (distance > radius * 2.5) return 0;
    const angle = Math.atan2(y - centreY, x - centreX);
    const edge =
      radius *
      lobes.reduce(
        (sum, { frequency, height, phase }) => sum + height * Math.cos(frequency * angle + phase),
        1,
      );
    return Math.min(Math.max(edge - distance + 0.5, 0), 1);
  };
}
