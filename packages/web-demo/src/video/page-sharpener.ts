import { defaultVideoWeights } from '@unblur/weights/video';
import { WorkerCalls, type CallOptions } from '../worker-calls.js';
import { mostSilentSeconds, verdictAfterFailure } from '../engine/engine-check.js';
import { EngineDecision } from '../engine/engine-decision.js';
import type { EngineName } from '../engine/engine-names.js';
import { isMetered } from '../offline/offline.js';
import type { ClipReport, ClipRequest, ClipResults, UseOfGraphics } from './clip-worker.js';

export type { ClipReport, ClipResults } from './clip-worker.js';

/**
 * Bytes that the first clip has downloaded: the network for video, and the engine where it is not there yet.
 */
export const videoWeightsBytes = __fileBytes__.videoWeights;

/**
 * A lock that tells other pages of this site that the files of this one are in use. Over plain http, where
 * there are no clips, the page still loads this.
 */
const owner = `page-${crypto.getRandomValues(new BigUint64Array(2)).join('-')}`;
if ('locks' in navigator) void navigator.locks.request(owner, () => new Promise(() => undefined));

type Calls = WorkerCalls<ClipRequest, ClipResults, ClipReport>;

/**
 * Sharpens clips in a worker, one at a time: on WebGPU where the first clip finds that right and faster,
 * otherwise on WebAssembly.
 */
export class PageSharpener {
  readonly #decision = new EngineDecision('clip');
  #calls: Calls | undefined;
  #started: Promise<ClipResults['start']> | undefined;
  #file: File | undefined;
  /** The one that the worker has open: a new worker has none. */
  #openFile: File | undefined;
  /** Hears of the downloads. */
  #onReport: ((report: ClipReport) => void) | undefined;

  /** @throws where the page can make nothing of a clip. The one that is worked on stays. */
  async check(file: File): Promise<void> {
    await this.#call({ kind: 'check', file });
  }

  /** What a clip is; it is the one that is worked on from now on. */
  async open(file: File, longestSidePixels: number): Promise<ClipResults['open']> {
    this.#file = file;
    this.#openFile = undefined;
    const opened = await this.#call({ kind: 'open', file, longestSidePixels });
    this.#openFile = file;
    return opened;
  }

  /** @param choice the engine that must be used from the next start on; undefined for the better one. */
  chooseEngine(choice: EngineName | undefined): void {
    if (choice === this.#decision.choice) return;
    this.#decision.choice = choice;
    this.stop();
  }

  /** Downloads what sharpening needs and starts the engine, once. */
  start(onReport?: (report: ClipReport) => void): Promise<ClipResults['start']> {
    if (onReport) this.#onReport = onReport;
    this.#started ??= this.#start();
    this.#started.catch(() => (this.#started = undefined));
    return this.#started;
  }

  async #start(): Promise<ClipResults['start']> {
    const graphics = await this.#useOfGraphics();
    try {
      if (graphics !== 'try') {
        const started = await this.#startWith(graphics);
        if (graphics === 'use') this.#decision.fail(started.verdict);
        return started;
      }
      let started: ClipResults['start'];
      await this.#decision.tryGraphics(async () => (started = await this.#startWith('try')).verdict);
      return started!;
    } catch (cause) {
      if ((cause as Error).name !== 'SilenceError') throw cause;
      if (graphics === 'use') this.#decision.fail(verdictAfterFailure(cause as Error));
      this.#endWorker();
      if (this.#file) await this.open(this.#file, 2);
      return this.#startWith('leave');
    }
  }

  async #startWith(graphics: UseOfGraphics): Promise<ClipResults['start']> {
    return this.#call(
      { kind: 'start', graphics, weightsUrl: defaultVideoWeights.url.href, weightsBytes: videoWeightsBytes },
      {
        onReport: (report) => this.#onReport?.(report),
        ...(graphics !== 'leave' && { patienceSeconds: () => mostSilentSeconds }),
      },
    );
  }

  async #useOfGraphics(): Promise<UseOfGraphics> {
    const { engine } = this.#decision;
    if (engine) return engine === 'webgpu' ? 'use' : 'leave';
    return !isMetered() && (await this.#decision.isOpen()) ? 'try' : 'leave';
  }

  /** Rejects with an AbortError when `stop` is called. */
  async sharpen(
    request: Omit<Extract<ClipRequest, { kind: 'sharpen' }>, 'kind' | 'owner'>,
    onReport: (report: ClipReport) => void,
  ): Promise<ClipResults['sharpen']> {
    // After a stop the worker is a new one, whatever it was asked since.
    if (this.#openFile !== this.#file) await this.open(this.#file!, 2);
    await this.start(onReport);
    const result = await this.#call({ kind: 'sharpen', ...request, owner }, { onReport });
    if (result.lostGraphics) this.#decision.lose();
    const reason = !result.engine.includes(';') && this.#decision.reason;
    return reason ? { ...result, engine: `${result.engine}; ${reason}` } : result;
  }

  /** Ends what is under way, and the engine with it. */
  stop(): void {
    this.#endWorker();
    this.#started = undefined;
  }

  #endWorker(): void {
    this.#calls?.stop();
    this.#calls = undefined;
    this.#openFile = undefined;
  }

  #call<Asked extends ClipRequest>(request: Asked, options?: CallOptions<ClipReport>) {
    this.#calls ??= new WorkerCalls(
      new Worker(new URL('./clip-worker.ts', import.meta.url), { type: 'module' }),
    );
    return this.#calls.call(request, options);
  }
}
