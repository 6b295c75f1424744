import type { LayerCost } from './layers.js';

export interface LevelSummary {
  /** 1/2^level of the image; `null`: layers whose size does not depend on the image. */
  level: number | null;
  layers: number;
  parameters: number;
  multiplyAdds: number;
  /** float32 outputs of the level's layers, all kept at once as in training. */
  activationBytes: number;
}

export interface Summary {
  parameters: number;
  multiplyAdds: number;
  activationBytes: number;
  levels: LevelSummary[];
}

/**
 * Parameters, multiply-adds and memory of a network on an image of a size, in all and per level, for one
 * image. Counts every layer with weights once: of the photo network, what `analyze` takes and one `renderAt`.
 * Warps and resizes are small beside them.
 *
 * @param costs of any declared network.
 * @example
 * photoFamily.summarize(photoPreset, { height: 256, width: 256 }).parameters
 */
export function summarize(
  { costs }: { costs: readonly LayerCost[] },
  { height, width }: { height: number; width: number },
): Summary {
  const levels = new Map<number | null, LevelSummary>();
  for (const { level, parameters, multiplyAddsPerOutputPixel, outputChannels } of costs) {
    const outputPixels = level === null ? 1 : Math.ceil(height / 2 ** level) * Math.ceil(width / 2 ** level);
    const sum = levels.get(level) ?? { level, layers: 0, parameters: 0, multiplyAdds: 0, activationBytes: 0 };
    levels.set(level, {
      level,
      layers: sum.layers + 1,
      parameters: sum.parameters + parameters,
      multiplyAdds: sum.multiplyAdds + multiplyAddsPerOutputPixel * outputPixels,
      activationBytes: sum.activationBytes + 4 * outputChannels * outputPixels,
    });
  }
  const byLevel = [...levels.values()].sort((a, b) => (a.level ?? Infinity) - (b.level ?? Infinity));
  const total = (field: 'parameters' | 'multiplyAdds' | 'activationBytes') =>
    byLevel.reduce((sum, level) => sum + level[field], 0);
  return {
    parameters: total('parameters'),
    multiplyAdds: total('multiplyAdds'),
    activationBytes: total('activationBytes'),
    levels: byLevel,
  };
}
