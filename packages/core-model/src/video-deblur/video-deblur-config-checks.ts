import { isMapping } from '@unblur/files/parsed-value';
import { coarsestLevel } from '../parts/encoder-decoder.js';
import {
  maxChannels,
  maxLayers,
  maxMultiple,
  expectBoolean,
  expectDilatedLayers,
  expectField,
  expectMapping,
  expectWholeNumber,
  expectWholeNumbers,
  isListOf,
  isWithin,
} from '../weights/config-checks.js';
import {
  coarsestMultiple,
  flowMultiple,
  isMiddleFrameReconstruction,
  videoDeblurPresets,
} from './video-deblur-config.js';
import type {
  FlowConfig,
  MiddleFrameReconstructionConfig,
  ReconstructionConfig,
  VideoDeblurConfig,
} from './video-deblur-config.js';

/**
 * Far above what makes sense: every size doubles what frames must be a multiple of, every iteration lengthens
 * the graph.
 */
const maxScales = 4;
const maxPyramidLevels = 8;
const maxSearchRadiusPixels = 8;
const maxIterations = 16;
/** Over all levels. */
const maxAlignmentIterations = 32;
const maxExposureTimes = 32;
/** Frames that are warped to be averaged, over all iterations. */
const maxExposedFrames = 64;

/** `small` has every field there is, but for those of the published reconstruction, which `paper` has. */
const { small, paper } = videoDeblurPresets;

const areWidths = (values: unknown): boolean =>
  isListOf(values, [1, maxLayers], (value) => isWithin(value, [1, maxChannels]));

/** @throws with the field, what it may be and what it was. */
export function validateVideoDeblurConfig(config: VideoDeblurConfig): void {
  expectMapping(config, '', Object.keys(small));
  const { flow, reconstruction, sharpnessPrior, scaleFusion, stages } = config;
  expectMapping(reconstruction, 'reconstruction');
  const isMiddleFrame = isMiddleFrameReconstruction(reconstruction);
  expectMapping(
    reconstruction,
    'reconstruction',
    Object.keys((isMiddleFrame ? small : paper).reconstruction),
  );
  if (isMiddleFrame) validateMiddleFrameReconstruction(reconstruction);
  else validatePublishedReconstruction(reconstruction);
  validateFlow(flow, Math.log2(coarsestMultiple(reconstruction)));
  expectField(
    ['root', 'squared', 'none'].includes(sharpnessPrior),
    'sharpnessPrior',
    "'root', 'squared' or 'none'",
    sharpnessPrior,
  );
  const fusionFits =
    !scaleFusion ||
    (isMiddleFrame &&
      isMapping(scaleFusion) &&
      isWithin(scaleFusion.scales, [2, maxScales]) &&
      areWidths(scaleFusion.channels));
  expectField(
    fusionFits,
    'scaleFusion',
    `null, or { scales (2 to ${maxScales}), channels } (where the reconstruction has a middle decoder)`,
    scaleFusion,
  );
  if (scaleFusion) expectMapping(scaleFusion, 'scaleFusion', ['scales', 'channels']);
  expectField(stages === 1 || stages === 2, 'stages', '1 or 2', stages);
}

