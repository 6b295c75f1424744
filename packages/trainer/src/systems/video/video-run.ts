import { averagingSpaces } from '@unblur/datasets';
import type { AveragingChoice } from '@unblur/datasets';
import { flowMultiple, videoDeblurFamily, videoDeblurPresets, windowFrames } from '@unblur/core-model';
import type { VideoDeblurConfig } from '@unblur/core-model';
import {
  adamFields,
  batchSizeField,
  cacheMegabytesField,
  expectAffordable,
  expectMultiples,
  initialWeights,
  networkField,
  positive,
  runFields,
  share,
  sizePixelsField,
  validationCount,
  wholeNumber,
  whereGiven,
  workersField,
} from '../../run-file/fields.js';
import { readSource } from '../../run-file/sources.js';
import type { WeightedSource } from '../../run-file/sources.js';
import {
  checked,
  either,
  join,
  list,
  number,
  oneOf,
  optional,
  pair,
  readMapping,
  section,
  text,
  withDefault,
} from '../../run-file/schema.js';
import type { Field, FieldType } from '../../run-file/schema.js';

const framesRange = pair(number({ min: 1, max: 1000, integer: true }));

const averagingField: Field<AveragingChoice> = either(
  oneOf(...averagingSpaces),
  section(Object.fromEntries(averagingSpaces.map((space) => [space, withDefault(number({ min: 0 }), 0)]))),
  `${averagingSpaces.join(' or ')}, or weights of these`,
);

const source = section({
  /** Folder of videos as pictures, relative to the run file: see `videoWindowBatches` of @unblur/datasets. */
  folder: text,
  /** Names of the folders in it that are used; all if not said. */
  videos: optional(list(text)),
  /** How often it is drawn from, relative to the other sources. */
  weight: withDefault(number({ min: 0 }), 1),
  exposureFrames: withDefault(framesRange, [3, 9]),
  steadyShare: withDefault(share, 0.5),
  strideFrames: withDefault(framesRange, [1, 4]),
  halvedShare: withDefault(share, 0.3),
  averaging: withDefault(averagingField, 'display'),
  softnessPixels: optional(pair(number({ min: 0 }))),
});

/**
 * Windows rendered from pictures in place of videos, on the device alone: see `open_window_source` of the
 * Python program.
 */
const rendered: Field<RenderedWindowSource> = {
  read: (value, path) => {
    const { shutterShare, steadyShare, ...own } = readMapping(value, path);
    return {
      ...(readSource(own, windowSourceSizePixels, path) as WeightedSource & {
        kind: 'panorama' | 'layers';
      }),
      shutterShare: withDefault(pair(share), [0.3, 1]).read(shutterShare, join(path, 'shutterShare')),
      steadyShare: withDefault(share, 0.5).read(steadyShare, join(path, 'steadyShare')),
    };
  },
};

/** As far as options of such sources depend on the size of pictures. */
const windowSourceSizePixels = 256;

/** Windows of panoramas or still photographs before a camera that moves. */
export type RenderedWindowSource = WeightedSource & {
  kind: 'panorama' | 'layers';
  /** The part of the time between two frames that the shutter is open. */
  shutterShare: [number, number];
  /** Share of the windows whose frames are exposed alike. */
  steadyShare: number;
};

const anySource: Field<FieldType<typeof source> | RenderedWindowSource> = {
  read: (value, path) => {
    const { kind } = readMapping(value, path);
    if (kind === undefined) return source.read(value, path);
    oneOf('panorama', 'layers').read(kind, join(path, 'kind'));
    return rendered.read(value, path);
  },
};

const data = section({
  sources: list(anySource),
  sizePixels: withDefault(sizePixelsField, 128),
  cacheMegabytes: withDefault(cacheMegabytesField, 512),
});

/**
 * What the flow network learns before the cascade: the known flow of synthetic layers that move over each
 * other.
 */
