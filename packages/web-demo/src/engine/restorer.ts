import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import type { Picture } from '../picture.js';
import type { MotionSummary } from '../player/motion-summary.js';
import { WorkerCalls } from '../worker-calls.js';
import { engineNames, type EngineName } from './engine-names.js';
import { shownTimes } from './frame-order.js';
import type { RestoreReport, RestoringRequest, RestoringResults } from './restoring-worker.js';

export type { RestoreReport } from './restoring-worker.js';

/**
 * What the page hears on the way: the worker's reports, and that an engine was lost and the next one takes
 * over.
 */
export type RestorerReport = RestoreReport | { kind: 'lost'; engine: EngineName };

export interface Restoration {
  /** One for each of `shownTimes`. */
  frames: Picture[];
  motion: MotionSummary;
  milliseconds: number;
  engine: { name: EngineName; description: string };
  /**
   * The frame at any time of the exposure, from -1 to 1; there while the engine makes one as fast as it is
   * asked for. Undefined when the engine has gone on to another photograph.
   */
  renderAt?: (time: number) => Promise<Picture | undefined>;
}

/** A slower engine would lag behind the hand that scrubs. */
const quickMilliseconds = 120;

/** Restores photographs in a worker. A lost graphics device costs the engine, not the photograph. */
export class PageRestorer {
  #calls: WorkerCalls<RestoringRequest, RestoringResults[keyof RestoringResults], RestoreReport> | undefined;
  #choice: EngineName | undefined;
  #lost = new Set<EngineName>();
  #isRestoring = false;

  /** @param choice the engine that must be used; undefined for the best there is. */
  chooseEngine(choice: EngineName | undefined): void {
    if (choice === this.#choice) return;
    this.#choice = choice;
    this.#lost.clear();
    this.#end();
  }

  /** Rejects with an AbortError when `stop` is called. */
  async restore(photo: Picture, onReport: (report: RestorerReport) => void): Promise<Restoration> {
    const candidates = this.#choice ? [this.#choice, 'wasm' as const] : engineNames;
    const engines = candidates.filter((name) => !this.#lost.has(name));
    let current: EngineName | undefined;
    const calls = (this.#calls ??= new WorkerCalls(
      new Worker(new URL('./restoring-worker.ts', import.meta.url), { type: 'module' }),
    ));
    const frames: Picture[] = [];
    let motion: MotionSummary | undefined;
    this.#isRestoring = true;
    try {
      const request = {
        kind: 'restore',
        photo,
        times: shownTimes,
        engines,
        allowSoftware: this.#choice !== undefined,
        weightsUrl: bundledWeights[defaultWeightsName].url.href,
      } as const;
      const { sceneNumber, frameMilliseconds, ...told } = (await calls.call(request, {
        onReport: (report) => {
          if (report.kind === 'engine') current = report.name;
          if (report.kind === 'motion') motion = report.motion;
          if (report.kind === 'frame') frames[report.index] = report.picture;
          onReport(report);
        },
      })) as RestoringResults['restore'];
      this.#isRestoring = false;
      const renderAt = async (time: number) =>
        calls === this.#calls
          ? (calls.call({ kind: 'render', sceneNumber, time }).catch(() => undefined) as Promise<
              RestoringResults['render']
            >)
          : undefined;
      return { frames, motion: motion!, ...told, ...(frameMilliseconds < quickMilliseconds && { renderAt }) };
    } catch (cause) {
      if ((cause as Error).name === 'AbortError') throw cause;
      this.#isRestoring = false;
      // Whatever a graphics device fails with (lost, out of memory, a driver's quirk): WebAssembly has none
      // of it.
      if (current === undefined || current === 'wasm') throw cause;
      this.#lost.add(current);
      this.#end();
      onReport({ kind: 'lost', engine: current });
      return this.restore(photo, onReport);
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
    this.#calls?.stop();
    this.#calls = undefined;
    this.#isRestoring = false;
  }
}
