import { mirrorRows } from '../mirroring.js';
import { RecentFrames } from './recent-frames.js';
import type { VideoNetwork, VideoPass } from './video-network.js';

/**
 * A network whose restored frames are the mean of what it makes of frames and of their mirror images
 * (self-ensemble, Timofte et al. 2016, "Seven ways to improve example-based single image super resolution").
 * Each pass sees a mirrored sequence of its own.
 */
export function averageWithMirrorImage(network: VideoNetwork): VideoNetwork {
  const mirroredFrames = Math.max(2, 2 * network.reach + 1);
  return {
    ...network,
    keptBytesPerPixel: 2 * network.keptBytesPerPixel + (mirroredFrames + 2) * 3 * 4,
    async open(width, height, engine) {
      const opened = await network.open(width, height, engine);
      return {
        ...opened,
        startPass: () => new MirrorAveragingPass(() => opened.startPass(), mirroredFrames, width, height),
      };
    },
  };
}

class MirrorAveragingPass implements VideoPass {
  readonly #width: number;
  readonly #asSeen: VideoPass;
  readonly #ofMirrorImage: VideoPass;
  readonly #mirrored: RecentFrames<Float32Array>;
  readonly #mean: Float32Array;
  readonly #mirroredBack: Float32Array;
  #newest: Float32Array | undefined;

  constructor(startPass: () => VideoPass, mirroredFrames: number, width: number, height: number) {
    this.#width = width;
    this.#asSeen = startPass();
    this.#ofMirrorImage = startPass();
    const image = () => new Float32Array(height * width * 3);
    this.#mirrored = new RecentFrames(mirroredFrames, image);
    [this.#mean, this.#mirroredBack] = [image(), image()];
  }

  restart(): void {
    this.#asSeen.restart();
    this.#ofMirrorImage.restart();
    this.#mirrored.restart();
    this.#newest = undefined;
  }

  async push(frame: Float32Array): Promise<Float32Array | undefined> {
    const mirrored =
      frame === this.#newest
        ? this.#mirrored.repeat()
        : mirrorRows(frame, this.#width, 3, this.#mirrored.add());
    this.#newest = frame;
    const seen = await this.#asSeen.push(frame);
    // What one pass gives may lie where the next one's result will.
    if (seen) this.#mean.set(seen);
    const other = await this.#ofMirrorImage.push(mirrored);
    return other && averageWithMirrored(this.#mean, other, this.#width, this.#mirroredBack);
  }
}

/**
 * The mean of an image and another that is mirrored, in place of the first.
 *
 * @param scratch where the other is mirrored back.
 */
export function averageWithMirrored(
  image: Float32Array,
  mirrored: Float32Array,
  width: number,
  scratch: Float32Array,
): Float32Array {
  mirrorRows(mirrored, width, 3, scratch);
  for (let i = 0; i < image.length; i++) image[i] = (image[i]! + scratch[i]!) / 2;
  return image;
}
