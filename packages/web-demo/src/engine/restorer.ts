import { bundledWeights, defaultWeightsName } from '@unblur/weights';
import type { Picture } from '../picture.js';
import { WorkerCalls } from '../worker-calls.js';
import { engineNames, type EngineName } from './engine-names.js';
import type { Restoration, RestoreReport, RestoreRequest } from './restoring-worker.js';

export type { Restoration, RestoreReport } from './restoring-worker.js';

/** What the page hears on the way: the worker's reports, and that an engine was lost and the next one takes over. */
export type RestorerReport = RestoreReport | { kind: 'lost'; engine: EngineName };

/** Restores photographs in a worker. A lost graphics device costs the engine, not the photograph. */
export class PageRestorer {
  #calls: WorkerCalls<RestoreRequest, Restoration, RestoreReport> | undefined;
  #choice: EngineName | undefined;
  #lost = new Set<EngineName>();

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
    this.#calls ??= new WorkerCalls(new Worker(new URL('./restoring-worker.ts', import.meta.url), { type: 'module' }));
    const request = { photo, engines, allowSoftware: this.#choice !== undefined, weightsUrl: bundledWeights[defaultWeightsName].url.href };
    try {
      return await this.#calls.call(request, {
        onReport: (report) => {
          if (report.kind === 'engine') current = report.name;
          onReport(report);
        },
      });
    } catch (cause) {
      if ((cause as Error).name === 'AbortError') throw cause;
      // Whatever a graphics device fails with (lost, out of memory, a driver's quirk): WebAssembly has none of it.
      if (current === undefined || current === 'wasm') throw cause;
      this.#lost.add(current);
      this.#end();
      onReport({ kind: 'lost', engine: current });
      return this.restore(photo, onReport);
    }
  }

  /** Ends what is under way. A worker with nothing to do stays: it has the engine and the network ready for the next photograph. */
  stop(): void {
    if (this.#calls?.isBusy) this.#end();
  }

  #end(): void {
    this.#calls?.stop();
    this.#calls = undefined;
  }
}
