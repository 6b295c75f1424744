import { isMiddleFrameReconstruction, videoDeblurPresets } from './video-deblur-config.js';
import type { VideoDeblurConfig } from './video-deblur-config.js';

const narrowedMiddleFrame = {
  encoderChannels: [3, 3, 4, 4, 4],
  middleDecoder: { upscaledChannels: [0, 2, 2, 2, 2], denseChannels: [[], [3, 3], [3], [3], [3]] },
  refiner: [{ channels: 3, dilation: 1 }],
  exposureRefiner: { iterations: 2, times: 2, channels: [3] },
};

/**
 * A preset with all its switches but the fusion of scales, which doubles what sizes must be multiples of, two
 * flow levels less, one step of alignment and widths that the `cpu` backend runs in a moment.
 */
export function narrowedVideo(
  preset: keyof typeof videoDeblurPresets,
  changes: Partial<VideoDeblurConfig> = {},
): VideoDeblurConfig {
  const { flow, reconstruction, sharpnessPrior, stages } = videoDeblurPresets[preset];
  return {
    sharpnessPrior,
    scaleFusion: null,
    stages,
    flow: {
      ...flow,
      pyramidChannels: [3, 4, 5, 6],
      pyramidConvolutions: 1,
      searchRadiusPixels: 2,
      denseChannels: [4, 3],
      refiner: [{ channels: 4, dilation: 1 }],
      ...(flow.alignment && { alignment: [{ level: 1, iterations: 1 }] }),
    },
    reconstruction: isMiddleFrameReconstruction(reconstruction)
      ? narrowedMiddleFrame
      : { ...reconstruction, channels: [3, 4, 5], residualBlocks: [1, 1, 1] },
    ...changes,
  };
}
