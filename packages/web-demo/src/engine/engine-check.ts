import type { EngineName } from './engine-names.js';

/** What an engine made of a small picture. */
export interface EngineSample {
  /** RGB values in [0, 1] of each. */
  frames: Float32Array[];
  /** From the picture's values to those of the frames, everything being compiled. */
  milliseconds: number;
}

/** What a network is run on here. */
export interface Verdict {
  engine: EngineName;
  /** Why not on WebGPU, for people: the end of a sentence that names the engine. */
  reason?: string;
  /** How often the graphics device was lost while it worked. */
  losses?: number;
}

/**
 * How far an engine's values may be from those of WebAssembly: two steps of an 8-bit picture in one place, an
 * eighth of one on average. Orders of summing differ by a hundredth of that.
 */
export const largestDifferences = { anywhere: 2 / 255, onAverage: 1 / 8 / 255 };

/** WebGPU must take at most this much of WebAssembly's time, which has never been lost. */
export const slowestFraction = 0.8;

/** How long WebGPU may be silent while it starts, compiles or computes one piece of work. */
export const mostSilentSeconds = 30;

/** After as many losses, a graphics device is not used any more. */
const mostLosses = 2;

/** Whether WebGPU computes what WebAssembly does, and faster. */
export function chooseEngine(graphics: EngineSample, processor: EngineSample): Verdict {
  let [largest, sum, count] = [0, 0, 0];
  processor.frames.forEach((frame, index) => {
    frame.forEach((value, place) => {
      // Not a number where a frame is missing or too short, and from there on.
      const difference = Math.abs(value - (graphics.frames[index]?.[place] ?? NaN));
      largest = Math.max(largest, difference);
      sum += difference;
    });
    count += frame.length;
  });
  const mean = sum / count;
  if (!(largest <= largestDifferences.anywhere && mean <= largestDifferences.onAverage)) {
    return { engine: 'wasm', reason: `WebGPU gives different pictures here${mean > 0 ? percent(mean) : ''}` };
  }
  if (graphics.milliseconds > slowestFraction * processor.milliseconds) {
    const [ours, theirs] = [processor.milliseconds, graphics.milliseconds].map((time) =>
      (time / 1000).toFixed(time < 1000 ? 2 : 1),
    );
    return {
      engine: 'wasm',
      reason: `WebGPU is no faster here (${theirs} s against ${ours} s for a small picture)`,
    };
  }
  return { engine: 'webgpu' };
}

const percent = (mean: number) => ` (off by ${(100 * mean).toFixed(mean < 0.1 ? 1 : 0)} % on average)`;

/** Why WebGPU need not be tried; undefined where it may be what is faster. */
export async function whyNoGraphics(): Promise<string | undefined> {
  const { gpu } = navigator as {
    gpu?: { requestAdapter(): Promise<{ info?: { isFallbackAdapter?: boolean } } | null> };
  };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return 'no WebGPU here';
  return adapter.info?.isFallbackAdapter ? 'WebGPU would run on the processor here' : undefined;
}

/** The verdict where WebGPU did not start; undefined where that says nothing of it. */
export function verdictAfterFailure({ name }: Error): Verdict | undefined {
  if (name === 'AbortError' || name === 'DownloadError') return undefined;
  return {
    engine: 'wasm',
    reason: name === 'SilenceError' ? 'WebGPU does not answer here' : 'WebGPU fails here',
  };
}

/** The verdict once a restoration on WebGPU has failed. */
export function verdictAfterLoss({ losses = 0 }: Verdict): Verdict {
  return losses + 1 < mostLosses
    ? { engine: 'webgpu', losses: losses + 1 }
    : { engine: 'wasm', reason: 'WebGPU failed twice here' };
}
