import { storedSourceKinds } from '@unblur/datasets';
import { trace } from '@unblur/onnx';
import { writeSafetensors } from '@unblur/core-model';
import type { SafetensorsTensor } from '@unblur/core-model';
import { withDeviceDefaults } from '../run-file/device-source-options.js';
import type { RunSettings } from '../run-file/fields.js';
import { digestOf } from '../loop/validation.js';
import type { LoadedRun } from '../systems/load-run.js';
import { blurredInput, restorationStep, taskSignature } from '../engines/training-step.js';
import { totalSteps } from '../training-system.js';
import type { Restoration, TrainingSystem, ValidationSample } from '../training-system.js';
import { stagesOf } from './stages.js';

/** Names of files of a packed run; `python/unblur_torch/packed_run.py` reads them. */
export const planFile = 'plan.json';
const weightsFile = 'weights.safetensors';
const validationFile = 'validation.safetensors';
const restorationFile = 'restoration.onnx';

/** Of a trial on a processor, before minutes of a GPU are spent. */
const [trialBatchSize, trialSizePixels] = [4, 128];

/** What runs that samples can be made for on the device have in common, whatever their system. */
export interface DeviceRunSettings extends RunSettings {
  data: {
    sizePixels: number;
    sources: ({ folder: string; weight: number; videos?: string[] | null } & Record<string, unknown>)[];
  };
  flowPretraining?: unknown;
  loss?: { canonicalShare?: number };
}

/** A run as the Python program trains it; all but its pictures. */
export interface DevicePlan {
  /** What goes into `plan.json`; `writePlan` adds `sources` and `files`, and `runFile` where it is packed. */
  plan: Record<string, unknown>;
  /** Graphs, starting weights, validation samples. */
  files: Map<string, Uint8Array>;
  /** Where samples come from. */
  sources: DeviceRunSettings['data']['sources'];
}

/**
 * Traces everything that a run on the device needs: a graph for every stage and crop size, and the restoring
 * one.
 *
 * @param signal when aborted, the plan is given up before its next graph.
 * @throws if the run cannot have samples made on the device, what it reads cannot be read, or the plan is
 * given up.
 */
export async function planDeviceRun(
  { definition, config }: LoadedRun,
  signal?: AbortSignal,
): Promise<DevicePlan> {
  const run = config as DeviceRunSettings;
  expectDeviceRun(run);
  const crops = run.device.crops ?? [{ share: 1, sizePixels: run.data.sizePixels, batchSize: run.batchSize }];
  const openAt = (sizePixels: number, batchSize: number): TrainingSystem =>
    definition.open({ ...run, batchSize, data: { ...run.data, sizePixels } } as RunSettings);
  const systems = crops.map(({ sizePixels, batchSize }) => openAt(sizePixels, batchSize));
  const system = systems[0]!;
  expectKnownFrames(run, system);
  const validationSamples = await system.readValidationSamples();
  const files = new Map<string, Uint8Array>();
  const stages = await stagesOf(systems, crops, files, signal);
  const trial = openAt(Math.min(trialSizePixels, run.data.sizePixels), trialBatchSize);
  // Smaller batches say less of where to go, so they go less far (Goyal et al. 2017).
  const trialStages = await stagesOf(
    [trial],
    [{ share: 1 }],
    files,
    signal,
    trialBatchSize / Math.max(trialBatchSize, run.batchSize),
  );
  files.set(restorationFile, frameRestoration(system));
  if (!system.drawing) files.set(weightsFile, startingWeights(system));
  files.set(validationFile, writeValidationSamples(validationSamples, system.restoration));
  // Windows of video have their frames along an axis of their own.
  const windows = system.restoration.blurredShape.length === 5;
  return {
    plan: {
      seed: run.seed,
      steps: totalSteps(system),
      minutes: run.minutes,
      frames: windows ? system.restoration.blurredShape[1]! : validationSamples[0]!.frames.length,
      windows,
      canonicalShare: run.loss?.canonicalShare ?? 0,
      stages,
      trialStages,
      weights: Object.keys(system.weightShapes),
      drawing: system.drawing,
      restoration: restorationFile,
      optimizer: system.optimizer,
      emaDecay: run.emaDecay,
      torch: run.torch,
      device: run.device,
      threads: run.threads,
      validationSet: digestOf(validationSamples),
      every: { validation: run.validation.everySteps, checkpoint: run.checkpointEverySteps },
    },
    files,
    sources: run.data.sources.map(withDeviceDefaults),
  };
}

