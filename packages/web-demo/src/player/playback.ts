/** In which order frames follow each other while they play. */
export type PlaybackMode = 'ping-pong' | 'forward' | 'reverse';

/** Frame indices of one round: 0 1 2 1 for three frames to and fro. */
export function playbackRound(frames: number, mode: PlaybackMode): number[] {
  const forward = Array.from({ length: frames }, (_, index) => index);
  if (mode === 'forward') return forward;
  if (mode === 'reverse') return forward.reverse();
  return [...forward, ...forward.slice(1, -1).reverse()];
}

/** Frames per second at speed 1: the exposure in a second. */
export const normalFramesPerSecond = 25;

/** Steps through rounds in time; whoever makes it draws. */
export class Playback {
  frames = 1;
  mode: PlaybackMode = 'ping-pong';
  speed = 1;
  readonly #show: (frame: number) => void;
  readonly #onChange: () => void;
  #place = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onChange called when playing starts or stops. */
  constructor(show: (frame: number) => void, onChange: () => void) {
    this.#show = show;
    this.#onChange = onChange;
  }

  get isPlaying(): boolean {
    return this.#timer !== undefined;
  }

  /** Goes on from the given frame. */
  play(fromFrame: number): void {
    this.pause();
    this.#place = Math.max(0, playbackRound(this.frames, this.mode).indexOf(fromFrame));
    this.#schedule();
    this.#onChange();
  }

  pause(): void {
    if (!this.isPlaying) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onChange();
  }

  #schedule(): void {
    this.#timer = setTimeout(
      () => {
        const round = playbackRound(this.frames, this.mode);
        this.#place = (this.#place + 1) % round.length;
        this.#show(round[this.#place]!);
        this.#schedule();
      },
      1000 / (normalFramesPerSecond * this.speed),
    );
  }
}
