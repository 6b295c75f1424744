import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import type { Picture } from '../picture.js';
import type { MotionSummary } from '../player/motion-summary.js';
import { WorkerCalls } from '../worker-calls.js';
import type { EngineName } from './engine-names.js';
import { frameCount } from './frame-order.js';
import type { EngineFacts, RestoreReport, RestoringRequest, RestoringResults } from './restoring-worker.js';

export type { EngineFacts, RestoreReport } from './restoring-worker.js';

/** What the page hears on the way: the worker's reports, and that the graphics device was lost. */
export type RestorerReport = RestoreReport | { kind: 'lost' };

export interface Restoration {
  /** One for each of the times. */
  frames: Picture[];
  motion: MotionSummary;
  milliseconds: number;
  engine: EngineFacts;
  /**
   * The frame at any time of the exposure, from -1 to 1. Undefined when the engine has gone on to another
   * photograph.
   */
  renderAt: (time: number) => Promise<Picture | undefined>;
  /** What that takes. */
  frameMilliseconds: number;
}

type Calls = WorkerCalls<RestoringRequest, RestoringResults[keyof RestoringResults], RestoreReport>;

interface Running {
  calls: Calls;
  ready: Promise<EngineFacts>;
  /** Hears of the downloads. */
  report?: (report: RestorerReport) => void;
}

/** Where the weights of the photo network are. */
export const photoWeightsUrl = bundledWeights[defaultWeightsName].url.href;

/** Restores photographs in a worker. A lost graphics device costs the engine, not the photograph. */
export class PageRestorer {
  #running: Running | undefined;
  #choice: EngineName | undefined;
  #isLost = false;
  #isRestoring = false;

  /** @param choice the engine that must be used; undefined for the processor. */
  chooseEngine(choice: EngineName | undefined): void {
    if (choice === this.#choice) return;
    this.#choice = choice;
    this.#isLost = false;
    this.#end();
  }

  /**
   * Downloads what restoring needs and starts the engine, once.
   *
   * @throws in one line for people when that fails; the next call tries again.
   */
  start(onReport?: (report: RestorerReport) => void): Promise<EngineFacts> {
    const running = (this.#running ??= this.#begin());
    if (onReport) running.report = onReport;
    return running.ready;
  }

  #begin(): Running {
    // Not every graphics device has given the processor's frames: one is used where it was asked for only.
    const engine = (!this.#isLost && this.#choice) || 'wasm';
    const calls: Calls = new WorkerCalls(
      new Worker(new URL('./restoring-worker.ts', import.meta.url), { type: 'module' }),
    );
    const running: Running = {
      calls,
      ready: calls.call(
        { kind: 'start', engine, weightsUrl: photoWeightsUrl, weightsBytes: __fileBytes__.photoWeights },
        { onReport: (report) => running.report?.(report) },
      ) as Promise<EngineFacts>,
    };
    running.ready.catch(() => {
      calls.stop();
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }

  /** Starts the engine and gets it ready to restore at its full speed. */
  async warmUp(): Promise<void> {
    await this.start();
    if (!this.#isRestoring) await this.#running!.calls.call({ kind: 'warm-up' });
  }

  /** Seconds that restorations of photographs of these sizes take. The engine must have been started. */
  async estimate(sizes: readonly { width: number; height: number }[]): Promise<number[]> {
    await this.start();
    return this.#running!.calls.call({ kind: 'estimate', sizes, frames: frameCount }) as Promise<number[]>;
  }

  /** Rejects with an AbortError when `stop` is called. */
  async restore(
    photo: Picture,
    times: readonly number[],
    onReport: (report: RestorerReport) => void,
  ): Promise<Restoration> {
    this.#isRestoring = true;
    const frames: Picture[] = [];
    let motion: MotionSummary | undefined;
    let engine: EngineFacts | undefined;
    try {
      engine = await this.start(onReport);
      const running = this.#running!;
      const { sceneNumber, ...told } = (await running.calls.call(
        { kind: 'restore', photo, times },
        {
          onReport: (report) => {
            if (report.kind === 'motion') motion = report.motion;
            if (report.kind === 'frame') frames[report.index] = report.picture;
            onReport(report);
          },
        },
      )) as RestoringResults['restore'];
      this.#isRestoring = false;
      const renderAt = async (time: number) =>
        running === this.#running
          ? (running.calls.call({ kind: 'render', sceneNumber, time }).catch(() => undefined) as Promise<
              RestoringResults['render']
            >)
          : undefined;
      return { frames, motion: motion!, engine, renderAt, ...told };
    } catch (cause) {
      if ((cause as Error).name === 'AbortError') throw cause;
      this.#isRestoring = false;
      // Whatever a graphics device fails with (lost, out of memory, a driver's quirk): WebAssembly has none
      // of it.
      const wasOnGraphics = engine ? engine.name === 'webgpu' : this.#choice === 'webgpu';
      if (!wasOnGraphics || this.#isLost) throw cause;
      this.#isLost = true;
      this.#end();
      onReport({ kind: 'lost' });
      return this.restore(photo, times, onReport);
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