function validateFlow(flow: FlowConfig, coarsestFrameLevel: number): void {
  expectMapping(flow, 'flow', Object.keys(small.flow));
  const {
    inputLevel,
    pyramidChannels,
    pyramidConvolutions,
    finestLevel,
    searchRadiusPixels,
    normalizedFeatures,
    denseChannels,
    refiner,
    alignment,
  } = flow;
  const isFrameLevel = (level: unknown) => isWithin(level, [0, coarsestFrameLevel]);
  expectWholeNumbers(pyramidChannels, 'flow.pyramidChannels', [2, maxPyramidLevels], [1, maxChannels]);
  expectWholeNumber(pyramidConvolutions, 'flow.pyramidConvolutions', [1, maxLayers]);
  expectField(
    isWithin(finestLevel, [1, pyramidChannels.length]),
    'flow.finestLevel',
    `a level from 1 to ${pyramidChannels.length}`,
    finestLevel,
  );
  expectWholeNumber(searchRadiusPixels, 'flow.searchRadiusPixels', [1, maxSearchRadiusPixels]);
  expectBoolean(normalizedFeatures, 'flow.normalizedFeatures');
  expectWholeNumbers(denseChannels, 'flow.denseChannels', [1, maxLayers], [1, maxChannels]);
  expectDilatedLayers(refiner, 'flow.refiner');
  expectField(
    inputLevel === undefined || isFrameLevel(inputLevel),
    'flow.inputLevel',
    `nothing, or a level from 0 to ${coarsestFrameLevel}`,
    inputLevel,
  );
  const alignmentFits =
    alignment === undefined ||
    isListOf(
      alignment,
      [0, maxLayers],
      (step) =>
        isMapping(step) && isFrameLevel(step['level']) && isWithin(step['iterations'], [1, maxIterations]),
    );
  expectField(
    alignmentFits,
    'flow.alignment',
    `nothing, or a list of { level (0 to ${coarsestFrameLevel}), iterations (1 to ${maxIterations}) }`,
    alignment,
  );
  const iterations = (alignment ?? []).reduce((sum, step) => sum + step.iterations, 0);
  expectField(
    iterations <= maxAlignmentIterations,
    'flow.alignment',
    `at most ${maxAlignmentIterations} iterations in all`,
    iterations,
  );
  expectField(
    flowMultiple(flow) <= maxMultiple,
    'flow',
    `an inputLevel and pyramidChannels for which frames are multiples of at most ${maxMultiple}`,
    flowMultiple(flow),
  );
}

function validateMiddleFrameReconstruction({
  encoderChannels,
  middleDecoder,
  refiner,
  exposureRefiner,
}: MiddleFrameReconstructionConfig): void {
  expectWholeNumbers(
    encoderChannels,
    'reconstruction.encoderChannels',
    [coarsestLevel, coarsestLevel],
    [1, maxChannels],
  );
  expectMapping(middleDecoder, 'reconstruction.middleDecoder', ['upscaledChannels', 'denseChannels']);
  const { upscaledChannels, denseChannels } = middleDecoder;
  const byLevel = (values: unknown, fits: (value: unknown, level: number) => boolean) =>
    Array.isArray(values) &&
    values.length === coarsestLevel &&
    values.every((value, level) => level === 0 || fits(value, level));
  expectField(
    byLevel(upscaledChannels, (value) => isWithin(value, [1, maxChannels])),
    'reconstruction.middleDecoder.upscaledChannels',
    `${coarsestLevel} widths from 1 to ${maxChannels}`,
    upscaledChannels,
  );
  expectField(
    byLevel(denseChannels, areWidths),
    'reconstruction.middleDecoder.denseChannels',
    `${coarsestLevel} lists of 1 to ${maxLayers} widths from 1 to ${maxChannels}`,
    denseChannels,
  );
  expectDilatedLayers(refiner, 'reconstruction.refiner');
  const refinerFits = (value: unknown) =>
    isMapping(value) &&
    isWithin(value['iterations'], [1, maxIterations]) &&
    isWithin(value['times'], [2, maxExposureTimes]) &&
    (value['times'] as number) % 2 === 0 &&
    (value['times'] as number) * (value['iterations'] as number) <= maxExposedFrames &&
    areWidths(value['channels']);
  expectField(
    !exposureRefiner || refinerFits(exposureRefiner),
    'reconstruction.exposureRefiner',
    `null, or { iterations (1 to ${maxIterations}), times (even, at most ${maxExposureTimes}), channels }, of at most ${maxExposedFrames} times in all iterations`,
    exposureRefiner,
  );
  if (exposureRefiner) {
    expectMapping(exposureRefiner, 'reconstruction.exposureRefiner', ['iterations', 'times', 'channels']);
  }
}

function validatePublishedReconstruction({
  kernelSize,
  channels,
  residualBlocks,
  finestLevel,
  residualImage,
}: ReconstructionConfig): void {
  expectField(kernelSize === 3 || kernelSize === 5, 'reconstruction.kernelSize', '3 or 5', kernelSize);
  expectWholeNumbers(channels, 'reconstruction.channels', [3, 3], [1, maxChannels]);
  expectWholeNumbers(residualBlocks, 'reconstruction.residualBlocks', [3, 3], [1, maxLayers]);
  expectField(finestLevel === 0 || finestLevel === 1, 'reconstruction.finestLevel', '0 or 1', finestLevel);
  expectBoolean(residualImage, 'reconstruction.residualImage');
}
