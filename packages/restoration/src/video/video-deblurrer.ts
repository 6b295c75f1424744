import { videoDeblurFamily, type VideoDeblurConfig } from '@unblur/core-model';
import { UnblurError } from '@unblur/files/file-error';
import type { ComputeEngine } from '../compute-engine.js';
import { expectNetworkOptions, explainWeights } from '../network-options.js';
import { crop, padByReflection, roundUp } from '../tiling/padding.js';
import { expectRgbImage, type RgbImage } from '../raster.js';
import { featherShares, planTiles, type TilePlan } from '../tiling/tiling.js';
import { VideoCascade } from './video-cascade.js';
import { averageWithMirrorImage } from './video-mirror-averaging.js';
import { openVideoNetwork, type VideoNetworkSessions } from './video-network.js';
import { inShots, judgedFrames, type ShotFrame } from './video-shots.js';

export interface VideoDeblurrerOptions {
  /** The bytes of a `.safetensors` file of a video-deblurring network. */
  weights: Uint8Array;
  /** What computes the network. */
  engine: ComputeEngine;
  /** Frames for which the network would need more memory than this are deblurred in tiles. Default 3 GiB. */
  memoryBudgetBytes?: number;
  /**
   * Makes every frame sharp together with its mirror image and gives the mean: a little better, in almost
   * twice the time. Default false.
   */
  mirrored?: boolean;
  /**
   * Makes every frame sharp from the frames beside it, whatever they show, as the network is defined: cuts,
   * repeated frames and still parts are not looked for. Default false.
   */
  windowsOnly?: boolean;
}

export interface VideoDeblurrer {
  readonly config: VideoDeblurConfig;
  /** Whether mirror images are averaged in. */
  readonly mirrored: boolean;
  /**
   * @throws UnblurError when frames of this size alone, without the network, would take more memory than
   * there is budget for.
   */
  expectFrameSize(width: number, height: number): void;
  /**
   * The frames of a clip, all of one size, made sharp one after another. Shots are found: before the first
   * and after the last frame of one, that frame is repeated. Frames that repeat the one before them are
   * neither looked at nor made sharp again. Memory does not depend on the number of frames. A frame is not
   * looked at any more when the next is asked for.
   *
   * @param options.overwrites every sharp frame is written over the one before it: what goes through a stream
   * leaves nothing to collect.
   * @param options.from number of the first frame that is wanted, counted from 0. Those before it are only
   * looked at, so that the others become what they are in the whole clip.
   * @throws UnblurError when a frame has another size than those before it, or one that the memory budget
   * does not allow.
   */
  deblur(
    frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
    options?: { overwrites?: boolean; from?: number },
  ): AsyncGenerator<RgbImage, void, undefined>;
}

const defaultMemoryBudgetBytes = 3 * 1024 ** 3;
/** What neighbouring tiles share: motions longer than half of this may show at seams. */
const overlapPixels = 128;

/**
 * Makes a deblurrer from weights. The network is opened for the size of the frames.
 *
 * @throws UnblurError when an option makes no sense or the weights do not hold together.
 */
