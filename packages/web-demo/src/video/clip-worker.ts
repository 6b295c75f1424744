import { videoDeblurFamily } from '@unblur/core-model';
import { createVideoDeblurrer, multiplyAddsPerPixel, type ComputeEngine } from '@unblur/restoration';
import type { DownloadReport } from '../download/download.js';
import { computeEngine } from '../engine/compute-engine.js';
import { startWithWeights } from '../engine/engine.js';
import type { Picture } from '../picture.js';
import { answerCalls } from '../worker-calls.js';
import type { ClipFormatName } from './clip-formats.js';
import { framesOf, openClip, type ClipFacts, type OpenClip } from './clip-reading.js';
import { sharpenClip, type FramePair, type SharpenedClip } from './clip-sharpening.js';
import { workingSize, type NetworkCost } from './working-size.js';
import { openScratchFile } from './scratch-file.js';

export type ClipRequest =
  /** What a clip is, and its first frame. It is the one that is worked on from now on. */
  | { kind: 'open'; file: File; longestSidePixels: number }
  /** Must come before sharpening, and once. */
  | { kind: 'start'; weightsUrl: string; weightsBytes: number }
  | {
      kind: 'sharpen';
      width: number;
      height: number;
      format: ClipFormatName;
      /** Whether mirror images are averaged in. */
      mirrored: boolean;
      toSeconds?: number;
      owner: string;
    };

export type ClipReport =
  | DownloadReport
  /** So many frames are written, up to a time of the clip. */
  | { kind: 'frame'; frames: number; seconds: number; secondsPerFrame: number; pair?: FramePair };

export interface ClipResults {
  open: { facts: ClipFacts; first: Picture };
  /** For people, `WebAssembly, 2 threads`; and what the network is expected to take. */
  start: { description: string; cost: NetworkCost };
  sharpen: SharpenedClip & { secondsPerFrame: number };
}

/** What the network may take of the 4 GiB that WebAssembly has; larger frames are worked on in tiles. */
const memoryBudgetBytes = 1.25 * 2 ** 30;

let started: { weights: Uint8Array; engine: ComputeEngine } | undefined;
let current: OpenClip | undefined;

answerCalls<ClipRequest, ClipResults[keyof ClipResults], ClipReport>(async (request, report) => {
  switch (request.kind) {
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
  const clip = await openClip(file);
  const { width, height } = workingSize(clip.facts, longestSidePixels);
  let first: Picture | undefined;
  const frames = framesOf(clip, { width, height }, Infinity, (_, rgba) => {
    first = { width, height, rgba: rgba.slice() as Picture['rgba'] };
  });
  await frames.next();
  await frames.return();
  if (!first) throw new Error(`${file.name} gave no frame that could be decoded. Get the whole file.`);
  current = clip;
  return { facts: clip.facts, first };
}

async function start(
  request: Extract<ClipRequest, { kind: 'start' }>,
  report: (report: ClipReport) => void,
): Promise<ClipResults['start']> {
  // WebGPU is found right or wrong with the network for photographs, which says little of this one.
  const { engine, weights } = await startWithWeights('wasm', request, report);
  started = { weights, engine: computeEngine(engine) };
  const { config } = videoDeblurFamily.readWeights(weights);
  const { costs } = videoDeblurFamily.declare(config);
  const gigaMultiplyAddsPerMegapixel = multiplyAddsPerPixel(costs) / 1e3;
  return {
    description: engine.description,
    cost: {
      secondsPerMegapixel:
        gigaMultiplyAddsPerMegapixel / (usualEfficiency * engine.gigaMultiplyAddsPerSecond),
      sizeMultiple: videoDeblurFamily.sizeMultiple(config),
    },
  };
}

/** What the network reaches of the rate of the layers that the engine is measured by. */
const usualEfficiency = 0.45;

async function sharpen(
  { width, height, format, mirrored, toSeconds, owner }: Extract<ClipRequest, { kind: 'sharpen' }>,
  report: (report: ClipReport, transfer?: Transferable[]) => void,
): Promise<ClipResults['sharpen']> {
  let firstAt = 0;
  let secondsPerFrame = 0;
  const result = await sharpenClip(current!, {
    deblurrer: createVideoDeblurrer({ ...started!, memoryBudgetBytes, mirrored }),
    width,
    height,
    format,
    toSeconds,
    file: await openScratchFile(owner),
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
  return { ...result, secondsPerFrame };
}
