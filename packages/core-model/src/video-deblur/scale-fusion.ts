import { add, concat, mul, slice, sub } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerDeclarations, NamedTensors } from '../parts/layers.js';
import {
  halve,
  packPixels,
  packedImageChannels,
  packedLevel,
  unpackPixels,
  upsample,
} from '../parts/resolution.js';
import type { ScaleFusionConfig } from './video-deblur-config.js';

/** Brings corrections, a few hundredths, to the size of features. */
const correctionScale = 10;
/**
 * Untrained: the means of either scale count half, detail counts in full.
 */
const [coarseWeight, detailWeight] = [0.5, 1];

/** A frame made sharp at one scale. */
export interface SharpAtScale {
  /** `[B, h, w, 3]`, not clamped. */
  image: Tensor4D;
  /** What the image was made from, `[B, h/2, w/2, C]`. */
  features: Tensor4D;
}

export interface ScaleFusionInputs {
  /** `[B, H, W, 3]`, the frame as it was given. */
  centre: Tensor4D;
  /** What else tells where which scale is right, of packed pixels, `[B, H/2, W/2, n]`. */
  evidence: Tensor4D[];
  /** At the frame's own size, and at half of it; this may be merged from coarser scales in turn. */
  fine: SharpAtScale;
  coarse: SharpAtScale;
}

/**
 * Merges a frame that was made sharp at its own size and at half of it, by one network (ours, after the
 * scales of Tao et al. 2018). What is blurred by many pixels is found more easily at half the size, where it
 * is blurred by half as many; detail is found at the frame's own size only. The correction of the fine scale
 * is split into its 2x2 means and what they lack. Means of both scales, and that detail, are weighed at every
 * place; without training, the means of both scales count alike.
 *
 * @param sees channels of both scales' features, and of the evidence.
 * @returns a function to the merged frame `[B, H, W, 3]`, not clamped.
 */
export function declareScaleFusion(
  layers: LayerDeclarations,
  { channels }: Pick<ScaleFusionConfig, 'channels'>,
  sees: { featureChannels: number; evidenceChannels: number },
): (inputs: ScaleFusionInputs, weights: NamedTensors) => Tensor4D {
  const compare = layers.chain('fusion.conv', {
    from: 4 * (3 + 3) + 2 * (3 + sees.featureChannels) + sees.evidenceChannels,
    chain: channels,
    level: packedLevel,
  });
  const weigh = layers.head('fusion.shares', {
    from: channels.at(-1)!,
    to: 2 + 4,
    level: packedLevel,
  });
  const predictCorrection = layers.head('fusion.image', {
    from: channels.at(-1)!,
    to: packedImageChannels,
    level: packedLevel,
  });

  return ({ centre, evidence, fine, coarse }, weights) => {
    const found = sub<Tensor4D>(fine.image, centre);
    const [fineMeans, coarseMeans] = [halve(found), sub<Tensor4D>(coarse.image, halve(centre))];
    const detail = sub<Tensor4D>(found, upsample(fineMeans, 2));
    const corrections = [packPixels(found), fineMeans, coarseMeans].map((correction) =>
      mul<Tensor4D>(correction, correctionScale),
    );
    const seen = [
      packPixels(centre),
      ...corrections,
      fine.features,
      upsample(coarse.features, 2),
      ...evidence,
    ];
    const compared = compare(concat(seen, 3), weights);

    const fractions = weigh(compared, weights);
    const fraction = (first: number, count: number) =>
      slice(fractions, [0, 0, 0, first], [-1, -1, -1, count]);
    const means = add<Tensor4D>(
      mul(fineMeans, add(fraction(0, 1), 1 - coarseWeight)),
      mul(coarseMeans, add(fraction(1, 1), coarseWeight)),
    );
    const weighedDetail = mul<Tensor4D>(detail, unpackPixels(add<Tensor4D>(fraction(2, 4), detailWeight)));
    return add(
      add(centre, upsample(means, 2)),
      add(weighedDetail, unpackPixels(predictCorrection(compared, weights))),
    );
  };
}
