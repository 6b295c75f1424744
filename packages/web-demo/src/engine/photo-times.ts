import { consistencyRenderings, halfSizeShareFor } from '@unblur/restoration';
import type { PieceOfWork } from './restoring-worker.js';
import type { Part, WorkRates } from './work-rates.js';

/** What a restoration takes. */
export interface Estimate {
  seconds: number;
  /** Otherwise a guess, from pictures too small to tell; most take less. */
  isMeasured: boolean;
}

interface Size {
  width: number;
  height: number;
}

/** What is to be done, in seconds as the rates tell. */
interface Work {
  /** Until frames can be had, those at `consistencyTimes` at once. */
  preparation: number;
  /** Each further frame. */
  frame: number;
}

/** A smaller picture is slower than what follows, as are the first runs of all: it tells little of it. */
const tellingPixels = 50_000;
/** A copy may have shown the blur that much shorter than it is. */
const blurMargin = 1.3;
/** What was usual counts until so much of a restoration is done; from then on more and more what passes. */
const usualShare = 0.2;

/** Tells what restorations take, from what those before took. */
export class PhotoTimes {
  readonly #workFor: (width: number, height: number) => Record<Part, number>;
  readonly #rates: WorkRates;
  /** Of the largest picture that was restored. */
  #mostPixels = 0;
  /** What a restoration takes, of what the rates of the network tell: there is more to do than to run it. */
  #pace = 1;

  readonly #now: () => number;

  /** @param workFor thousand millions of multiply-adds, `PhotoEngine.workFor`. @param now in milliseconds. */
  constructor(
    workFor: (width: number, height: number) => Record<Part, number>,
    rates: WorkRates,
    now = () => performance.now(),
  ) {
    this.#workFor = workFor;
    this.#rates = rates;
    this.#now = now;
  }

  /**
   * @param frames how many are made beside those that are there once a photograph is analyzed.
   * @param blur how far things move from the middle of the exposure to its end, as a share of the longer side.
   * As long as it is not known, it may be long.
   */
  estimate(size: Size, frames: number, blur?: number): Estimate {
    const { preparation, frame } = this.#workAt(size, expectsHalfSize(size, blur));
    return { seconds: this.#pace * (preparation + frames * frame), isMeasured: this.#isMeasured(size) };
  }

  /** A restoration that begins now. The parameters are those of `estimate`. */
  begin(size: Size, frames: number, blur?: number): RestorationClock {
    return new RestorationClock({
      workAt: (atHalfToo) => this.#workAt(size, atHalfToo),
      frames,
      mayCountHalf: expectsHalfSize(size),
      expectsHalf: expectsHalfSize(size, blur),
      usualPace: this.#isMeasured(size) ? this.#pace : undefined,
      now: this.#now,
      learn: (pace) => {
        const pixels = size.width * size.height;
        if (pixels >= Math.min(this.#mostPixels, tellingPixels)) this.#pace = pace;
        this.#mostPixels = Math.max(this.#mostPixels, pixels);
      },
    });
  }

  #isMeasured({ width, height }: Size): boolean {
    return this.#mostPixels >= Math.min(width * height, tellingPixels);
  }

  #workAt(size: Size, atHalfToo: boolean): Work {
    const { analysis, frame } = this.#workFor(size.width, size.height);
    const frameSeconds = this.#rates.seconds('frame', frame);
    const whole = {
      preparation: this.#rates.seconds('analysis', analysis) + consistencyRenderings * frameSeconds,
      frame: frameSeconds,
    };
    if (!atHalfToo) return whole;
    const half = this.#workAt(
      { width: Math.ceil(size.width / 2), height: Math.ceil(size.height / 2) },
      false,
    );
    return { preparation: whole.preparation + half.preparation, frame: whole.frame + half.frame };
  }
}

function expectsHalfSize({ width, height }: Size, blur = Infinity): boolean {
  return halfSizeShareFor(blurMargin * blur * Math.max(width, height), { width, height }) > 0;
}

/** Tells of a restoration that is under way how far it is, and what is left. */
export class RestorationClock {
  readonly #parts;
  readonly #start: number;
  #countsHalf: boolean;
  #preparedShare = 0;
  #framesDone = 0;

  constructor(parts: {
    workAt: (atHalfToo: boolean) => Work;
    frames: number;
    mayCountHalf: boolean;
    expectsHalf: boolean;
    /** Undefined where nothing like it was restored before. */
    usualPace: number | undefined;
    now: () => number;
    learn: (pace: number) => void;
  }) {
    this.#parts = parts;
    this.#start = parts.now();
    this.#countsHalf = parts.expectsHalf;
  }

  /** The blur is known, and so whether half the size is restored too. */
  knowHalfSize(counts: boolean): void {
    this.#countsHalf = counts;
  }

  /** @param share of the preparation that is done, 0 to 1, as `analyzePhoto` tells it. */
  prepare(share: number): PieceOfWork {
    this.#preparedShare = share;
    return this.#pieceUntil(this.#work.preparation);
  }

  /** The next frame begins. */
  nextFrame(): PieceOfWork {
    const { preparation, frame } = this.#work;
    this.#preparedShare = 1;
    const piece = this.#pieceUntil(preparation + (this.#framesDone + 1) * frame);
    this.#framesDone++;
    return piece;
  }

  /** All is done. */
  end(): void {
    const { preparation, frame } = this.#work;
    this.#parts.learn(this.#elapsedSeconds / (preparation + this.#parts.frames * frame));
  }

  get #work(): Work {
    return this.#parts.workAt(this.#countsHalf);
  }

  get #elapsedSeconds(): number {
    return (this.#parts.now() - this.#start) / 1000;
  }

  /** @param until what of all work will be done then. */
  #pieceUntil(until: number): PieceOfWork {
    const { preparation, frame } = this.#work;
    const { frames, mayCountHalf, usualPace } = this.#parts;
    const total = preparation + frames * frame;
    // `analyzePhoto` tells shares of both sizes, as long as half the size may count.
    const prepared = this.#preparedShare * this.#parts.workAt(mayCountHalf).preparation;
    const done = Math.min(prepared, preparation) + this.#framesDone * frame;
    const usual = usualPace === undefined ? 0 : usualShare * total;
    const pace = done + usual > 0 ? (this.#elapsedSeconds + usual * (usualPace ?? 1)) / (done + usual) : 1;
    const isKnown = usualPace !== undefined || done >= preparation / 2;
    return {
      kind: 'piece',
      fromShare: done / total,
      toShare: until / total,
      seconds: pace * (until - done),
      ...(isKnown && { secondsLeft: pace * (total - done) }),
    };
  }
}
