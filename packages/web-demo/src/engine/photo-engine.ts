import { photoFamily } from '@unblur/core-model';
import {
  analyzePhoto,
  consistencyInputs,
  photoFunctions,
  photoWork,
  type Precision,
  tilesOf,
  type RgbImage,
  type PhotoSceneOptions,
  type TiledScene,
  type TileNetwork,
} from '@unblur/restoration';
import type { Tensor } from 'onnxruntime-common';
import { openFunction, precisionOn, valuesOf } from './compute-engine.js';
import type { Engine } from './engine.js';
import type { Part, WorkRates } from './work-rates.js';

/** A larger photograph is restored in tiles: memory stays low, and there is progress to tell. */
const maximumTilePixels = { wasm: 300_000, webgpu: 1_050_000 };

interface TensorScene {
  middle: Tensor;
  trajectory: Tensor;
  feature: Tensor;
}

type SizedNetwork = TileNetwork<TensorScene> & { close(): Promise<void> };

/** The photo network on an engine, opened for each size of tile that it meets; the last three stay open. */
export class PhotoEngine {
  readonly #engine: Engine;
  readonly #network;
  readonly #weights;
  readonly #work;
  readonly #rates: WorkRates;
  readonly #open = new Map<string, Promise<SizedNetwork>>();

  /**
   * @param weights the bytes of a `.safetensors` file of the photo network.
   * @param rates learn what each run takes, in integers where the engine has them: as photographs are restored.
   */
  constructor(engine: Engine, weights: Uint8Array, rates: WorkRates) {
    this.#engine = engine;
    this.#rates = rates;
    const { config, ...read } = photoFamily.readWeights(weights);
    this.#weights = read;
    this.#network = photoFamily.declare(config);
    this.#work = photoWork(this.#network);
  }

  /**
   * Thousand millions of multiply-adds that a photograph of a size takes, tiles and all: once for its
   * analysis, and for each frame that is rendered.
   */
  workFor(width: number, height: number): Record<Part, number> {
    const { tiles, tileWidth, tileHeight } = tilesOf(width, height, maximumTilePixels[this.#engine.name]);
    return this.#workOf(tiles * tileWidth * tileHeight);
  }

  #workOf(pixels: number): Record<Part, number> {
    const { analysis, frame } = this.#work;
    return { analysis: (analysis * pixels) / 1e9, frame: (frame * pixels) / 1e9 };
  }

  /** Opens the network for photographs of a size, so that the first of them need not wait. */
  async prepare(width: number, height: number): Promise<void> {
    const { tileWidth, tileHeight } = tilesOf(width, height, maximumTilePixels[this.#engine.name]);
    await this.#openFor(tileWidth, tileHeight, 'int8');
  }

  /** Finds out what all frames of a photograph are made from. */
  analyze(
    photo: RgbImage,
    progress: Pick<PhotoSceneOptions<TensorScene>, 'onShare' | 'onHalfSize'>,
    precision: Precision = 'int8',
  ): Promise<TiledScene> {
    return analyzePhoto(photo, {
      ...progress,
      work: this.#work,
      maximumPixels: maximumTilePixels[this.#engine.name],
      open: (width, height) => this.#openFor(width, height, precision),
    });
  }

  async #openFor(width: number, height: number, precision: Precision): Promise<SizedNetwork> {
    const key = `${width}x${height} ${precisionOn(this.#engine, precision)}`;
    const opening = this.#open.get(key) ?? this.#openSessions(width, height, precision);
    this.#open.delete(key);
    this.#open.set(key, opening);
    opening.catch(() => this.#open.delete(key));
    for (const [size, other] of this.#open) {
      if (this.#open.size <= 3) break;
      this.#open.delete(size);
      await (await other).close();
    }
    return opening;
  }

  async #openSessions(width: number, height: number, precision: Precision): Promise<SizedNetwork> {
    const functions = photoFunctions(this.#network, width, height);
    const { lost } = this.#engine;
    const open = async (part: keyof typeof functions) => {
      const fn = { ...functions[part], weights: this.#weights };
      return (await openFunction(this.#engine, fn, precision)).session;
    };
    const [analysis, rendering, consistency] = [
      await open('analysis'),
      await open('rendering'),
      await open('consistency'),
    ];
    const takeValues = async (tensor: Tensor) => {
      const values = await valuesOf(tensor, lost);
      tensor.dispose();
      return values;
    };
    const work = this.#workOf(width * height);
    const learn = (part: Part, start: number) => {
      if (precision === 'int8') this.#rates.learn(part, work[part], (performance.now() - start) / 1000);
    };
    return {
      async analyze(values) {
        const start = performance.now();
        const scene = await Promise.race([analysis.run({ blurred: values }), lost]);
        const { middle, trajectory, feature } = scene as unknown as TensorScene;
        const path = await valuesOf(trajectory, lost);
        learn('analysis', start);
        return { scene: { middle, trajectory, feature }, trajectory: path };
      },
      async renderAt({ middle, trajectory, feature }, time) {
        if (time === 0) return Float32Array.from(await valuesOf(middle, lost));
        const start = performance.now();
        const { frame } = await Promise.race([
          rendering.run({ middle, trajectory, feature, time: Float32Array.of(time) }),
          lost,
        ]);
        const values = await takeValues(frame!);
        learn('frame', start);
        return values;
      },
      async correctionFor(values, frames) {
        const { correction } = await Promise.race([consistency.run(consistencyInputs(values, frames)), lost]);
        return takeValues(correction!);
      },
      release({ middle, trajectory, feature }) {
        for (const tensor of [middle, trajectory, feature]) tensor.dispose();
      },
      async close() {
        await analysis.release();
        await rendering.release();
        await consistency.release();
      },
    };
  }
}