const flowPretraining = section({
  /** Folder of still photographs, relative to the run file. */
  folder: text,
  steps: positive,
  batchSize: withDefault(batchSizeField, 4),
  learningRate: withDefault(number({ min: 0 }), 0.0005),
  workers: withDefault(workersField, 1),
  /** How far the whole scene, and an object against it, move over five frames, in pixels. */
  cameraPixels: withDefault(pair(number({ min: 0 })), [0, 32]),
  objectPixels: withDefault(pair(number({ min: 0 })), [2, 40]),
});

/** The defaults are those of the authors' program. */
const loss = section({
  norm: withDefault(oneOf('l1', 'log-l1', 'log-l2'), 'l1'),
  hardShare: withDefault(share, 0.5),
  hardWeight: withDefault(number({ min: 0 }), 2),
});

const optimizer = section({
  ...adamFields,
  /**
   * Of the flow network, which starts trained, or stays as it is at 0; `learningRate` is the
   * reconstruction's.
   */
  flowLearningRate: withDefault(number({ min: 0 }), 0.000001),
});

const schedule = section({
  /** Shares of the cascade's steps after which the learning rates are multiplied by `factor`. */
  at: withDefault(list(share), [0.4, 0.8]),
  factor: withDefault(share, 0.5),
  warmupSteps: withDefault(wholeNumber, 0),
});

const validation = section({
  /** Folder of videos that no training sample comes from, relative to the run file. */
  folder: text,
  videos: optional(list(text)),
  everySteps: withDefault(positive, 500),
  count: withDefault(validationCount, 24),
  sizePixels: withDefault(sizePixelsField, 128),
  exposureFrames: withDefault(framesRange, [7, 7]),
  strideFrames: withDefault(framesRange, [1, 1]),
  seed: withDefault(wholeNumber, 1),
});

const run = section({
  system: oneOf('video-deblur'),
  network: networkField<VideoDeblurConfig>(videoDeblurPresets, 'paper', videoDeblurFamily.validate),
  data,
  flowPretraining: optional(flowPretraining),
  loss,
  optimizer,
  schedule,
  /** Weight updates of the cascade, after those of the flow network. */
  steps: positive,
  ...runFields,
  emaDecay: withDefault(share, 0.998),
  validation,
  /**
   * Weights to start from instead of random ones. They may be of a network of another number of stages or
   * scales, since these share their weights.
   */
  initialWeights: optional(initialWeights),
  /**
   * Video-deblurring weights whose flow network is taken, whatever their reconstruction, relative to the run
   * file.
   */
  initialFlow: optional(text),
  /**
   * Beginnings of the names of the weights that the cascade's steps train, such as `fusion.`; the others stay
   * as they are. Default: all.
   */
  trainedParts: optional(list(text)),
});

/** A video-deblurring run, complete: every default filled in, every path absolute. */
export type VideoRunConfig = FieldType<typeof run>;

export const videoRunConfigField: Field<VideoRunConfig> = checked(run, expectConsistent);

/** `SystemDefinition.changePaths`. */
export function changeVideoPaths(config: VideoRunConfig, change: (path: string) => string): VideoRunConfig {
  const {
    data: videos,
    validation: held,
    flowPretraining: layers,
    initialWeights: start,
    initialFlow,
  } = config;
  return {
    ...config,
    data: { ...videos, sources: videos.sources.map((each) => ({ ...each, folder: change(each.folder) })) },
    validation: { ...held, folder: change(held.folder) },
    flowPretraining: layers && { ...layers, folder: change(layers.folder) },
    initialWeights: start && { ...start, file: change(start.file) },
    initialFlow: whereGiven(change)(initialFlow),
  };
}

/** What no single field can check. */
function expectConsistent({
  network,
  batchSize,
  data: videos,
  validation: held,
  flowPretraining: layers,
}: VideoRunConfig): void {
  expectMultiples({ data: videos, validation: held }, videoDeblurFamily.sizeMultiple(network));
  // A window is held blurred and sharp.
  expectAffordable({ batchSize, data: videos, validation: held }, 2 * windowFrames(network) - 1);
  const multiple = flowMultiple(network.flow);
  if (layers && videos.sizePixels % multiple !== 0) {
    throw new Error(
      `Expected a multiple of ${multiple} for 'data.sizePixels', so that known flows fit every level, but received ${videos.sizePixels}.`,
    );
  }
}
