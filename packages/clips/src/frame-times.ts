/** What ffmpeg's filter `showinfo` says of a frame that is decoded. */
export interface ShownFrame {
  /** In the clip's own time. */
  timeSeconds: number;
  width: number;
  height: number;
  /** Width to height of a pixel, such as `32:27`; undefined where the clip does not say. */
  sampleAspectRatio: string | undefined;
}

/**
 * Learns from ffmpeg's messages when each frame is shown: pictures come through a pipe that carries no times.
 * Frames without a time, and those that would not be later than the one before, get the next one that can be.
 */
export class FrameTimes {
  readonly #shown: ShownFrame[] = [];
  readonly #frameSeconds: number;
  #timeBaseSeconds: number;
  #last: ShownFrame | undefined;
  #announce = () => {};
  #isOver = false;

  /**
   * @param timeBase what times are multiples of, in seconds, until ffmpeg names another: `1/15360`.
   * @param frameSeconds how long a frame without a time is taken to last.
   */
  constructor(timeBase: string, frameSeconds: number) {
    this.#frameSeconds = frameSeconds;
    this.#timeBaseSeconds = fraction(timeBase);
  }

  /** Takes a message of ffmpeg in. */
  read(line: string): void {
    // An address follows the @, with 0x before it or, on Windows, without.
    const said = /^\[Parsed_showinfo_0 @ [^\]]*\] \[info\] (.*)/.exec(line)?.[1];
    if (said === undefined) return;
    const timeBase = /^config in time_base: ([1-9]\d*\/[1-9]\d*)/.exec(said)?.[1];
    if (timeBase !== undefined) this.#timeBaseSeconds = fraction(timeBase);
    const [, pts, details = ''] = /^n: *\d+ pts: *(-?\d+|NOPTS) (.*)/.exec(said) ?? [];
    if (pts === undefined) return;
    const [, width, height] = / s:(\d+)x(\d+)/.exec(details) ?? [];
    const [, aspectWidth, aspectHeight] = / sar:(\d+)\/(\d+)/.exec(details) ?? [];
    this.#shown.push({
      timeSeconds: this.#after(pts === 'NOPTS' ? undefined : Number(pts) * this.#timeBaseSeconds),
      width: Number(width),
      height: Number(height),
      sampleAspectRatio:
        Number(aspectWidth) > 0 && Number(aspectHeight) > 0 ? `${aspectWidth}:${aspectHeight}` : undefined,
    });
    this.#last = this.#shown.at(-1);
    this.#announce();
  }

  #after(timeSeconds: number | undefined): number {
    if (!this.#last) return timeSeconds ?? 0;
    if (timeSeconds === undefined) return this.#last.timeSeconds + this.#frameSeconds;
    return Math.max(timeSeconds, this.#last.timeSeconds + this.#timeBaseSeconds);
  }

  /** No more messages will come. */
  end(): void {
    this.#isOver = true;
    this.#announce();
  }

  /** The next frame's, once ffmpeg has told; undefined when there is none. Every frame is handed out once. */
  async next(): Promise<ShownFrame | undefined> {
    while (this.#shown.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => (this.#announce = resolve));
    }
    return this.#shown.shift();
  }
}

/** The value of a fraction such as `1/15360`. */
export function fraction(text: string): number {
  const [numerator, denominator = 1] = text.split('/').map(Number);
  return numerator! / denominator;
}
