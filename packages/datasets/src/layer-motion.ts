import type { Random } from './random.js';
import type { PixelPosition } from './sphere.js';

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