/** What no field of the run file can check. */
function expectDeviceRun({ synthesis, data, device, batchSize, flowPretraining }: DeviceRunSettings): void {
  if (synthesis !== 'device') {
    throw new Error(`Expected 'synthesis: device' but the run's is '${synthesis}'.`);
  }
  if (flowPretraining) {
    throw new Error(
      "Expected no 'flowPretraining' with 'synthesis: device', which makes no samples for it; train the flow network first, and start from it with 'initialFlow'.",
    );
  }
  for (const [index, { kind }] of data.sources.entries()) {
    if (!storedSourceKinds.some((stored) => stored === kind)) continue;
    throw new Error(
      `Expected sources that samples are made of but 'data.sources[${index}]' is of kind '${String(kind)}', which holds finished ones; train on them with 'synthesis: processor'.`,
    );
  }
  const { sizePixels, crops, samples } = device;
  if (sizePixels % 4 !== 0) {
    throw new Error(`Expected a multiple of 4 for 'device.sizePixels' but received ${sizePixels}.`);
  }
  if (sizePixels < Math.min(trialSizePixels, data.sizePixels)) {
    throw new Error(
      `Expected at least ${Math.min(trialSizePixels, data.sizePixels)} for 'device.sizePixels' but received ${sizePixels}.`,
    );
  }
  for (const crop of crops ?? [{ sizePixels: data.sizePixels, batchSize }]) {
    if (crop.sizePixels > sizePixels) {
      throw new Error(
        `Expected at least ${crop.sizePixels}, the size of a crop, for 'device.sizePixels' but received ${sizePixels}.`,
      );
    }
    if (crop.batchSize > samples) {
      throw new Error(
        `Expected at least ${crop.batchSize}, the size of a batch, for 'device.samples' but received ${samples}.`,
      );
    }
  }
}

/** Recorded pairs know the middle frame only: only some networks can learn from that. */
function expectKnownFrames({ data }: DeviceRunSettings, { phases }: TrainingSystem): void {
  const pairs = data.sources.findIndex(({ kind }) => kind === 'pairs');
  if (pairs >= 0 && !phases.every(({ objective }) => 'framesKnown' in objective.batchShapes)) {
    throw new Error(
      `Expected sources that know every frame but 'data.sources[${pairs}]' is of kind 'pairs', which knows only the middle one; only the system 'photo' learns from these.`,
    );
  }
}

/** Of a file, in half precision, as weights are shipped. Others are drawn where the run trains. */
function startingWeights(system: TrainingSystem): Uint8Array {
  const tensors = Object.fromEntries(
    Object.entries(system.startingWeights()).map(([name, { shape, values }]) => [
      name,
      { dtype: 'F16', shape, values } satisfies SafetensorsTensor,
    ]),
  );
  return writeSafetensors({ tensors, metadata: {} });
}

/** The restoration without its motions: on the device, frames alone are scored. */
function frameRestoration({ restoration: { blurredShape, restore }, ...system }: TrainingSystem): Uint8Array {
  const frames = restorationStep({
    blurredShape,
    restore: (blurred, weights) => ({ frames: restore(blurred, weights).frames }),
  });
  return trace(frames, taskSignature(system, { [blurredInput]: blurredShape })).bytes;
}

/** As 8-bit pictures. */
function writeValidationSamples(
  samples: readonly ValidationSample[],
  { blurredShape }: Restoration,
): Uint8Array {
  const bytes = (values: ArrayLike<number>) =>
    Uint8Array.from(values, (value) => Math.round(Math.min(Math.max(value, 0), 1) * 255));
  const tensors: Record<string, SafetensorsTensor> = {};
  samples.forEach(({ input, blurred, frames }, index) => {
    const size = [blurred.height, blurred.width, 3];
    tensors[`input/${index}`] = { dtype: 'U8', shape: blurredShape, values: bytes(input) };
    tensors[`blurred/${index}`] = { dtype: 'U8', shape: size, values: bytes(blurred.data) };
    tensors[`frames/${index}`] = {
      dtype: 'U8',
      shape: [frames.length, ...size],
      values: Uint8Array.from(frames.flatMap(({ data }) => [...bytes(data)])),
    };
  });
  return writeSafetensors({ tensors, metadata: {} });
}
