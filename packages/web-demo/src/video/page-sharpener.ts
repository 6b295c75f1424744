import { defaultVideoWeights } from '@unblur/weights/video';
import { WorkerCalls } from '../worker-calls.js';
import type { ClipReport, ClipRequest, ClipResults } from './clip-worker.js';

export type { ClipReport, ClipResults } from './clip-worker.js';

/** Bytes that the first clip has downloaded: the network for video, and the engine where it is not there yet. */
export const videoWeightsBytes = __fileBytes__.videoWeights;

/** A lock that tells other pages of this site that the files of this one are in use. */
const owner = crypto.randomUUID();
if ('locks' in navigator) void navigator.locks.request(owner, () => new Promise(() => undefined));

type Calls = WorkerCalls<ClipRequest, ClipResults[keyof ClipResults], ClipReport>;

/** Sharpens clips in a worker; one at a time. */
export class PageSharpener {
  #calls: Calls | undefined;
  #started: Promise<ClipResults['start']> | undefined;
  #file: File | undefined;

  /** What a clip is; it is the one that is worked on from now on. */
  async open(file: File, longestSidePixels: number): Promise<ClipResults['open']> {
    this.#file = file;
    return this.#call({ kind: 'open', file, longestSidePixels }) as Promise<ClipResults['open']>;
  }

  /** Downloads what sharpening needs and starts the engine, once. */
  start(onReport: (report: ClipReport) => void): Promise<ClipResults['start']> {
    this.#started ??= this.#call(
      {
        kind: 'start',
        weightsUrl: defaultVideoWeights.url.href,
        weightsBytes: videoWeightsBytes,
      },
      onReport,
    ) as Promise<ClipResults['start']>;
    this.#started.catch(() => (this.#started = undefined));
    return this.#started;
  }

  /** Rejects with an AbortError when `stop` is called. */
  async sharpen(
    request: Omit<Extract<ClipRequest, { kind: 'sharpen' }>, 'kind' | 'owner'>,
    onReport: (report: ClipReport) => void,
  ): Promise<ClipResults['sharpen']> {
    if (!this.#calls) {
      await this.open(this.#file!, 2);
      await this.start(onReport);
    }
    return this.#call({ kind: 'sharpen', ...request, owner }, onReport) as Promise<ClipResults['sharpen']>;
  }

  /** Ends what is under way, and the engine with it. */
  stop(): void {
    this.#calls?.stop();
    this.#calls = undefined;
    this.#started = undefined;
  }

  #call(request: ClipRequest, onReport?: (report: ClipReport) => void) {
    this.#calls ??= new WorkerCalls(
      new Worker(new URL('./clip-worker.ts', import.meta.url), { type: 'module' }),
    );
    return this.#calls.call(request, { onReport });
  }
}
