import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import type { Picture } from '../picture.js';
import type { MotionSummary } from '../player/motion-summary.js';
import { WorkerCalls } from '../worker-calls.js';
import {
  chooseEngine,
  mostSilentSeconds,
  type EngineSample,
  type Verdict,
  type whyNoGraphics,
} from './engine-check.js';
import { EngineDecision } from './engine-decision.js';
import type { EngineName } from './engine-names.js';
import { frameCount } from './frame-order.js';
import type { EngineFacts, RestoreReport, RestoringRequest, RestoringResults } from './restoring-worker.js';
import type { Estimate } from './photo-times.js';

export type { Estimate } from './photo-times.js';
export type { EngineFacts, RestoreReport } from './restoring-worker.js';

/** What the page hears on the way: the worker's reports, and that the graphics device was lost. */
export type RestorerReport = RestoreReport | { kind: 'lost' };

export interface Restoration {
  /** One for each of the times. */
  frames: Picture[];
  motion: MotionSummary;
  milliseconds: number;
  /** And why WebGPU was not used, where it was not chosen against. */
  engine: EngineFacts & { reason?: string | undefined };
  /**
   * The frame at any time of the exposure, from -1 to 1. Undefined when the engine has gone on to another
   * photograph.
   */
  renderAt: (time: number) => Promise<Picture | undefined>;
}

/** The worker that restores, or what a test puts in its place. */
export type RestoringCalls = Pick<
  WorkerCalls<RestoringRequest, RestoringResults, RestoreReport>,
  'call' | 'stop'
>;

export function startRestoringWorker(): RestoringCalls {
  return new WorkerCalls(new Worker(new URL('./restoring-worker.ts', import.meta.url), { type: 'module' }));
}

interface Running {
  engine: EngineName;
  calls: RestoringCalls;
  ready: Promise<EngineFacts>;
  sample?: Promise<EngineSample | undefined>;
  hasScene: boolean;
  /** Hears of the downloads. */
  report?: (report: RestorerReport) => void;
}

/** Where the weights of the photo network are. */
export const photoWeightsUrl = bundledWeights[defaultWeightsName].url.href;

/** At a piece of work, WebGPU may be silent for longer, by so many times what the piece should take. */
const mostDelay = 5;

/** After a photograph is restored, the page is left alone before WebGPU is tried. */
const idleMilliseconds = 3000;

/**
 * Restores photographs in a worker: on WebGPU where that has been found right and faster, otherwise on
 * WebAssembly. A lost graphics device costs the engine, not the photograph.
 */
export class PageRestorer {
  readonly #startWorker: () => RestoringCalls;
  readonly #decision: EngineDecision;
  readonly #mayCompare: () => boolean;
  #running: Running | undefined;
  /** WebGPU while it is tried; then, where it is better, until the next photograph. */
  #candidate: Running | undefined;
  #candidateIsBetter = false;
  #isLost = false;
  #isRestoring = false;
  /** Whether WebGPU may be downloaded and tried when there is time. */
  #mayCheck = false;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** @param parts.mayCompare whether the device has time for itself, so that what is measured is right. */
  constructor(
    parts: {
      startWorker?: () => RestoringCalls;
      whyNoGraphics?: typeof whyNoGraphics;
      mayCompare?: () => boolean;
    } = {},
  ) {
    this.#startWorker = parts.startWorker ?? startRestoringWorker;
    this.#decision = new EngineDecision('photo', parts.whyNoGraphics);
    this.#mayCompare = parts.mayCompare ?? (() => true);
  }

