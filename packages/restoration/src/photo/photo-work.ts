import type { PhotoNetwork } from '@unblur/core-model';
import { multiplyAddsPerPixel } from '../layer-work.js';

/**
 * What the photo network computes, in multiply-adds per pixel: once for a photograph, and for each frame but
 * the middle one.
 */
export function photoWork({ costs }: Pick<PhotoNetwork, 'costs'>): { analysis: number; frame: number } {
  return {
    analysis: multiplyAddsPerPixel(costs.filter(({ name }) => !isRenderingLayer(name))),
    frame: multiplyAddsPerPixel(costs.filter(({ name }) => isRenderingLayer(name))),
  };
}

/** Whether a layer works on every frame, and not once on the photograph. */
export function isRenderingLayer(name: string): boolean {
  return name.startsWith('frame.') && name !== 'frame.feature';
}
