import { UnblurError, waitUnlessAborted } from '@unblur/files';

/** The work of a restorer: what comes first is done first, up to its release. */
export class RestorerTurns {
  /** What was asked for and is not done. */
  readonly #atWork = new Set<Promise<unknown>>();
  #state: 'open' | 'closing' | 'released' = 'open';
  #previous: Promise<unknown> = Promise.resolve();

  /** Work of several turns, for which a release waits. @throws UnblurError after that was asked for. */
  async asWhole<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') refuse();
    const result = work();
    this.#atWork.add(result);
    return result.finally(() => this.#atWork.delete(result));
  }

  /** A turn. @throws the signal's reason at once where it is aborted before it is the work's turn. */
  async afterPrevious<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#previous;
    const result = turn.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    this.#previous = result.catch(() => undefined);
    await waitUnlessAborted(signal, turn);
    return result;
  }

  /** @throws UnblurError in turns after the release. */
  expectNotReleased(): void {
    if (this.#state === 'released') refuse();
  }

  /** Takes no more work, and does this as the last when all is done. */
  async release(last: () => Promise<void>): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    await Promise.allSettled(this.#atWork);
    await this.afterPrevious(() => {
      this.#state = 'released';
      return last();
    });
  }
}

function refuse(): never {
  throw new UnblurError('This restorer has been released: make another with createRestorer');
}
