import type { ComputeEngine, FrameNetwork, NetworkSession } from '@unblur/restoration';

/**
 * As many sizes are restored without tracing anew: those of a photograph and of the copies that its motion is
 * looked for on, where the memory of their sessions and of its frames adds up to no more than the budget.
 */
const maximumSessions = 5;

/** Sessions of a network by the size of the image, as many as a memory budget allows. */
export class SessionsBySize {
  /** The least recently used one first. What a session has once taken of memory it keeps. */
  readonly #sessions = new Map<string, { session: NetworkSession; pixels: number }>();
  readonly #network: FrameNetwork;
  readonly #engine: ComputeEngine;
  readonly #memoryBytesPerPixel: number;
  readonly #budgetBytes: number;

  constructor(
    network: FrameNetwork,
    engine: ComputeEngine,
    memoryBytesPerPixel: number,
    budgetBytes: number,
  ) {
    this.#network = network;
    this.#engine = engine;
    this.#memoryBytesPerPixel = memoryBytesPerPixel;
    this.#budgetBytes = budgetBytes;
  }

  /** The session for a size, the least recently used ones making room. @param framesBytes what is kept beside it. */
  async open(width: number, height: number, framesBytes: number): Promise<NetworkSession> {
    const sessions = this.#sessions;
    const key = `${width}x${height}`;
    const known = sessions.get(key);
    sessions.delete(key);
    const pixels = width * height;
    const heldBytes = () =>
      [...sessions.values()].reduce((sum, held) => sum + held.pixels, pixels) * this.#memoryBytesPerPixel;
    for (const [size, { session }] of sessions) {
      if (sessions.size < maximumSessions && heldBytes() + framesBytes <= this.#budgetBytes) break;
      sessions.delete(size);
      await session.release();
    }
    const session = known?.session ?? (await this.#network.open(width, height, this.#engine));
    sessions.set(key, { session, pixels });
    return session;
  }

  async release(): Promise<void> {
    for (const { session } of this.#sessions.values()) await session.release();
    this.#sessions.clear();
  }
}
