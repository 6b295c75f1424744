import { excerptOf, excerptOfValue, parseMapping } from '@unblur/files/parsed-value';
import type { WeightValues } from './initial-weights.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import type { SafetensorsBytes } from './safetensors.js';

/** The least and the greatest of some values. */
export type ValueRange = [least: number, greatest: number];

/**
 * Between which values lies what each convolution of a network is given, and what it gives before its
 * activation, by the layer's name: found on pictures, so that it can be computed in 8-bit integers.
 */
export type LayerRanges = Record<string, { input: ValueRange; output: ValueRange }>;

/** The entry of a weights file's header that holds the ranges as JSON, four numbers a layer. */
const rangesKey = 'unblur.ranges';

/** The weight that a convolution of this name has as its filter. */
export const filterOf = (layer: string): string => `${layer}.kernel`;

/** A weights file with ranges in its header, in place of those that it had. @throws where it is no such file. */
export function withLayerRanges(bytes: SafetensorsBytes, ranges: LayerRanges): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes);
  const rows = Object.entries(ranges).map(([layer, { input, output }]) => [layer, [...input, ...output]]);
  return writeSafetensors({
    tensors,
    metadata: { ...metadata, [rangesKey]: JSON.stringify(Object.fromEntries(rows)) },
  });
}

/** Whether a weights file has ranges in its header. @throws where it is no such file. */
export function isCalibrated(bytes: SafetensorsBytes): boolean {
  return Object.hasOwn(readSafetensors(bytes).metadata, rangesKey);
}

/**
 * Splits the ranges from the other entries of a weights file's header.
 *
 * @throws where they are none of these weights'.
 */
export function takeLayerRanges(
  { [rangesKey]: json, ...metadata }: Record<string, string>,
  weights: WeightValues,
): { ranges?: LayerRanges; metadata: Record<string, string> } {
  if (json === undefined) return { metadata };
  const rows = parseMapping(json);
  if (!rows) {
    throw new Error(
      `Expected the ranges of layers as a JSON mapping in the header's '${rangesKey}' but received something else: the file is damaged.`,
    );
  }
  const ranges = Object.entries(rows).map(([layer, row]) => {
    const isLayer = Object.hasOwn(weights, filterOf(layer)) && weights[filterOf(layer)]!.shape.length === 4;
    if (!isLayer || !isRow(row)) {
      throw new Error(
        `Expected a convolution of the network and two ranges, each from least to greatest, in the header's '${rangesKey}' but received '${excerptOf(layer)}': ${excerptOfValue(row)}; calibrate these weights anew.`,
      );
    }
    const [inputLeast, inputGreatest, outputLeast, outputGreatest] = row;
    return [
      layer,
      { input: [inputLeast, inputGreatest], output: [outputLeast, outputGreatest] } as LayerRanges[string],
    ] as const;
  });
  return { ranges: Object.fromEntries(ranges), metadata };
}

function isRow(row: unknown): row is [number, number, number, number] {
  return (
    Array.isArray(row) &&
    row.length === 4 &&
    row.every((value) => Number.isFinite(Math.fround(value as number)) && typeof value === 'number') &&
    row[0] <= row[1] &&
    row[2] <= row[3]
  );
}
