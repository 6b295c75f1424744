import type { PixelPosition } from '../panorama/camera.js';
import type { Random } from '../random.js';

/**
 * How a layer moves during the exposure. Time runs from -1 (shutter opens) over 0 (the middle frame, where
 * every layer is at rest in its own coordinates) to 1 (it closes).
 */
export interface LayerMotion {
  /** Centre of turn and zoom. */
  centre: PixelPosition;
  /** Displacement at time t: velocity * t + bend * t^2, in pixels. */
  velocity: PixelPosition;
  bend: PixelPosition;
  /** At time t the layer is turned by turnRadians * t and scaled by exp(logZoom * t). */
  turnRadians: number;
  logZoom: number;
}

/** The affine map q = M p + o from where a point lies in the middle frame to where it lies now. */
export interface AffineMap {
  m00: number;
  m01: number;
  m10: number;
  m11: number;
  offsetX: number;
  offsetY: number;
}

/** @param lengthPixels how far the centre goes from opening to closing (the bend not counted). */
export function drawLayerMotion(
  random: Random,
  centre: PixelPosition,
  lengthPixels: number,
  limits: { turnDegrees: number; zoomPercent: number; bend: number },
): LayerMotion {
  const direction = random.between(0, 2 * Math.PI);
  const half = lengthPixels / 2;
  const sideways = random.between(-limits.bend, limits.bend) * lengthPixels;
  return {
    centre,
    velocity: { x: half * Math.cos(direction), y: half * Math.sin(direction) },
    bend: { x: -sideways * Math.sin(direction), y: sideways * Math.cos(direction) },
    turnRadians: (random.between(-limits.turnDegrees, limits.turnDegrees) / 2) * (Math.PI / 180),
    logZoom: Math.log1p(random.between(-limits.zoomPercent, limits.zoomPercent) / 100) / 2,
  };
}

/** Where points of the middle frame lie at a time in [-1, 1]. */
export function mapAt(
  { centre, velocity, bend, turnRadians, logZoom }: LayerMotion,
  time: number,
): AffineMap {
  const scale = Math.exp(logZoom * time);
  const cos = scale * Math.cos(turnRadians * time);
  const sin = scale * Math.sin(turnRadians * time);
  return {
    m00: cos,
    m01: -sin,
    m10: sin,
    m11: cos,
    offsetX: centre.x - cos * centre.x + sin * centre.y + velocity.x * time + bend.x * time * time,
    offsetY: centre.y - sin * centre.x - cos * centre.y + velocity.y * time + bend.y * time * time,
  };
}

/** First `inner`, then `outer`: an object's own motion within a moving scene. */
export function composeMaps(outer: AffineMap, inner: AffineMap): AffineMap {
  return {
    m00: outer.m00 * inner.m00 + outer.m01 * inner.m10,
    m01: outer.m00 * inner.m01 + outer.m01 * inner.m11,
    m10: outer.m10 * inner.m00 + outer.m11 * inner.m10,
    m11: outer.m10 * inner.m01 + outer.m11 * inner.m11,
    offsetX: outer.m00 * inner.offsetX + outer.m01 * inner.offsetY + outer.offsetX,
    offsetY: outer.m10 * inner.offsetX + outer.m11 * inner.offsetY + outer.offsetY,
  };
}

export function invertMap({ m00, m01, m10, m11, offsetX, offsetY }: AffineMap): AffineMap {
  const determinant = m00 * m11 - m01 * m10;
  const inverse = {
    m00: m11 / determinant,
    m01: -m01 / determinant,
    m10: -m10 / determinant,
    m11: m00 / determinant,
  };
  return {
    ...inverse,
    offsetX: -(inverse.m00 * offsetX + inverse.m01 * offsetY),
    offsetY: -(inverse.m10 * offsetX + inverse.m11 * offsetY),
  };
}

export function applyMap(
  { m00, m01, m10, m11, offsetX, offsetY }: AffineMap,
  { x, y }: PixelPosition,
): PixelPosition {
  return { x: m00 * x + m01 * y + offsetX, y: m10 * x + m11 * y + offsetY };
}

/**
 * A flat piece of the scene on a square grid that reaches `marginPixels` beyond the picture on every side:
 * pixel (x, y) of the picture's middle frame is at (x + marginPixels, y + marginPixels) of the grid.
 */
export interface Layer {
  /** `gridSize * gridSize * 4` values: R, G, B times coverage, coverage. */
  premultiplied: Float32Array;
  motion: LayerMotion;
}

/**
 * Back to front: the background, which covers everything and moves with the camera, and objects that move
 * within the scene.
 */
export interface LayeredScene {
  sizePixels: number;
  marginPixels: number;
  layers: Layer[];
}

/** Where the points of a layer lie at a time: objects ride on the background's motion. */
export function layerMapAt({ layers }: LayeredScene, index: number, time: number): AffineMap {
  const scene = mapAt(layers[0]!.motion, time);
  return index === 0 ? scene : composeMaps(scene, mapAt(layers[index]!.motion, time));
}

