import { blurToVideoPresets } from './config.js';
import type { BlurToVideoConfig } from './config.js';

const WIDTH = 2;

/** A preset with all its switches and depths but the fusion of scales, which doubles what sizes must be multiples of, at widths that the `cpu` backend runs in a moment. */
export function narrowed(preset: keyof typeof blurToVideoPresets, changes: Partial<BlurToVideoConfig> = {}): BlurToVideoConfig {
  const config = blurToVideoPresets[preset];
  const decoder = ({ upscaledChannels, denseChannels }: BlurToVideoConfig['middleDecoder']) => ({
    upscaledChannels: upscaledChannels.map(() => WIDTH),
    denseChannels: denseChannels.map((widths) => widths.map(() => WIDTH)),
  });
  return {
    ...config,
    frames: 3,
    encoderChannels: config.encoderChannels.map(() => WIDTH),
    middleDecoder: decoder(config.middleDecoder),
    frameDecoder: decoder(config.frameDecoder),
    motionDecoder: config.motionDecoder && decoder(config.motionDecoder),
    reblurRefiner: config.reblurRefiner && { ...config.reblurRefiner, times: 4, channels: config.reblurRefiner.channels.map(() => WIDTH) },
    frameConfidence: config.frameConfidence && { channels: [WIDTH, WIDTH, WIDTH] },
    scaleFusion: null,
    refiner: config.refiner.map(({ dilation }) => ({ channels: WIDTH, dilation })),
    ...changes,
  };
}
