/** A piece of work whose duration is expected. */
export interface Piece {
  /** What part of all it is. */
  fromShare: number;
  toShare: number;
  seconds: number;
  /** From its beginning; left out where it would be a guess: then no time is told. */
  secondsLeft?: number;
}

/** An expectation that was too short slows down and does not wait at the end of its piece. */
const mostOfPiece = 0.9;
/** As long as anything is left to do. */
const mostShare = 0.99;

/** What is shown of work: the bar never goes back, and the time left goes up only where it must. */
export class WorkingProgress {
  #share = 0;
  #secondsLeft = Infinity;

  /** @param passedSeconds since the piece began. */
  at(piece: Piece, passedSeconds: number): { share: number; secondsLeft: number | undefined } {
    const done = Math.min(mostOfPiece, passedSeconds / piece.seconds || 0);
    const share = piece.fromShare + (piece.toShare - piece.fromShare) * done;
    this.#share = Math.max(this.#share, Math.min(mostShare, share));
    if (piece.secondsLeft === undefined) return { share: this.#share, secondsLeft: undefined };
    const left = Math.max(0, piece.secondsLeft - Math.min(passedSeconds, piece.seconds));
    // A little more than was told is waited for.
    const isMore = left > this.#secondsLeft && left < 1.25 * this.#secondsLeft + 1;
    if (!isMore) this.#secondsLeft = left;
    return { share: this.#share, secondsLeft: this.#secondsLeft };
  }
}
