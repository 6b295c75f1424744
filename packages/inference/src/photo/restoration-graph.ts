import {
  add,
  clipByValue,
  concat,
  mirrorPad,
  slice,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import {
  clipFamily,
  clipFrames,
  consistencyCorrection,
  consistencyTimes,
  frameExtractionFamily,
  frameTimes,
  paperFamily,
  photoFamily,
  photoMultiple,
  readSafetensorsMetadata,
  trajectoryStridePixels,
  videoDeblurFamily,
  weightTensors,
  windowFrames,
  type NamedTensors,
  type NetworkWeights,
  type SafetensorsBytes,
} from '@unblur/core-model';
import { trace } from '@unblur/onnx';
import { expectOptions, type OptionNames, UnblurError } from '@unblur/files';
import {
  anyTimes,
  describeOtherNetwork,
  explainWeights,
  type FixedTimesNetwork,
  int8Convolutions,
  photoFrames,
  type Precision,
  readFixedTimesNetwork,
  roundUp,
  selectFrames,
  UnusableWeightsError,
} from '@unblur/restoration';
import { expectPrecision } from '../onnx-engine.js';

/** What an exported graph is made for. */
export interface RestorationSize {
  heightPixels: number;
  widthPixels: number;
  /** Frames of one photograph. Default: 7, or those that the network has. */
  frames?: number | undefined;
  /** `int8`: layers that are calibrated compute in 8-bit integers. Default: `float32`. */
  precision?: Precision | undefined;
}

const sizeOptions: OptionNames<RestorationSize> = {
  heightPixels: true,
  widthPixels: true,
  frames: true,
  precision: true,
};

/** An input or output tensor of a graph. */
export interface TensorFacts {
  shape: number[];
  /** Axes, units and range, in words. */
  meaning: string;
}

/** A restoring network with its weights as an `.onnx` file for one size. */
export interface RestorationGraph {
  bytes: Uint8Array;
  network: 'photo' | 'paper' | 'frame-extraction' | 'video-deblur' | 'clip';
  inputs: Record<string, TensorFacts>;
  outputs: Record<string, TensorFacts>;
  /** When each frame is shown, from -1, when the shutter opens, to 1; undefined for video. */
  times?: number[] | undefined;
}

/** A network as a function of images `[n, height, width, 3]` whose sides are multiples of `multiple`. */
interface Restoration {
  network: RestorationGraph['network'];
  multiple: number;
  /**
   * Where an image lies in one that is larger: a photograph at the top left, a frame of a video in the
   * middle, as when they are restored here.
   */
  placement: 'top-left' | 'middle';
  input: { name: string; images: number; meaning: string };
  outputs: Record<string, Output>;
  /** From the images that it takes, one after the other along the batch. */
  restore(images: Tensor4D, weights: NamedTensors): Record<string, Tensor4D>;
  weights: NetworkWeights;
  metadata: Record<string, string>;
  times?: number[];
}

interface Output {
  /** How many pixels one of its values stands for, along each axis. */
  stridePixels: (output: Tensor4D, image: Tensor4D) => number;
  meaning: string;
}

const imageMeaning =
  'height, width, colour; RGB from 0 to 1 as in the picture file (8-bit values divided by 255)';
const frameOutput: Output = { stridePixels: () => 1, meaning: `[frame, ${imageMeaning}], in time order` };
const motionOutput: Output = {
  stridePixels: (motion, image) => image.shape[2] / motion.shape[2],
  meaning:
    '[frame, row, column, (x, y)]: where the scene lies relative to the middle of the exposure, in pixels of the photograph, x to the right and y down',
};
const photographInput = {
  name: 'blurred',
  images: 1,
  meaning: `[1, ${imageMeaning}]: the blurred photograph`,
};

/**
 * Traces the restoration that a weights file describes, of photographs or of the middle frame of a few frames
 * of video, for images of one size.
 *
 * Sizes need not be multiples of the network's: the graph pads images by mirroring them at their edges, as
 * restorers do, and crops the result. Frames of the photo network are corrected to average to the photograph,
 * as restorers do too. Images are clamped to [0, 1]. Weights that the file holds as float16 stay float16.
 *
 * @param file the bytes of a `.safetensors` file of any of the networks.
 * @throws UnblurError where the weights are invalid, a side is shorter than the network can take, or the
 * network has no such number of frames.
 */
export function traceRestoration(file: SafetensorsBytes, size: RestorationSize): RestorationGraph {
  expectOptions(size, sizeOptions, 'traceRestoration(weights, { heightPixels: 480, widthPixels: 640 })');
  const { heightPixels, widthPixels, frames, precision = 'float32' } = size;
  expectPrecision(precision);
  const { network, multiple, placement, input, outputs, restore, weights, metadata, times } =
    describeRestoration(file, frames);
  if (![heightPixels, widthPixels].every((pixels) => Number.isInteger(pixels) && pixels >= multiple)) {
    throw new UnblurError(
      `Expected a height and width of at least ${multiple} whole pixels for this ${network} network but received ${String(heightPixels)}x${String(widthPixels)}`,
    );
  }
  const shape = [input.images, heightPixels, widthPixels, 3];
  const inputs = { [input.name]: { shape, meaning: input.meaning } };
  const entries: Record<string, string> = {
    ...metadata,
    'unblur.network': network,
    ...(times && { 'unblur.times': JSON.stringify(times) }),
    ...Object.fromEntries(
      [...Object.entries(inputs), ...Object.entries(outputs)].map(([name, { meaning }]) => [
        `unblur.${name}`,
        `float32 ${meaning}`,
      ]),
    ),
  };
  const { bytes, outputs: signature } = trace(
    (tensors) => {
      const images = tensors[input.name] as Tensor4D;
      const padded = padToMultiple(images, multiple, placement);
      const restored = restore(padded.images, weightTensors(weights.values));
      return Object.fromEntries(
        Object.entries(restored).map(([name, output]): [string, Tensor] => {
          const stridePixels = outputs[name]!.stridePixels(output, padded.images);
          const size = [
            Math.ceil(heightPixels / stridePixels),
            Math.ceil(widthPixels / stridePixels),
          ] as const;
          return [
            name,
            slice(
              output,
              [0, padded.top / stridePixels, padded.left / stridePixels, 0],
              [output.shape[0], ...size, output.shape[3]],
            ),
          ];
        }),
      );
    },
    { [input.name]: { shape } },
    {
      metadata: entries,
      storeHalves: true,
      int8: precision === 'int8' ? int8Convolutions(weights) : [],
    },
  );
  return {
    bytes,
    network,
    inputs,
    outputs: Object.fromEntries(
      Object.entries(signature).map(([name, output]) => [
        name,
        { shape: output.shape, meaning: outputs[name]!.meaning },
      ]),
    ),
    times,
  };
}

/** Mirrors images at their edges, the edge pixels not repeated, up to the next multiple. */
function padToMultiple(
  images: Tensor4D,
  multiple: number,
  placement: Restoration['placement'],
): { images: Tensor4D; top: number; left: number } {
  const [missingRows, missingColumns] = images.shape
    .slice(1, 3)
    .map((size) => roundUp(size, multiple) - size) as [number, number];
  const [top, left] =
    placement === 'middle' ? [Math.floor(missingRows / 2), Math.floor(missingColumns / 2)] : [0, 0];
  if (missingRows + missingColumns === 0) return { images, top, left };
  return {
    images: mirrorPad(
      images,
      [
        [0, 0],
        [top, missingRows - top],
        [left, missingColumns - left],
        [0, 0],
      ],
      'reflect',
    ),
    top,
    left,
  };
}

function describeRestoration(file: SafetensorsBytes, frames: number | undefined): Restoration {
  const metadata = explainWeights(() => readSafetensorsMetadata(file));
  if (Object.hasOwn(metadata, videoDeblurFamily.configKey)) {
    const { config, metadata, ...weights } = explainWeights(() => videoDeblurFamily.readWeights(file));
    const network = videoDeblurFamily.declare(config);
    return videoRestoration(frames, {
      weights,
      metadata,
      network: 'video-deblur',
      multiple: videoDeblurFamily.sizeMultiple(config),
      window: windowFrames(config),
      deblur: (window, weightTensors) => network.deblur(window, weightTensors).image,
    });
  }
  if (Object.hasOwn(metadata, clipFamily.configKey)) {
    const { config, metadata, ...weights } = explainWeights(() => clipFamily.readWeights(file));
    const network = clipFamily.declare(config);
    return videoRestoration(frames, {
      weights,
      metadata,
      network: 'clip',
      multiple: clipFamily.sizeMultiple(config),
      window: clipFrames(config),
      deblur: (window, weightTensors) => network.deblur(window, weightTensors).at(-1)![0]!.image,
    });
  }
  const fixed = explainWeights(() => readFixedTimesNetwork(file));
  if (fixed) return fixedTimesRestoration(fixed, frames);
  if (Object.hasOwn(metadata, photoFamily.configKey)) return photoRestoration(file, frames);
  throw new UnusableWeightsError(
    `Expected weights of a network for photographs (${photoFamily.name}, ${paperFamily.name}, ${frameExtractionFamily.name}) or for video (${videoDeblurFamily.name}, ${clipFamily.name}) but received ${describeOtherNetwork(metadata)}`,
  );
}

function photoRestoration(file: SafetensorsBytes, frames = photoFrames): Restoration {
  const times = anyTimes(frames);
  const { config, metadata, ...weights } = explainWeights(() => photoFamily.readWeights(file));
  const network = photoFamily.declare(config);
  return {
    network: 'photo',
    multiple: photoMultiple,
    placement: 'top-left',
    input: photographInput,
    outputs: {
      frames: frameOutput,
      motions: { ...motionOutput, stridePixels: () => trajectoryStridePixels },
    },
    restore(blurred, weightTensors) {
      const made = [...new Set([...consistencyTimes, ...times])];
      const { frames: restored, motionsPixels } = network.restore(blurred, made, weightTensors);
      const select = (all: readonly Tensor4D[], wanted: readonly number[]) =>
        wanted.map((time) => all[made.indexOf(time)]!);
      const correction = consistencyCorrection(blurred, select(restored, consistencyTimes));
      return {
        frames: inRange(add(concat(select(restored, times), 0), correction)),
        motions: concat(select(motionsPixels, times), 0),
      };
    },
    weights,
    metadata,
    times,
  };
}

function fixedTimesRestoration(
  { network, config, weights, metadata, multiple, knowsMotion, restore }: FixedTimesNetwork,
  frames = config.frames,
): Restoration {
  const indices = selectFrames(config.frames, frames);
  const select = <T>(all: readonly T[]): T[] => indices.map((index) => all[index]!);
  return {
    network,
    multiple,
    placement: 'top-left',
    input: photographInput,
    outputs: { frames: frameOutput, ...(knowsMotion && { motions: motionOutput }) },
    restore(blurred, weightTensors) {
      const { frames: restored, motionsPixels } = restore(blurred, weightTensors);
      return {
        frames: inRange(concat(select(restored), 0)),
        ...(knowsMotion && { motions: concat(select(motionsPixels), 0) }),
      };
    },
    weights,
    metadata,
    times: select(frameTimes(config.frames)),
  };
}

/** @param video the network, and how many frames in time order it makes the middle one sharp from. */
function videoRestoration(
  frames: number | undefined,
  {
    window,
    deblur,
    ...video
  }: Pick<Restoration, 'network' | 'multiple' | 'weights' | 'metadata'> & {
    window: number;
    deblur(frames: Tensor4D[], weights: NamedTensors): Tensor4D;
  },
): Restoration {
  if (frames !== undefined) {
    throw new UnblurError(
      'Expected no number of frames for a video network, which restores only the middle frame of its window; leave it out',
    );
  }
  return {
    ...video,
    placement: 'middle',
    input: {
      name: 'frames',
      images: window,
      meaning: `[frame, ${imageMeaning}]: ${window} blurred frames of a video that follow each other, in time order`,
    },
    outputs: {
      sharp: { ...frameOutput, meaning: `[1, ${imageMeaning}]: the middle one of the frames, sharp` },
    },
    restore(blurred, weightTensors) {
      const [, height, width] = blurred.shape;
      const single = Array.from({ length: window }, (_, index): Tensor4D =>
        slice(blurred, [index, 0, 0, 0], [1, height, width, 3]),
      );
      return { sharp: inRange(deblur(single, weightTensors)) };
    },
  };
}

const inRange = (images: Tensor4D): Tensor4D => clipByValue(images, 0, 1);
