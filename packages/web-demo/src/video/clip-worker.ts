import { createVideoDeblurrer } from '@unblur/restoration';
import type { DownloadReport } from '../download/download.js';
import { computeEngine, withProcessorAtHand } from '../engine/compute-engine.js';
import {
  chooseEngine,
  mostSilentSeconds,
  verdictAfterFailure,
  type EngineSample,
  type Verdict,
} from '../engine/engine-check.js';
import { measureRate, startEngine, startWithWeights, streaksOfNoise, type Engine } from '../engine/engine.js';
import type { Picture } from '../picture.js';
import { answerCalls } from '../worker-calls.js';
import type { ClipFormatName } from './clip-formats.js';
import { framesOf, openClip, type ClipFacts, type OpenClip } from './clip-reading.js';
import { sharpenClip, type FramePair, type SharpenedClip } from './clip-sharpening.js';
import { workingSize, type NetworkCost } from './working-size.js';
import { openScratchFile } from './scratch-file.js';

export type ClipRequest =
  /** Whether a clip can be opened and its first frame decoded; nothing else changes. */
  | { kind: 'check'; file: File }
  /** What a clip is, and its first frame. It is the one that is worked on from now on. */
  | { kind: 'open'; file: File; longestSidePixels: number }
  /** Must come before sharpening, and once. */
  | { kind: 'start'; graphics: UseOfGraphics; weightsUrl: string; weightsBytes: number }
  | {
      kind: 'sharpen';
      width: number;
      height: number;
      format: ClipFormatName;
      /** Whether mirror images are averaged in. */
      mirrored: boolean;
      toSeconds?: number;
      owner: string;
      /** Of what was made before, the file that is still wanted. */
      keptFile?: string;
    };

/** Whether WebGPU is what computes; `try`: where it is right and faster. */
export type UseOfGraphics = 'use' | 'try' | 'leave';

export type ClipReport =
  | DownloadReport
  /** So many frames are written, up to a time of the clip. */
  | { kind: 'frame'; frames: number; seconds: number; secondsPerFrame: number; pair?: FramePair };

export interface ClipResults {
  check: undefined;
  open: { facts: ClipFacts; first: Picture };
  /** What the network is expected to take; and of WebGPU, where it was to be tried. */
  start: { cost: NetworkCost; verdict?: Verdict };
  /**
   * For people, on what it ended: `WebAssembly, 2 threads`; and whether it began on another, that was lost.
   */
  sharpen: SharpenedClip & { secondsPerFrame: number; engine: string; lostGraphics: boolean };
}

/** What the network may take of the 4 GiB that WebAssembly has; larger frames are worked on in tiles. */
const memoryBudgetBytes = 1.25 * 2 ** 30;

let started:
  { weights: Uint8Array; processor: Engine; graphics: Engine | undefined; description: string } | undefined;
let current: OpenClip | undefined;

answerCalls<ClipRequest, ClipResults, ClipReport>(async (request, report) => {
  switch (request.kind) {
    case 'check':
      (await firstFrameOf(request.file, 2)).clip.input.dispose();
      return { result: undefined };
    case 'open':
      return { result: await open(request) };
    case 'start':
      return { result: await start(request, report) };
    case 'sharpen':
      return { result: await sharpen(request, report) };
  }
});

async function open({
  file,
  longestSidePixels,
}: Extract<ClipRequest, { kind: 'open' }>): Promise<ClipResults['open']> {
  current?.input.dispose();
  current = undefined;
  const { clip, first } = await firstFrameOf(file, longestSidePixels);
  current = clip;
  return { facts: clip.facts, first };
}

async function firstFrameOf(
  file: File,
  longestSidePixels: number,
): Promise<{ clip: OpenClip; first: Picture }> {
  const clip = await openClip(file);
  const { width, height } = workingSize(clip.facts, longestSidePixels);
  let first: Picture | undefined;
  const frames = framesOf(clip, { width, height }, Infinity, (_, rgba) => {
    first = { width, height, rgba: rgba.slice() as Picture['rgba'] };
  });
  await frames.next();
  await frames.return();
  if (first) return { clip, first };
  clip.input.dispose();
  throw new Error(`${file.name} gave no frame that could be decoded. Get the whole file.`);
}

