import type { RgbImage } from '../raster.js';
import { neighbourReach, type SharperNeighbours } from './sharper-neighbours.js';
import type { TiledSequence } from './tiled-sequence.js';

/**
 * Makes the frames of one shot after another sharp. Frames come out as often as they are shown, some frames
 * after they were pushed.
 */
export class ShotDeblurring {
  readonly #sequence: TiledSequence;
  readonly #neighbours: SharperNeighbours | undefined;
  readonly #reach: number;
  readonly #reachOfAll: number;
  /** Frames of the present shot, as they were recorded, that are yet to be made sharp. */
  readonly #recorded: Float32Array[] = [];
  /** How often each frame that is yet to come of the present shot is shown. */
  readonly #awaited: number[] = [];

  /**
   * @param sequence released with this.
   * @param neighbours which frames take detail from; undefined where they take none.
   * @param reach how many frames before and after each the sequence looks at.
   */
  constructor(sequence: TiledSequence, neighbours: SharperNeighbours | undefined, reach: number) {
    this.#sequence = sequence;
    this.#neighbours = neighbours;
    this.#reach = reach;
    this.#reachOfAll = reach + (neighbours ? neighbourReach : 0);
  }

  /** Whether frames that were pushed are yet to come. */
  get awaitsFrames(): boolean {
    return this.#awaited.length > 0;
  }

  /**
   * Begins a shot. Its first frame stands in for those before it, unless the first of these frames are but
   * those that later ones look at.
   *
   * @param frames the last is the first that is shown, `times` times.
   */
  async *begin(frames: readonly RgbImage[], times: number): AsyncGenerator<RgbImage, void, undefined> {
    this.#sequence.restart();
    this.#neighbours?.restart();
    const fromTheStart = frames.length <= this.#reachOfAll;
    for (const [index, frame] of frames.entries()) {
      if (fromTheStart || index >= this.#reach) {
        this.#expectSharp(frame, index === frames.length - 1 ? times : 0);
      }
      yield* this.#finished(await this.#sequence.push(frame));
      if (index > 0 || !fromTheStart) continue;
      for (let stand = 0; stand < this.#reach; stand++) {
        yield* this.#finished(await this.#sequence.pushAgain());
      }
    }
  }

  /** The next frame of the shot, which is shown `times` times. */
  async *push(frame: RgbImage, times: number): AsyncGenerator<RgbImage, void, undefined> {
    this.#expectSharp(frame, times);
    yield* this.#finished(await this.#sequence.push(frame));
  }

  /** Ends the shot: its last frame stands in for those after it. */
  async *finish(): AsyncGenerator<RgbImage, void, undefined> {
    while (this.#recorded.length > 0) yield* this.#finished(await this.#sequence.pushAgain());
    while (this.awaitsFrames) yield* this.#shown(this.#neighbours!.pull());
  }

  release(): Promise<void> {
    return this.#sequence.release();
  }

  #expectSharp({ data }: RgbImage, times: number): void {
    this.#recorded.push(this.#neighbours ? data.slice() : data);
    this.#awaited.push(times);
  }

  *#finished(sharp: RgbImage | undefined): Generator<RgbImage, void, undefined> {
    if (!sharp) return;
    const asRecorded = this.#recorded.shift()!;
    yield* this.#shown(this.#neighbours ? this.#neighbours.push(asRecorded, sharp.data) : sharp);
  }

  *#shown(frame: RgbImage | undefined): Generator<RgbImage, void, undefined> {
    if (frame) for (let times = this.#awaited.shift()!; times > 0; times--) yield frame;
  }
}
