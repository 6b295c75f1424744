import type { PhotoNetwork } from '@unblur/core-model';
import { multiplyAddsPerPixel } from '../layer-work.js';

/** What the photo network computes, in multiply-adds per pixel. */
export interface PhotoWork {
  /** Once for a photograph. */
  analysis: number;
  /** For each frame but the middle one. */
  frame: number;
}

export function photoWork({ costs }: Pick<PhotoNetwork, 'costs'>): PhotoWork {
  return {
    analysis: multiplyAddsPerPixel(costs.filter(({ name }) => !isRenderingLayer(name))),
    frame: multiplyAddsPerPixel(costs.filter(({ name }) => isRenderingLayer(name))),
  };
}

/** Whether a layer works on every frame, and not once on the photograph. */
export function isRenderingLayer(name: string): boolean {
  return name.startsWith('frame.') && name !== 'frame.feature';
}
