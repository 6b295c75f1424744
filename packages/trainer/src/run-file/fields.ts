import {
  boolean,
  join,
  list,
  number,
  oneOf,
  optional,
  readMapping,
  section,
  text,
  withDefault,
} from './schema.js';
import type { Field, FieldType } from './schema.js';

// Parts that the run files of several systems have.

// Bounds are far above what makes sense: a typing error is reported before it fills the memory.
export const positive = number({ min: 1, max: 1e9, integer: true });
export const wholeNumber = number({ min: 0, max: Number.MAX_SAFE_INTEGER, integer: true });
export const share = number({ min: 0, max: 1 });
export const batchSizeField = number({ min: 1, max: 4096, integer: true });
/** Side of pictures. */
export const sizePixelsField = number({ min: 1, max: 4096, integer: true });
/** Worker threads that make samples; 0: they are made in the thread of the loop. */
export const workersField = number({ min: 0, max: 256, integer: true });
export const cacheMegabytesField = number({ min: 1, max: 1e6 });
/** Samples to validate on. */
export const validationCount = number({ min: 1, max: 10_000, integer: true });

export const adamFields = {
  learningRate: withDefault(number({ min: 0 }), 1e-4),
  beta1: withDefault(share, 0.9),
  beta2: withDefault(share, 0.999),
  epsilon: withDefault(number({ min: 0 }), 1e-8),
  weightDecay: withDefault(number({ min: 0 }), 0),
  clipNorm: optional(number({ above: 0 })),
};

/** Where in a run the learning rate falls; not at its end, where nothing would learn at the lower one. */
export const decayShares = list(number({ above: 0, below: 1 }));

/**
 * The learning rate falls by a factor at given shares of the run. The paper: 0.5 at epochs 40 and 60 of 80,
 * which is `at: [0.5, 0.75]`.
 */
const stepSchedule = section({
  kind: oneOf('step'),
  at: withDefault(decayShares, [0.5, 0.75]),
  factor: withDefault(share, 0.5),
  /** Steps over which the learning rate rises linearly from nothing. */
  warmupSteps: withDefault(wholeNumber, 0),
});

/**
 * The learning rate follows half a cosine from its full value to a share of it (Loshchilov and Hutter 2017,
 * without restarts).
 */
const cosineSchedule = section({
  kind: oneOf('cosine'),
  /** Share of the learning rate that the last step has. */
  finalShare: withDefault(share, 0.01),
  warmupSteps: withDefault(wholeNumber, 0),
});

export type ScheduleConfig = FieldType<typeof stepSchedule> | FieldType<typeof cosineSchedule>;

export const scheduleField: Field<ScheduleConfig> = {
  read: (value = { kind: 'step' }, path) => {
    const kind = oneOf('step', 'cosine').read(readMapping(value, path)['kind'], join(path, 'kind'));
    return (kind === 'step' ? stepSchedule : cosineSchedule).read(value, path);
  },
};

/** Weights to start from. */
export const initialWeights = section({
  /** `.safetensors` file, relative to the run file. */
  file: text,
  /**
   * Beginnings of the names of the weights that are taken from it, such as `encoder`; the others start at
   * random. Default: all, and the network must be the same.
   */
  parts: optional(list(text)),
});

/** @throws unless the pictures of training and of validation have sizes that the network takes. */
export function expectMultiples(
  { data, validation }: { data: { sizePixels: number }; validation: { sizePixels: number } },
  multiple: number,
): void {
  for (const [path, { sizePixels }] of Object.entries({ data, validation })) {
    if (sizePixels % multiple !== 0) {
      throw new Error(
        `Expected a multiple of ${multiple} for '${path}.sizePixels' but received ${sizePixels}.`,
      );
    }
  }
}

/** Values of a batch, and of all validation samples, are held in memory at once. */
const maxSamplesGibibytes = 64;

/**
 * @param frames pictures in a sample beside the blurred one.
 * @throws unless a batch, and the samples to validate on, fit into memory.
 */
export function expectAffordable(
  {
    batchSize,
    data,
    validation,
  }: { batchSize: number; data: { sizePixels: number }; validation: { sizePixels: number; count: number } },
  frames: number,
): void {
  const gibibytes = (samples: number, sizePixels: number) =>
    (samples * (frames + 1) * sizePixels ** 2 * 3 * Float32Array.BYTES_PER_ELEMENT) / 2 ** 30;
  const needs = {
    "'batchSize' and 'data.sizePixels'": gibibytes(batchSize, data.sizePixels),
    "'validation.count' and 'validation.sizePixels'": gibibytes(validation.count, validation.sizePixels),
  };
  for (const [fields, need] of Object.entries(needs)) {
    if (need > maxSamplesGibibytes) {
      throw new Error(
        `Expected ${fields} that take at most ${maxSamplesGibibytes} GiB but the samples of ${frames} frames would take ${Math.ceil(need)} GiB; make them smaller or fewer.`,
      );
    }
  }
}

/** How PyTorch is to compute. */
export const torchSection = section({
  /** `bfloat16`: convolutions and matrix products; images, motions, sampling and losses stay in float32. */
  precision: withDefault(oneOf('float32', 'bfloat16'), 'float32'),
  /** Images and filters with channels last in memory. */
  channelsLast: withDefault(boolean, true),
  /** Whether torch.compile is used: a longer start, faster steps on a GPU. Needs torch 2. */
  compile: withDefault(boolean, false),
});

