import { photoFamily, photoMultiple, type SafetensorsBytes } from '@unblur/core-model';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { expectFinite } from '../display-range.js';
import { photoMemoryBytesPerPixel } from '../photo/photo-frame-network.js';
import { photoWork } from '../photo/photo-work.js';
import { averageWithMirrorImage } from './video-mirror-averaging.js';
import type { VideoNetwork } from './video-network.js';

/**
 * The photo network on video: every frame by itself, as the middle frame of a photograph, but uncorrected.
 * What it finds out about the other moments of an exposure is not computed.
 *
 * @throws when the weights are invalid.
 */
export function readFrameByFrame(weights: SafetensorsBytes, mirrored: boolean): VideoNetwork {
  const { config, ...read } = photoFamily.readWeights(weights);
  const network = photoFamily.declare(config);
  const byItself: VideoNetwork = {
    config,
    multiple: photoMultiple,
    passes: 1,
    multiplyAddsPerPixel: photoWork(network).analysis,
    reach: 0,
    computedBytesPerPixel: photoMemoryBytesPerPixel(config),
    keptBytesPerPixel: 0,
    async open(width, height, engine) {
      const restoring = await engine.open({
        compute: ({ frame }, weightTensors) => ({
          image: network.analyze(frame as Tensor4D, weightTensors).middle,
        }),
        inputShapes: { frame: [1, height, width, 3] },
        weights: read,
        reusesOutputs: true,
      });
      return {
        startPass: () => ({
          restart: () => undefined,
          push: async (frame) => expectFinite((await restoring.run({ frame }))['image']!),
        }),
        release: () => restoring.release(),
      };
    },
  };
  return mirrored ? averageWithMirrorImage(byItself) : byItself;
}
