import { expectOwnAddress } from './own-address.js';

/**
 * The weights of the video-deblurring network that come with this package: a file of that name, with its
 * model card beside it.
 */
export const defaultVideoWeights = {
  name: 'video-small',
  get url(): URL {
    expectOwnAddress('files/video-small.safetensors', import.meta.url);
    return new URL('../files/video-small.safetensors', import.meta.url);
  },
} as const;
