import { UnblurError } from '@unblur/files/file-error';
import { describeType, excerptOfValue } from '@unblur/files/parsed-value';
import type { RgbImage } from '@unblur/metrics';
import type { MotionField } from './motion-field.js';

export type { RgbImage };

/**
 * What values may be: in [0, 1], with room for what resampling overshoots and for highlights beyond white,
 * yet not for 8-bit levels.
 */
const isPlausible = (value: number) => value >= -1 && value <= 2;

const toUnitRange = 'divide 8-bit values by 255, 16-bit ones by 65535';

/**
 * @param name what messages call it.
 * @throws UnblurError that says what was expected and what was received, if it is not an image or its values
 * are out of range.
 */
export function expectRgbImage(image: RgbImage, name = 'the image'): void {
  const received: unknown = image;
  if (typeof received !== 'object' || received === null || !('data' in received)) {
    throw new UnblurError(
      `Expected an image as { width, height, data }, such as loadPhoto gives, but received ${describeType(received)}`,
    );
  }
  const { width, height, data } = image;
  if (![width, height].every((side) => Number.isInteger(side) && side > 0)) {
    throw new UnblurError(
      `Expected an image with sides of whole numbers of pixels but received ${excerptOfValue(width)}x${excerptOfValue(height)}`,
    );
  }
  if (!(data instanceof Float32Array)) {
    throw new UnblurError(
      `Expected the data of an image as a Float32Array of values in [0, 1] but received ${describeType(data)}; ${ArrayBuffer.isView(data) ? toUnitRange : 'make it one with Float32Array.from'}`,
    );
  }
  if (data.length !== width * height * 3) {
    throw new UnblurError(
      `Expected ${width}x${height}x3 = ${width * height * 3} RGB values in an image but received ${data.length}`,
    );
  }
  const wrong = firstImplausible(data);
  if (wrong >= 0) {
    const value = data[wrong]!;
    const pixel = Math.floor(wrong / 3);
    throw new UnblurError(
      `Expected the values of ${name} (${width}x${height}) in [0, 1] but received ${Number(value.toPrecision(6))} in column ${pixel % width}, row ${Math.floor(pixel / width)}; ${Number.isFinite(value) ? toUnitRange : 'check how it was computed'}`,
    );
  }
}

/**
 * @param wanted what is gone through one after the other, and what gives it.
 * @throws UnblurError when it is nothing of the kind, such as one image by itself.
 */
export function expectStream(items: Iterable<unknown> | AsyncIterable<unknown>, wanted: string): void {
  const received: unknown = items;
  if (typeof received === 'object' && received !== null) {
    if (Symbol.iterator in received || Symbol.asyncIterator in received) return;
  }
  throw new UnblurError(
    `Expected ${wanted}, but received ${received instanceof Object && 'data' in received ? 'one image by itself' : describeType(received)}`,
  );
}

/** The index of the first value that cannot be meant, or -1. */
function firstImplausible(data: Float32Array): number {
  // Three at a time, which takes two thirds of the time that one at a time takes.
  let start = 0;
  while (start < data.length) {
    if (!(isPlausible(data[start]!) && isPlausible(data[start + 1]!) && isPlausible(data[start + 2]!))) break;
    start += 3;
  }
  return start < data.length ? data.subarray(start).findIndex((value) => !isPlausible(value)) + start : -1;
}

/** An image in 16-bit integers, as large images are assembled: in half the memory of numbers from 0 to 1. */
export interface DeepImage {
  width: number;
  height: number;
  /** 16-bit RGB, from 0 to 65535. */
  data: Uint16Array;
}

/** An image in numbers from 0 to 1; returned unchanged if it has them already. */
export function toFractions(image: RgbImage | DeepImage): RgbImage {
  const { width, height, data: values } = image;
  if (values instanceof Float32Array) return { width, height, data: values };
  // A loop, since `Float32Array.from` takes ten times as long.
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = values[i]! / 65535;
  return { width, height, data };
}

/** A size in the same proportions, its longer side at most `longestSidePixels`; nothing grows or vanishes. */
export function fitWithin(
  { width, height }: { width: number; height: number },
  longestSidePixels: number,
): { width: number; height: number } {
  const scale = Math.min(1, longestSidePixels / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The result of restoring a blurred image: N frames in time order, and where each lies relative to the middle
 * one.
 */
export interface RestoredSequence {
  frames: RgbImage[];
  motionsPixels: MotionField[];
}
