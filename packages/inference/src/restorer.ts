import type { FrameExtractionConfig, BlurToVideoConfig } from '@unblur/core-model';
import { restoreAnySize, type RestoreProgress } from './any-size-restoration.js';
import { selectFrames } from './frame-selection.js';
import { restoreWithMirrorImage } from './mirror-averaging.js';
import { openNetworkSession, type NetworkSession } from './network-session.js';
import { expectNetworkOptions } from './network-options.js';
import { readFrameNetwork } from './network-weights.js';
import { expectRgbImage, type RestoredSequence, type RgbImage } from './raster.js';
import { tileOverlapPixels } from './tiling.js';

export interface RestorerOptions {
  /** The bytes of a `.safetensors` file of a blur-to-video network, or of the baseline of Jin et al. */
  weights: Uint8Array;
  /** Processor threads to use. Default: all cores. */
  threads?: number;
  /**
   * A photograph for which the network would need more memory than this is restored in tiles. A fixed number and not what happens
   * to be free, so that the same photograph gives the same bytes. The restored frames themselves come on top. Default 3 GiB.
   */
  memoryBudgetBytes?: number;
  /** How many of the network's frames to restore, evenly spaced. Default: all. */
  frames?: number;
  /**
   * Restores every photograph together with its mirror image and gives the mean: up to 0.1 dB better with the bundled weights, in twice the time. Default false.
   */
  mirrored?: boolean;
}

export interface Restorer {
  readonly config: BlurToVideoConfig | FrameExtractionConfig;
  /** Which of the network's frames are restored. */
  readonly frameIndices: readonly number[];
  /** Restores one photograph of any size; calls wait for each other. The same photograph gives the same values. */
  restore(photo: RgbImage, progress?: RestoreProgress): Promise<RestoredSequence>;
  /** Frees the network's memory. */
  release(): Promise<void>;
}

/**
 * What ONNX Runtime needs of memory, as a multiple of what the layers' outputs add up to. Its peak was 1.6 to 2.4 (`small` and `base`, 512
 * to 1024 pixels): it frees outputs early, but joined features are copies and its arena grows in large steps.
 */
const MEMORY_PER_ACTIVATION = 2.4;

const defaultMemoryBudgetBytes = 3 * 1024 ** 3;
/** Photographs of as many sizes in turn are restored without tracing anew. Each session holds the weights once more. */
const maximumSessions = 3;

/**
 * Makes a restorer from weights. The network is traced for each image size it meets and runs on ONNX Runtime.
 *
 * Of a photograph above the memory budget, every tile is restored by itself. The network's spatial transformers pool over all that
 * they see, so a tile's global motion is its own, where the whole photograph's would be one: results differ slightly from an
 * untiled restoration, and overlaps are feathered so that no seam shows.
 *
 * @throws UnblurError when an option makes no sense, the weights do not hold together or the number of frames cannot be had from them.
 */
export async function createRestorer({ weights, threads, memoryBudgetBytes = defaultMemoryBudgetBytes, frames, mirrored = false }: RestorerOptions): Promise<Restorer> {
  expectNetworkOptions({ weights, threads, memoryBudgetBytes });
  const network = readFrameNetwork(weights);
  const { config, multiple, activationBytesPerPixel } = network;
  const frameIndices = selectFrames(config.frames, frames ?? config.frames);
  const limits = { multiple, overlapPixels: tileOverlapPixels, maximumPixels: Math.floor(memoryBudgetBytes / (MEMORY_PER_ACTIVATION * activationBytesPerPixel)) };
  const sessions = new Map<string, NetworkSession>();

  /** The session for a size, the least recently used one making room. */
  async function sessionFor(width: number, height: number): Promise<NetworkSession> {
    const key = `${width}x${height}`;
    let session = sessions.get(key);
    sessions.delete(key);
    const oldest = sessions.entries().next().value;
    if (oldest && sessions.size === maximumSessions) {
      sessions.delete(oldest[0]);
      await oldest[1].release();
    }
    session ??= await openNetworkSession(network, frameIndices, width, height, threads);
    sessions.set(key, session);
    return session;
  }

  async function restoreTile(tile: RgbImage): Promise<RestoredSequence> {
    const session = await sessionFor(tile.width, tile.height);
    return mirrored ? restoreWithMirrorImage(tile, (image) => session.restore(image)) : session.restore(tile);
  }

  let previous: Promise<unknown> = Promise.resolve();
  function afterPrevious<T>(work: () => Promise<T>): Promise<T> {
    const result = previous.then(work);
    previous = result.catch(() => undefined);
    return result;
  }

  return {
    config,
    frameIndices,
    restore: (photo, progress) =>
      afterPrevious(() => {
        expectRgbImage(photo);
        return restoreAnySize(photo, limits, restoreTile, progress);
      }),
    release: () =>
      afterPrevious(async () => {
        for (const session of sessions.values()) await session.release();
        sessions.clear();
      }),
  };
}