  /** @param choice the engine that must be used; undefined for the better one. */
  chooseEngine(choice: EngineName | undefined): void {
    if (choice === this.#decision.choice) return;
    this.#decision.choice = choice;
    this.#isLost = false;
    this.#end();
    this.#endCandidate();
  }

  /**
   * Downloads what restoring needs, starts the engine and gets it ready to restore at its full speed, once.
   *
   * @throws in one line for people when that fails; the next call tries again.
   */
  async start(onReport?: (report: RestorerReport) => void): Promise<EngineFacts> {
    return (await this.#start(onReport)).ready;
  }

  async #start(onReport?: (report: RestorerReport) => void): Promise<Running> {
    if (this.#candidateIsBetter && !this.#isRestoring) this.#useCandidate();
    const running = (this.#running ??= this.#begin(this.#engine));
    if (onReport) running.report = onReport;
    try {
      await running.ready;
      return running;
    } catch (cause) {
      const isOfGraphics = !['AbortError', 'DownloadError'].includes((cause as Error).name);
      if (!isOfGraphics || running.engine === 'wasm' || this.#decision.choice) throw cause;
      if (!this.#isLost) this.#loseGraphics();
      return this.#start(onReport);
    }
  }

  get #engine(): EngineName {
    return this.#isLost ? 'wasm' : (this.#decision.engine ?? 'wasm');
  }

  #begin(engine: EngineName): Running {
    const calls = this.#startWorker();
    const running: Running = {
      engine,
      calls,
      ready: calls.call(
        { kind: 'start', engine, weightsUrl: photoWeightsUrl, weightsBytes: __fileBytes__.photoWeights },
        { onReport: (report) => running.report?.(report), ...this.#patience(engine) },
      ),
      hasScene: false,
    };
    running.ready.catch(() => {
      calls.stop();
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }

  /** A graphics device may hang. One that was asked for is waited for until it is ready. */
  #patience(engine: EngineName, request?: 'restore') {
    const patienceSeconds = (last?: RestoreReport) =>
      mostSilentSeconds + (last?.kind === 'piece' ? mostDelay * last.seconds : 0);
    return engine === 'webgpu' && (request || !this.#decision.choice) ? { patienceSeconds } : {};
  }

  async #sampleOf(running: Running): Promise<EngineSample | undefined> {
    running.sample ??= running.calls.call({ kind: 'sample' }, this.#patience(running.engine));
    const sample = await running.sample;
    if (!sample) running.sample = undefined;
    return sample;
  }

  /**
   * Tries WebGPU beside WebAssembly on a small picture, once for a browser and its version, while no
   * photograph is restored. Downloads another build of the engine where there is a graphics device.
   */
  async checkGraphics(): Promise<void> {
    this.#mayCheck = true;
    const running = this.#running;
    const isWanted = () => !this.#isRestoring && this.#mayCompare() && running && running === this.#running;
    if (!isWanted() || this.#candidate) return;
    const isOpen = await this.#decision.isOpen();
    const processor =
      isOpen && isWanted() ? await this.#sampleOf(running!).catch(() => undefined) : undefined;
    if (!processor || this.#decision.engine || !isWanted() || this.#candidate) return;

    const candidate = (this.#candidate = this.#begin('webgpu'));
    await this.#decision
      .tryGraphics(async () => {
        const verdict = await this.#compare(candidate, processor);
        // Where a photograph came first, there is no verdict.
        return this.#candidate === candidate ? verdict : undefined;
      })
      .catch(() => undefined);
    if (this.#candidate !== candidate) return;
    if (this.#decision.engine !== 'webgpu') return this.#endCandidate();
    this.#candidateIsBetter = true;
    if (!running!.hasScene && !this.#isRestoring) this.#useCandidate();
  }

  /** Undefined when the engine was stopped before it had shown what it can. */
  async #compare(candidate: Running, processor: EngineSample): Promise<Verdict | undefined> {
    await candidate.ready;
    const graphics = await this.#sampleOf(candidate);
    return graphics && chooseEngine(graphics, processor);
  }

  #useCandidate(): void {
    this.#running?.calls.stop();
    this.#running = this.#candidate;
    this.#candidate = undefined;
    this.#candidateIsBetter = false;
  }

  #endCandidate(): void {
    this.#candidate?.calls.stop();
    this.#candidate = undefined;
    this.#candidateIsBetter = false;
  }

  /** WebGPU has failed: WebAssembly goes on. */
  #loseGraphics(): void {
    this.#isLost = true;
    this.#running?.calls.stop();
    this.#running = undefined;
    this.#decision.lose();
  }

  /** Why not on WebGPU, where nobody has chosen. */
  #reasonFor(engine: EngineFacts): string | undefined {
    if (engine.name === 'webgpu' || this.#decision.choice) return undefined;
    return this.#isLost ? 'WebGPU failed here' : this.#decision.reason;
  }

  /**
   * What restorations of a photograph at these sizes take.
   *
   * @param blur where it is known: how far things move from the middle of the exposure to its end, as a share
   * of the longer side.
   */
  async estimate(sizes: readonly { width: number; height: number }[], blur?: number): Promise<Estimate[]> {
    const { calls } = await this.#start();
    return calls.call({ kind: 'estimate', sizes, frames: frameCount, blur });
  }

  /** Rejects with an AbortError when `stop` is called. @param blur as for `estimate`. */
  async restore(
    photo: Picture,
    times: readonly number[],
    onReport: (report: RestorerReport) => void,
    blur?: number,
  ): Promise<Restoration> {
    clearTimeout(this.#idle);
    if (this.#candidateIsBetter) this.#useCandidate();
    else this.#endCandidate();
    this.#isRestoring = true;
    const frames: Picture[] = [];
    let motion: MotionSummary | undefined;
    let running: Running | undefined;
    try {
      running = await this.#start(onReport);
      const { sceneNumber, ...told } = await running.calls.call(
        { kind: 'restore', photo, times, blur },
        {
          onReport: (report) => {
            if (report.kind === 'motion') motion = report.motion;
            if (report.kind === 'frame') frames[report.index] = report.picture;
            onReport(report);
          },
          ...this.#patience(running.engine, 'restore'),
        },
      );
      this.#isRestoring = false;
      running.hasScene = true;
      if (this.#mayCheck) this.#idle = setTimeout(() => void this.checkGraphics(), idleMilliseconds);
      const { calls } = running;
      const renderAt = async (time: number) =>
        running === this.#running
          ? calls.call({ kind: 'render', sceneNumber, time }).catch(() => undefined)
          : undefined;
      const engine = await running.ready;
      return {
        frames,
        motion: motion!,
        engine: { ...engine, reason: this.#reasonFor(engine) },
        renderAt,
        ...told,
      };
    } catch (cause) {
      if ((cause as Error).name === 'AbortError') throw cause;
      this.#isRestoring = false;
      // Whatever a graphics device fails with (lost, out of memory, a driver's quirk): WebAssembly has none
      // of it.
      const wasOnGraphics = (running?.engine ?? this.#decision.choice) === 'webgpu';
      if (!wasOnGraphics || this.#isLost) throw cause;
      this.#loseGraphics();
      onReport({ kind: 'lost' });
      return this.restore(photo, times, onReport, blur);
    }
  }

  /**
   * Ends what is under way. A worker with nothing to do stays: it has the engine and the network ready for
   * the next photograph.
   */
  stop(): void {
    if (this.#isRestoring) this.#end();
  }

  #end(): void {
    this.#running?.calls.stop();
    this.#running = undefined;
    this.#isRestoring = false;
  }
}