export function createVideoDeblurrer({
  weights,
  engine,
  memoryBudgetBytes = defaultMemoryBudgetBytes,
  mirrored = false,
  windowsOnly = false,
}: VideoDeblurrerOptions): VideoDeblurrer {
  expectNetworkOptions({ weights, memoryBudgetBytes });
  const { config, values } = explainWeights(() => videoDeblurFamily.readWeights(weights));
  const limits = {
    multiple: videoDeblurFamily.sizeMultiple(config),
    overlapPixels,
    maximumPixels: Math.floor(memoryBudgetBytes / memoryBytesPerPixel(config)),
  };

  function expectFrameSize(width: number, height: number): void {
    const neededBytes = width * height * frameBytesPerPixel(config);
    if (neededBytes <= memoryBudgetBytes) return;
    const inGiB = (bytes: number) => `${Number((bytes / 2 ** 30).toFixed(1))} GiB`;
    throw new UnblurError(
      `Frames of ${width}x${height} take ${inGiB(neededBytes)} of memory, more than the budget of ${inGiB(memoryBudgetBytes)}; scale the clip down first, or allow more with --memory ${Math.ceil(neededBytes / 2 ** 30)}`,
    );
  }

  async function open(width: number, height: number, overwrites: boolean): Promise<TiledSequence> {
    expectFrameSize(width, height);
    const plan = planTiles(roundUp(width, limits.multiple), roundUp(height, limits.multiple), limits);
    const sessions = await openVideoNetwork(config, values, plan.tileWidth, plan.tileHeight, engine);
    return new TiledSequence(
      width,
      height,
      plan,
      mirrored ? averageWithMirrorImage(sessions) : sessions,
      config.stages,
      overwrites,
      !windowsOnly,
    );
  }

  async function* deblur(
    frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
    { overwrites = false, from = 0 } = {},
  ): AsyncGenerator<RgbImage, void, undefined> {
    const reach = config.stages;
    let sequence: TiledSequence | undefined;
    /** How often each sharp frame that is yet to come of the present shot is shown. */
    const awaited: number[] = [];
    /** Frames of the present shot before the first that is wanted, as far as that one looks. */
    let before: RgbImage[] = [];
    let seen = 0;

    function* shown(sharp: RgbImage | undefined): Generator<RgbImage, void, undefined> {
      if (sharp) for (let times = awaited.shift()!; times > 0; times--) yield sharp;
    }
    async function* finishShot(): AsyncGenerator<RgbImage, void, undefined> {
      while (awaited.length > 0) yield* shown(await sequence!.pushAgain());
    }

    try {
      const checked = expectOneSize(frames);
      for await (const { frame, shownFrames, startsShot } of windowsOnly
        ? asOneShot(checked)
        : inShots(checked)) {
        if (startsShot) {
          yield* finishShot();
          before = [];
        }
        seen += shownFrames;
        if (seen <= from) {
          before = [...before, { ...frame, data: frame.data.slice() }].slice(-reach);
          continue;
        }
        sequence ??= await open(frame.width, frame.height, overwrites);
        if (awaited.length === 0) {
          sequence.restart();
          const first = before[0] ?? frame;
          for (let copy = before.length; copy < reach; copy++) await sequence.push(first);
          for (const neighbour of before) await sequence.push(neighbour);
          before = [];
        }
        awaited.push(Math.min(shownFrames, seen - from));
        yield* shown(await sequence.push(frame));
      }
      yield* finishShot();
    } finally {
      await sequence?.release();
    }
  }
  return { config, mirrored, expectFrameSize, deblur };
}

/** @throws UnblurError when a frame has another size than the first. */
async function* expectOneSize(
  frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
): AsyncGenerator<RgbImage, void, undefined> {
  let size: { width: number; height: number } | undefined;
  for await (const frame of frames) {
    expectRgbImage(frame);
    size ??= { width: frame.width, height: frame.height };
    if (frame.width !== size.width || frame.height !== size.height) {
      throw new UnblurError(
        `Expected frames of one size, ${size.width}x${size.height} like the first, but one is ${frame.width}x${frame.height}; scale the clip to one size first`,
      );
    }
    yield frame;
  }
}

async function* asOneShot(frames: AsyncIterable<RgbImage>): AsyncGenerator<ShotFrame, void, undefined> {
  let startsShot = true;
  for await (const frame of frames) {
    yield { frame, shownFrames: 1, startsShot };
    startsShot = false;
  }
}

/** A cascade per tile of the frames, whose results are blended. */
class TiledSequence {
  /** Buffers that every frame goes through. */
  readonly #padded: RgbImage;
  /**
   * Where the frame lies in it: in the middle, so that what is mirrored, whose motion is too, is as narrow as
   * can be.
   */
  readonly #left: number;
  readonly #top: number;
  readonly #tile: Float32Array;
  readonly #sharp: Float32Array | undefined;
  readonly #tiles: { column: number; row: number; cascade: VideoCascade }[];
  readonly #columnShares: Float32Array[];
  readonly #rowShares: Float32Array[];

