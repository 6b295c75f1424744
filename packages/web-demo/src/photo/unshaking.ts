import type { Picture } from '../picture.js';
import type { WorkingPanel } from '../working-panel.js';
import { WorkerCalls } from '../worker-calls.js';
import type { UnshakeRequest } from './unshaking-worker.js';

/** What is told of the time left before this much is done would be a guess. */
const leastMeasuredShare = 0.1;

/** Makes photographs sharp that a shaking hand has blurred, each in a worker that is started for it. */
export class Unshaking {
  #calls: WorkerCalls<UnshakeRequest, { unshake: Picture }, number> | undefined;

  /**
   * Shows in the panel how much is done.
   *
   * @returns the sharp photograph, and what it took. @throws an AbortError when `stop` is called; else in one
   * line for people.
   */
  async restore(photo: Picture, working: WorkingPanel): Promise<{ picture: Picture; milliseconds: number }> {
    const worker = new Worker(new URL('./unshaking-worker.ts', import.meta.url), { type: 'module' });
    const calls = (this.#calls = new WorkerCalls(worker));
    const start = performance.now();
    const onReport = (share: number) => {
      const seconds = ((performance.now() - start) / 1000) * (1 / share - 1);
      const isMeasured = share >= leastMeasuredShare;
      working.showPiece('Removing camera shake', {
        fromShare: share,
        toShare: isMeasured ? 1 : share,
        seconds,
        ...(isMeasured && { secondsLeft: seconds }),
      });
    };
    try {
      const picture = await calls.call({ kind: 'unshake', photo }, { onReport });
      working.hide();
      return { picture, milliseconds: performance.now() - start };
    } finally {
      calls.stop();
    }
  }

  /** Ends what is under way. */
  stop(): void {
    this.#calls?.stop();
  }
}
