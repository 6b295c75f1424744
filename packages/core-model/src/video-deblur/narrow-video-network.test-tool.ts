import { videoDeblurPresets } from './config.js';
import type { VideoDeblurConfig } from './config.js';

/** A preset with all its switches, two flow levels less and widths that the `cpu` backend runs in a moment. */
export function narrowedVideo(preset: keyof typeof videoDeblurPresets, changes: Partial<VideoDeblurConfig> = {}): VideoDeblurConfig {
  const { flow, reconstruction, ...rest } = videoDeblurPresets[preset];
  return {
    ...rest,
    flow: { ...flow, pyramidChannels: [3, 4, 5, 6], pyramidConvolutions: 1, searchRadiusPixels: 2, denseChannels: [4, 3], refiner: [{ channels: 4, dilation: 1 }] },
    reconstruction: { ...reconstruction, channels: [3, 4, 5], residualBlocks: [1, 1, 1] },
    ...changes,
  };
}