async function start(
  request: Extract<ClipRequest, { kind: 'start' }>,
  report: (report: ClipReport) => void,
): Promise<ClipResults['start']> {
  const { engine: processor, weights } = await startWithWeights('wasm', request, report);
  let graphics: Engine | undefined;
  let verdict: Verdict | undefined;
  if (request.graphics !== 'leave') {
    try {
      graphics = await startEngine('webgpu', (progress) => report({ kind: 'download', ...progress }));
      if (request.graphics === 'try') {
        verdict = chooseEngine(await sampleOf(graphics, weights), await sampleOf(processor, weights));
      }
    } catch (cause) {
      verdict = verdictAfterFailure(cause as Error);
      graphics = undefined;
    }
    if (verdict?.engine === 'wasm') graphics = undefined;
  }
  started = { weights, processor, graphics, description: (graphics ?? processor).description };
  const used = graphics ?? processor;
  const { multiple, multiplyAddsPerPixel } = createVideoDeblurrer({ weights, engine: computeEngine(used) });
  const gigaMultiplyAddsPerMegapixel = multiplyAddsPerPixel / 1e3;
  return {
    verdict,
    cost: {
      secondsPerMegapixel: gigaMultiplyAddsPerMegapixel / (usualEfficiency * (await measureRate(used))),
      sizeMultiple: multiple,
    },
  };
}

/**
 * The frames of a tiny clip, in floating point on every engine, and what it takes from the first, by which all is
 * compiled, to the last.
 */
async function sampleOf(engine: Engine, weights: Uint8Array): Promise<EngineSample> {
  const { side, frames, pixelsPerFrame } = { side: 128, frames: 6, pixelsPerFrame: 3 };
  const wall = streaksOfNoise({ width: side + frames * pixelsPerFrame, height: side });
  const clip = Array.from({ length: frames }, (_, frame) => {
    const data = new Float32Array(3 * side * side);
    for (let row = 0; row < side; row++) {
      const from = 3 * (row * wall.width + frame * pixelsPerFrame);
      data.set(wall.data.subarray(from, from + 3 * side), 3 * row * side);
    }
    return { width: side, height: side, data };
  });
  const sample: EngineSample = { frames: [], milliseconds: 0 };
  let start = 0;
  for await (const { data } of createVideoDeblurrer({
    weights,
    engine: computeEngine(engine, 'float32'),
  }).deblur(clip)) {
    if (sample.frames.push(data) === 1) start = performance.now();
  }
  sample.milliseconds = performance.now() - start;
  return sample;
}

/** What the network reaches of the rate of the layers that the engine is measured by. */
const usualEfficiency = 0.41;

async function sharpen(
  { width, height, format, mirrored, toSeconds, owner, keptFile }: Extract<ClipRequest, { kind: 'sharpen' }>,
  report: (report: ClipReport, transfer?: Transferable[]) => void,
): Promise<ClipResults['sharpen']> {
  let firstAt = 0;
  let secondsPerFrame = 0;
  const { weights, processor, graphics } = started!;
  const engine = graphics
    ? withProcessorAtHand(computeEngine(graphics), computeEngine(processor), {
        mostSilentSeconds,
        onLoss() {
          started!.graphics = undefined;
          started!.description = `${processor.description}; WebGPU failed here`;
        },
      })
    : computeEngine(processor);
  const result = await sharpenClip(current!, {
    deblurrer: createVideoDeblurrer({ weights, engine, memoryBudgetBytes, mirrored }),
    width,
    height,
    format,
    toSeconds,
    file: await openScratchFile(owner, keptFile),
    onFrame({ frames, seconds, pair }) {
      const now = performance.now();
      // The first waits for the network to be opened, and for the frames after it.
      if (frames === 1) firstAt = now;
      else secondsPerFrame = (now - firstAt) / 1000 / (frames - 1);
      report(
        { kind: 'frame', frames, seconds, secondsPerFrame, pair },
        pair ? [pair.blurred.rgba.buffer, pair.sharp.rgba.buffer] : [],
      );
    },
  });
  const { description, graphics: left } = started!;
  return { ...result, secondsPerFrame, engine: description, lostGraphics: graphics !== left };
}
