import { filterOf, withLayerRanges } from '@unblur/core-model';
import type { LayerRanges, SafetensorsBytes, WeightValues } from '@unblur/core-model';
import { createSession } from '@unblur/onnx/node';
import { createVideoDeblurrer, expectStream, type ComputeEngine, type RgbImage } from '@unblur/restoration';
import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import { describeType } from '@unblur/files/parsed-value';
import { traceFunction } from './onnx-engine.js';
import { createRestorerOn } from './photo/restorer.js';

/** Narrower layers take little time, and stay in floating point: those that read and write pixels. */
const fewestChannels = 32;

export interface CalibrationOptions {
  /** The bytes of a `.safetensors` file of any network. */
  weights: SafetensorsBytes;
  /** Beginnings of the names of layers that stay in floating point, such as `encoder0`. Default: none. */
  except?: readonly string[] | undefined;
  /** Processor threads to use. Default: all cores. */
  threads?: number | undefined;
}

const calibrationOptions: OptionNames<CalibrationOptions> = { weights: true, except: true, threads: true };

/**
 * Finds the range of values in each layer of a network for photographs, on blurred photographs of the kind it
 * is for.
 *
 * @returns the weights file with those ranges: with them, restorers compute in 8-bit integers.
 * @throws UnblurError when the weights are invalid or there is no photograph.
 */
export async function calibrateOnPhotos(
  calibration: CalibrationOptions,
  photos: AsyncIterable<RgbImage> | Iterable<RgbImage>,
): Promise<Uint8Array> {
  const { weights, ...options } = expectOptions(
    calibration,
    calibrationOptions,
    'calibrateOnPhotos({ weights }, photos)',
  );
  expectStream(photos, 'photographs, as a list or a stream of images such as loadPhoto gives');
  const observer = new RangeObserver(options);
  const restorer = await createRestorerOn(async () => observer.engine, { weights });
  // Where frames can be had at any time, the ends of the exposure and its middle tell enough.
  const choice = restorer.anyTime ? { times: [-1, 0, 1] } : {};
  try {
    for await (const photo of photos) await restorer.restore(photo, choice);
  } finally {
    await restorer.release();
  }
  return withLayerRanges(weights, observer.ranges());
}

/** The same for a video network, on blurred clips. */
export async function calibrateOnClips(
  calibration: CalibrationOptions,
  clips: AsyncIterable<AsyncIterable<RgbImage>> | Iterable<Iterable<RgbImage>>,
): Promise<Uint8Array> {
  const { weights, ...options } = expectOptions(
    calibration,
    calibrationOptions,
    'calibrateOnClips({ weights }, clips)',
  );
  expectStream(clips, 'clips, as a list or a stream of lists or streams of frames');
  const observer = new RangeObserver(options);
  const deblurrer = createVideoDeblurrer({ weights, engine: observer.engine });
  for await (const clip of clips) {
    for await (const _ of deblurrer.deblur(clip)) void _;
  }
  return withLayerRanges(weights, observer.ranges());
}

/**
 * Of what pictures reach, a range holds what all but the most extreme tenth do: steps are finer for it, and what
 * few reach is clipped. With all layers of the shipped photo network in integers, frames are so nearer to those in
 * floating point (48.5 dB; with all that was met 45.7, with what half of the pictures reach 43.1).
 */
const heldShare = 0.9;

/** An engine that computes in floating point and keeps what layers were given and gave. */
class RangeObserver {
  readonly engine: ComputeEngine;
  /** Of every run that had the layer: least and greatest input, least and greatest output. */
  readonly #extremes = new Map<string, Float32Array[]>();

  constructor({ except = [], threads }: Omit<CalibrationOptions, 'weights'>) {
    if (!Array.isArray(except)) {
      throw new UnblurError(
        `Expected a list for except, such as ['encoder0'], but received ${describeType(except)}`,
      );
    }
    this.engine = {
      memoryFactor: 1,
      open: async (fn) => {
        const { values } = fn.weights;
        const layers = wideLayers(values, except);
        const { graph, outputShapes } = traceFunction(fn, {
          observed: layers.map((layer) => values[filterOf(layer)]!),
        });
        const session = await createSession(graph, { threads, memoryPattern: false });
        return {
          outputShapes,
          run: async (inputs) => {
            const { ranges, ...outputs } = (await session.run(inputs)) as Record<string, Float32Array>;
            layers.forEach((layer, index) => this.#keep(layer, ranges!.slice(4 * index, 4 * index + 4)));
            return outputs;
          },
          release: () => session.release(),
        };
      },
    };
  }

  /** @throws UnblurError where nothing was computed. */
  ranges(): LayerRanges {
    if (this.#extremes.size === 0) {
      throw new UnblurError(
        `Expected pictures to calibrate on, and a network with convolutions of at least ${fewestChannels} channels, but there is none`,
      );
    }
    return Object.fromEntries(
      [...this.#extremes].map(([layer, runs]) => {
        const held = (index: number, share: number) =>
          quantile(
            runs.map((run) => run[index]!),
            share,
          );
        return [
          layer,
          {
            input: [held(0, 1 - heldShare), held(1, heldShare)],
            output: [held(2, 1 - heldShare), held(3, heldShare)],
          },
        ];
      }),
    );
  }

  #keep(layer: string, extremes: Float32Array): void {
    const isPart = extremes[0]! <= extremes[1]!;
    if (!isPart) return;
    const runs = this.#extremes.get(layer);
    if (runs) runs.push(extremes);
    else this.#extremes.set(layer, [extremes]);
  }
}

/** The value below which a share of some values lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))]!;
}

/**
 * Convolutions that are worth computing in integers.
 *
 * @throws UnblurError where one of the exceptions is of none.
 */
function wideLayers(weights: WeightValues, except: readonly string[]): string[] {
  const suffix = filterOf('');
  const layers = Object.entries(weights)
    .filter(([name, { shape }]) => {
      const [, , inputs = 0, outputs = 0] = shape;
      return name.endsWith(suffix) && Math.min(inputs, outputs) >= fewestChannels;
    })
    .map(([name]) => name.slice(0, -suffix.length));
  const unknown = except.find((beginning) => !layers.some((layer) => layer.startsWith(beginning)));
  if (unknown !== undefined) {
    const groups = [...new Set(layers.map((layer) => layer.split('.')[0]!))];
    throw new UnblurError(
      `Expected the beginnings of layer names, such as ${groups.join(', ')}, to keep in floating point but received '${unknown}'`,
    );
  }
  return layers.filter((layer) => !except.some((beginning) => layer.startsWith(beginning)));
}