/** How samples are made and kept on the device that trains; see `python/unblur_torch/sample_pool.py`. */
export const deviceSection = section({
  /** Samples held; the oldest make room for new ones. */
  samples: withDefault(number({ min: 1, max: 1e6, integer: true }), 2048),
  /** Side of the pictures held, from which crops are cut; a multiple of 4. */
  sizePixels: withDefault(sizePixelsField, 256),
  /** How often each sample is seen, on average. */
  reuse: withDefault(number({ min: 1, max: 1e6 }), 4),
  /** Samples made before the first step. */
  firstSamples: withDefault(positive, 512),
  /** Samples made in one go. */
  madeAtOnce: withDefault(number({ min: 1, max: 1024, integer: true }), 16),
  /** Largest relative change of each colour channel's brightness. */
  colourGain: withDefault(share, 0.1),
  /** Largest standard deviation of the noise added to the blurred picture, of full white. */
  noiseSigma: withDefault(share, 0),
  /**
   * Largest standard deviation, in pixels, of a Gaussian blur of photograph and frames alike: not everything
   * soft has moved.
   */
  softnessPixels: withDefault(number({ min: 0, max: 2 }), 0),
  /**
   * Frames of a sample that a step compares, the middle one and random pairs about it; default: all. Of the
   * system `photo`.
   */
  framesPerStep: optional(number({ min: 3, max: 99, integer: true })),
  /**
   * Crops that change over the run; default: those of `data.sizePixels` and `batchSize` from beginning to
   * end.
   */
  crops: optional(
    list(
      section({
        share: number({ min: 0.001, max: 1 }),
        sizePixels: sizePixelsField,
        batchSize: batchSizeField,
      }),
    ),
  ),
});

/** What the loop and the engines take from a run file, whatever its system. */
export const runFields = {
  batchSize: withDefault(batchSizeField, 4),
  /** Starting weights and every sample follow from it. */
  seed: withDefault(wholeNumber, 0),
  checkpointEverySteps: withDefault(positive, 200),
  samplesEverySteps: withDefault(positive, 500),
  /**
   * What computes; a run may go on with another one.
   * - `onnxruntime`: on the processor, without Python;
   * - `torch`: PyTorch, on the GPUs it has; its weights stay with it, so it has a learner of its own
   *   (`engines/torch/torch-learner.ts`);
   * - `tfjs-webgpu`: a GPU through the package `webgpu`; `tfjs-tensorflow`: TensorFlow's C library through
   *   `@tensorflow/tfjs-node` or `-gpu`;
   * - `tfjs-cpu`: TensorFlow.js in plain JavaScript, very slow, which the others are tested against.
   */
  engine: withDefault(
    oneOf('onnxruntime', 'torch', 'tfjs-webgpu', 'tfjs-tensorflow', 'tfjs-cpu'),
    'onnxruntime',
  ),
  /** Of the engine `torch`. */
  torch: torchSection,
  /**
   * Where samples are made: on this machine's processor, or on the device that trains, which needs the engine
   * `torch`.
   */
  synthesis: withDefault(oneOf('processor', 'device'), 'processor'),
  /**
   * Of `synthesis: device`: how long the run takes, loading and compiling included. Schedules follow the
   * clock then, and `steps` only says what share of it the warm-up is. Default: as long as `steps` take.
   */
  minutes: optional(number({ min: 0.01, max: 1e5 })),
  /** Of `synthesis: device`. */
  device: deviceSection,
  /** Processor threads of the engine; with several processes, of each. */
  threads: withDefault(number({ min: 1, max: 256, integer: true }), 2),
  /** Of the exponential average of the weights, which is what validation and the saved weights use. */
  emaDecay: withDefault(share, 0.999),
};

/** What is the same in the resolved run files of all systems. */
export interface RunSettings extends FieldType<ReturnType<typeof section<typeof runFields>>> {
  system: string;
  schedule: { warmupSteps: number };
  /** Weight updates, or those of every stage. */
  steps?: number;
  stageSteps?: number[];
  validation: { everySteps: number };
}

export type EngineName = RunSettings['engine'];

/** @throws where settings that every system has contradict each other. */
export function expectConsistentSettings({
  engine,
  synthesis,
  minutes,
  schedule: { warmupSteps },
  steps,
  stageSteps = [],
}: RunSettings): void {
  if (synthesis === 'device' && engine !== 'torch') {
    throw new Error(
      `Expected the engine 'torch' for 'synthesis: device' but the run's is '${engine}'; set 'engine: torch', or 'synthesis: processor'.`,
    );
  }
  if (synthesis !== 'device' && minutes !== null) {
    throw new Error(
      "Expected 'minutes' with 'synthesis: device' only, where schedules follow the clock; leave it out, and 'steps' decides.",
    );
  }
  const fewestSteps = steps ?? Math.min(...stageSteps);
  if (warmupSteps > fewestSteps) {
    throw new Error(
      `Expected at most ${fewestSteps} for 'schedule.warmupSteps', the ${steps === undefined ? "fewest of 'stageSteps'" : "run's 'steps'"}, but received ${warmupSteps}: the learning rate would never be reached.`,
    );
  }
}