/**
 * The farthest that any corner of any layer's picture area travels between opening and closing, in pixels.
 */
export function longestPathPixels(scene: LayeredScene): number {
  const far = scene.sizePixels - 1;
  const steps = 8;
  let longest = 0;
  for (let index = 0; index < scene.layers.length; index++) {
    const maps = Array.from({ length: steps + 1 }, (_, step) =>
      layerMapAt(scene, index, (2 * step) / steps - 1),
    );
    for (const corner of [
      { x: 0, y: 0 },
      { x: far, y: 0 },
      { x: 0, y: far },
      { x: far, y: far },
    ]) {
      const path = maps.map((map) => applyMap(map, corner));
      let length = 0;
      for (let step = 1; step <= steps; step++) {
        length += Math.hypot(path[step]!.x - path[step - 1]!.x, path[step]!.y - path[step - 1]!.y);
      }
      longest = Math.max(longest, length);
    }
  }
  return longest;
}

/**
 * What is in view at a time in [-1, 1]: `sizePixels * sizePixels * 3` values. Nearer layers hide farther
 * ones.
 */
export function renderScene(scene: LayeredScene, time: number): Float32Array {
  const { sizePixels } = scene;
  const picture = new Float32Array(sizePixels * sizePixels * 3);
  for (let index = 0; index < scene.layers.length; index++) {
    coverWithLayer(picture, scene, scene.layers[index]!, invertMap(layerMapAt(scene, index, time)));
  }
  return picture;
}

/** Bilinear samples of the layer over what is there; the grid's outermost pixels continue beyond it. */
function coverWithLayer(
  picture: Float32Array,
  { sizePixels, marginPixels }: LayeredScene,
  { premultiplied }: Layer,
  layerFromPicture: AffineMap,
): void {
  const { m00, m01, m10, m11, offsetX, offsetY } = layerFromPicture;
  const gridSize = sizePixels + 2 * marginPixels;
  const last = gridSize - 1.001;
  for (let y = 0, target = 0; y < sizePixels; y++) {
    for (let x = 0; x < sizePixels; x++, target += 3) {
      const gridX = Math.min(Math.max(m00 * x + m01 * y + offsetX + marginPixels, 0), last);
      const gridY = Math.min(Math.max(m10 * x + m11 * y + offsetY + marginPixels, 0), last);
      const column = gridX | 0;
      const row = gridY | 0;
      const right = gridX - column;
      const lower = gridY - row;
      const a = (row * gridSize + column) * 4;
      const b = a + gridSize * 4;
      const weightA = (1 - right) * (1 - lower);
      const weightB = right * (1 - lower);
      const weightC = (1 - right) * lower;
      const weightD = right * lower;
      const coverage =
        premultiplied[a + 3]! * weightA +
        premultiplied[a + 7]! * weightB +
        premultiplied[b + 3]! * weightC +
        premultiplied[b + 7]! * weightD;
      if (coverage === 0) continue;
      for (let channel = 0; channel < 3; channel++) {
        const value =
          premultiplied[a + channel]! * weightA +
          premultiplied[a + channel + 4]! * weightB +
          premultiplied[b + channel]! * weightC +
          premultiplied[b + channel + 4]! * weightD;
        picture[target + channel] = picture[target + channel]! * (1 - coverage) + value;
      }
    }
  }
}

/**
 * For each pixel of the middle frame, the index of the layer seen there: the nearest that covers it by half
 * or more.
 */
export function visibleLayers({ sizePixels, marginPixels, layers }: LayeredScene): Uint8Array {
  const gridSize = sizePixels + 2 * marginPixels;
  const visible = new Uint8Array(sizePixels * sizePixels);
  for (const [index, { premultiplied }] of layers.entries()) {
    for (let y = 0, pixel = 0; y < sizePixels; y++) {
      let coverage = ((y + marginPixels) * gridSize + marginPixels) * 4 + 3;
      for (let x = 0; x < sizePixels; x++, pixel++, coverage += 4) {
        if (premultiplied[coverage]! >= 0.5) visible[pixel] = index;
      }
    }
  }
  return visible;
}

/**
 * Optical flow from the middle frame to the frame at a time: for each pixel of the middle frame, how far the
 * point seen there has moved. `sizePixels * sizePixels * 2` values (dx, dy) in pixels. The point may by then
 * be hidden, or out of view.
 *
 * @param visible see `visibleLayers`.
 */
export function flowAt(scene: LayeredScene, visible: Uint8Array, time: number): Float32Array {
  const { sizePixels, layers } = scene;
  const maps = layers.map((_, index) => layerMapAt(scene, index, time));
  const flow = new Float32Array(sizePixels * sizePixels * 2);
  for (let y = 0, pixel = 0; y < sizePixels; y++) {
    for (let x = 0; x < sizePixels; x++, pixel++) {
      const { m00, m01, m10, m11, offsetX, offsetY } = maps[visible[pixel]!]!;
      flow[2 * pixel] = m00 * x + m01 * y + offsetX - x;
      flow[2 * pixel + 1] = m10 * x + m11 * y + offsetY - y;
    }
  }
  return flow;
}