  readonly #sessions: VideoNetworkSessions;
  readonly #plan: TilePlan;
  constructor(
    readonly width: number,
    readonly height: number,
    plan: TilePlan,
    sessions: VideoNetworkSessions,
    stages: number,
    overwrites: boolean,
    keepsStill: boolean,
  ) {
    this.#sessions = sessions;
    this.#plan = plan;
    const [paddedWidth, paddedHeight] = [
      plan.columns.at(-1)! + plan.tileWidth,
      plan.rows.at(-1)! + plan.tileHeight,
    ];
    this.#padded = {
      width: paddedWidth,
      height: paddedHeight,
      data: new Float32Array(paddedWidth * paddedHeight * 3),
    };
    [this.#left, this.#top] = [
      Math.floor((paddedWidth - width) / 2),
      Math.floor((paddedHeight - height) / 2),
    ];
    this.#tile = new Float32Array(plan.tileWidth * plan.tileHeight * 3);
    this.#sharp = overwrites ? new Float32Array(width * height * 3) : undefined;
    this.#tiles = plan.rows.flatMap((_, row) =>
      plan.columns.map((_start, column) => ({
        column,
        row,
        cascade: new VideoCascade(sessions, stages, keepsStill),
      })),
    );
    this.#columnShares = featherShares(this.#padded.width, plan.tileWidth, plan.columns);
    this.#rowShares = featherShares(this.#padded.height, plan.tileHeight, plan.rows);
  }

  push(frame: RgbImage): Promise<RgbImage | undefined> {
    const padded = padByReflection(frame, this.#padded.width, this.#padded.height, {
      left: this.#left,
      top: this.#top,
      data: this.#padded.data,
    });
    // A frame that needs no padding is given back itself.
    if (padded === frame) this.#padded.data.set(frame.data);
    return this.pushAgain();
  }

  /** Pushes the frame that was pushed last. */
  async pushAgain(): Promise<RgbImage | undefined> {
    const padded = this.#padded;
    if (this.#tiles.length === 1) {
      const sharp = await this.#tiles[0]!.cascade.push(padded.data);
      return sharp && this.#finish(sharp);
    }
    let canvas: Float32Array | undefined;
    for (const { column, row, cascade } of this.#tiles) {
      const sharp = await cascade.push(
        crop(
          padded,
          3,
          this.#plan.columns[column]!,
          this.#plan.rows[row]!,
          this.#plan.tileWidth,
          this.#plan.tileHeight,
          this.#tile,
        ),
      );
      if (!sharp) continue;
      canvas ??= new Float32Array(this.#padded.data.length);
      this.#blend(canvas, sharp, column, row);
    }
    return canvas && this.#finish(canvas);
  }

  /** Begins another sequence. */
  restart(): void {
    for (const { cascade } of this.#tiles) cascade.restart();
  }

  release(): Promise<void> {
    return this.#sessions.release();
  }

  #blend(canvas: Float32Array, tile: Float32Array, column: number, row: number): void {
    const { tileWidth, tileHeight } = this.#plan;
    for (let y = 0; y < tileHeight; y++) {
      const start = ((this.#plan.rows[row]! + y) * this.#padded.width + this.#plan.columns[column]!) * 3;
      for (let x = 0; x < tileWidth; x++) {
        const share = this.#rowShares[row]![y]! * this.#columnShares[column]![x]!;
        for (let channel = 0; channel < 3; channel++) {
          canvas[start + 3 * x + channel]! += share * tile[(y * tileWidth + x) * 3 + channel]!;
        }
      }
    }
  }

  /** The frame's own part, in display range. */
  #finish(values: Float32Array): RgbImage {
    const data = crop(
      { width: this.#padded.width, data: values },
      3,
      this.#left,
      this.#top,
      this.width,
      this.height,
      this.#sharp,
    );
    for (let i = 0; i < data.length; i++) data[i] = Math.min(1, Math.max(0, data[i]!));
    return { width: this.width, height: this.height, data };
  }
}

/**
 * What ONNX Runtime needs for each pixel of a frame: several times the layer with the largest output, since
 * it frees what it no longer needs, and what the reconstruction's encoder keeps for its decoder.
 */
function memoryBytesPerPixel(config: VideoDeblurConfig): number {
  const { costs } = videoDeblurFamily.declare(config);
  const largest = Math.max(
    ...costs.map(({ level, outputChannels }) => (4 * outputChannels) / 4 ** (level ?? 0)),
  );
  return 8 * largest + 200;
}

/**
 * What is kept for each pixel of a frame however small the tiles: per stage of the cascade three frames with
 * their pyramids and flows, then the frame as it is read, padded, blended, cropped and written, and those
 * that wait until cuts are known.
 */
function frameBytesPerPixel({ stages, flow }: VideoDeblurConfig): number {
  const pyramidValues = flow.pyramidChannels.map((channels, index) =>
    index + 1 < flow.finestLevel ? 0 : channels / 4 ** (index + 1 + (flow.inputLevel ?? 0)),
  );
  const keptValues = 3 + 2 + pyramidValues.reduce((sum, values) => sum + values, 0);
  const [floatFrameBytes, integerFrameBytes] = [12, 6];
  return stages * 3 * 4 * keptValues + (4 + judgedFrames + 1) * floatFrameBytes + 2 * integerFrameBytes;
}
