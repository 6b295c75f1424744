/** The most recent frames of a sequence, or what is known of each, in buffers that go round. */
export class RecentFrames<T> {
  /** Oldest first. */
  frames: readonly T[] = [];
  readonly #count: number;
  readonly #buffers: readonly T[];

  /** @param count how many are kept. */
  constructor(count: number, allocate: () => T) {
    this.#count = count;
    // At least two: a frame never lies where the one before it did, so the same buffer twice is one frame
    // twice.
    this.#buffers = Array.from({ length: Math.max(2, count) }, allocate);
  }

  get isComplete(): boolean {
    return this.frames.length === this.#count;
  }

  /** @returns the buffer of another frame, for the caller to fill. */
  add(): T {
    const used = [...this.#withoutOldest(), this.frames.at(-1)];
    return this.#keep(this.#buffers.find((buffer) => !used.includes(buffer))!);
  }

  /** The newest frame once more. */
  repeat(): T {
    return this.#keep(this.frames.at(-1)!);
  }

  /** What comes from now on has nothing to do with what was. */
  restart(): void {
    this.frames = [];
  }

  #keep(frame: T): T {
    this.frames = [...this.#withoutOldest(), frame];
    return frame;
  }

  #withoutOldest(): readonly T[] {
    return this.isComplete ? this.frames.slice(1) : this.frames;
  }
}
