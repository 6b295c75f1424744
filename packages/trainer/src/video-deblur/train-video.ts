import { mkdirSync, readFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { getGradient } from '@tensorflow/tfjs-core';
import { initialVideoDeblurWeights, readVideoDeblurWeights, videoDeblurWeightShapes, writeVideoDeblurWeights } from '@unblur/core-model';
import type { NamedTensors, WeightValues } from '@unblur/core-model';
import { layeredBatches, videoWindowBatches } from '@unblur/datasets';
import { psnr, ssim } from '@unblur/metrics';
import { trace } from '@unblur/onnx';
import type { Signature } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';
import type { Session } from '@unblur/onnx/node';
import { Adam } from '../adam.js';
import { copyInto, readCheckpoint, replaceFile, writeCheckpoint } from '../checkpoint.js';
import { ExponentialAverage } from '../exponential-average.js';
import { MetricsLog } from '../metrics-log.js';
import { Progress } from '../progress.js';
import { RUN_FILES } from '../run-files.js';
import { scheduleFactor } from '../schedule.js';
import { gradientName, termName } from '../training-step.js';
import { RANDOM_SHARE } from './hard-example-loss.js';
import { randomPixels } from './random-pixels.js';
import { loadVideoRunConfig, writeVideoRunConfig } from './video-run-config.js';
import type { VideoRunConfig } from './video-run-config.js';
import { cascadeStep, deblurStep, flowStep, isFlowWeight } from './video-training-step.js';

export interface TrainVideoOptions {
  /** The run's folder. Default: `runs/<name of the run file>` in the current folder. */
  out?: string;
  /** Goes on from the folder's last checkpoint. */
  resume?: boolean;
}

export interface TrainVideoResult {
  step: number;
  interrupted: boolean;
  runFolder: string;
}

const WINDOW_FRAMES = 5;
const MIDDLE = 2;
/** Larger values than a display shows do not count against a restoration. */
const clampToDisplay = (values: Float32Array) => values.map((value) => Math.min(1, Math.max(0, value)));

/** One part of a run: what it learns from, and how fast. */
interface Phase {
  firstStep: number;
  steps: number;
  /** Feeds of every step from a step of the phase on, beside the weights. */
  feedsFrom(step: number): AsyncGenerator<Record<string, Float32Array>, void, void>;
  open(): Promise<Session>;
  /** The weights that move, and their learning rates by the phase's own step, from 1. */
  groups: { adam: Adam; owns: (name: string) => boolean; learningRate: (step: number) => number }[];
  batchSize: number;
}

/**
 * Trains a video-deblurring network as a run file describes: first its flow network on layers that move over each other, then the whole
 * cascade, with a learning rate for each of its two networks (Pan et al. 2020, section 4). Ctrl-C finishes the step in progress, writes a
 * checkpoint and returns.
 *
 * @throws if the run file is not right, its data cannot be read, the folder holds another run and `resume` is not set, or a loss is not finite.
 */
export async function trainVideo(runFile: string, { out, resume = false }: TrainVideoOptions = {}): Promise<TrainVideoResult> {
  if (!getGradient('Conv2D')) throw new Error("Expected the gradients of TensorFlow.js to be registered but they are not; import '@tensorflow/tfjs' once in the application.");
  const config = loadVideoRunConfig(runFile);
  const runFolder = resolve(out ?? join('runs', basename(runFile, extname(runFile))));
  const file = (name: string) => join(runFolder, name);
  const last = readCheckpoint(file(RUN_FILES.checkpoint));
  if (last && !resume) throw new Error(`Expected a folder without a run but '${runFolder}' holds a checkpoint; resume it, or choose another folder.`);
  if (!last && resume) throw new Error(`Expected a checkpoint to resume from in '${runFolder}' but there is none; start the run without resuming.`);
  const validationWindows = await readValidationWindows(config);
  mkdirSync(runFolder, { recursive: true });
  replaceFile(file(RUN_FILES.config), writeVideoRunConfig(config, file(RUN_FILES.config)));

  const weights = last?.weights ?? startingWeights(config);
  const phases = planPhases(config, weights);
  const average = new ExponentialAverage(weights, config.emaDecay);
  const adams = phases.flatMap(({ groups }) => groups.map(({ adam }) => adam)).filter((adam, index, all) => all.indexOf(adam) === index);
  const moments = (kind: 'firstMoments' | 'secondMoments') => Object.assign({}, ...adams.map((adam) => adam[kind])) as Adam['firstMoments'];
  if (last) {
    copyInto(moments('firstMoments'), last.firstMoments);
    copyInto(moments('secondMoments'), last.secondMoments);
    copyInto(average.values, last.averages);
  }

  let step = last?.step ?? 0;
  let bestPsnr = last?.bestPsnr ?? null;
  let trainedSeconds = last?.trainedSeconds ?? 0;
  const totalSteps = phases.reduce((sum, phase) => sum + phase.steps, 0);
  const log = new MetricsLog(file(RUN_FILES.metrics), step);
  const progress = new Progress(totalSteps, step);
  const save = (name: string) => {
    const metadata = { step: String(step), trainedSeconds: String(Math.round(trainedSeconds)) };
    replaceFile(file(name), writeVideoDeblurWeights(average.weights(), config.network, { dtype: 'float32', metadata }));
  };
  const saveCheckpoint = () => {
    writeCheckpoint(file(RUN_FILES.checkpoint), { step, samplesSeen: 0, bestPsnr, trainedSeconds, weights, firstMoments: moments('firstMoments'), secondMoments: moments('secondMoments'), averages: average.values });
    save(RUN_FILES.weights);
  };
  const stop = interruptionOf();
  const validator = await openValidation(config, validationWindows);
  try {
    for (const phase of phases) {
      if (step >= phase.firstStep + phase.steps || stop.signal.aborted) continue;
      const session = await phase.open();
      const batches = phase.feedsFrom(step - phase.firstStep);
      try {
        while (step < phase.firstStep + phase.steps && !stop.signal.aborted) {
          const startedAt = performance.now();
          const { value: feeds } = await batches.next();
          const waitedMilliseconds = performance.now() - startedAt;
          const outputs = await session.run({ ...feedsOf(weights, phase), ...(feeds as Record<string, Float32Array>) });
          const terms = termsOf(outputs as Record<string, Float32Array>, step + 1);
          const ownStep = step + 1 - phase.firstStep;
          let squaredNorm = 0;
          for (const { adam, owns, learningRate } of phase.groups) {
            const gradients = Object.fromEntries(Object.keys(weights).filter(owns).map((name) => [name, outputs[gradientName(name)] as Float32Array]));
            squaredNorm += adam.update(gradients, learningRate(ownStep), ownStep) ** 2;
          }
          step += 1;
          average.update(step);
          const milliseconds = performance.now() - startedAt;
          trainedSeconds += milliseconds / 1000;
          const samplesPerSecond = (1000 * phase.batchSize) / milliseconds;
          const learningRate = phase.groups.at(-1)!.learningRate(ownStep);
          log.append({ kind: 'step', step, loss: terms, learningRate, gradientNorm: Math.sqrt(squaredNorm), samplesPerSecond, dataWaitShare: waitedMilliseconds / milliseconds });
          progress.update(step, `loss ${terms['total']!.toFixed(4)}  ${samplesPerSecond.toFixed(1)} samples/s`);
          const isLast = step === totalSteps;
          if (step % config.validation.everySteps === 0 || isLast) {
            const row = await validator.validate(average.weights(), step);
            const best = bestPsnr === null || row.psnr.mean > bestPsnr;
            log.append({ ...row, best });
            progress.line(`validation at step ${step}: ${row.psnr.mean.toFixed(2)} dB, ${row.gain.mean >= 0 ? '+' : ''}${row.gain.mean.toFixed(2)} dB over the blurred frames${best ? '  best' : ''}`);
            if (best) {
              bestPsnr = row.psnr.mean;
              save(RUN_FILES.bestWeights);
            }
          }
          if (step % config.checkpointEverySteps === 0 || isLast || stop.signal.aborted) saveCheckpoint();
        }
      } finally {
        await batches.return();
        await session.release();
      }
    }
  } finally {
    stop.release();
    await validator.release();
  }
  return { step, interrupted: step < totalSteps, runFolder };
}

function planPhases(config: VideoRunConfig, weights: WeightValues): Phase[] {
  const { network, data, flowPretraining: layers, optimizer, schedule, batchSize, seed, threads } = config;
  const owned = (owns: (name: string) => boolean): WeightValues => Object.fromEntries(Object.entries(weights).filter(([name]) => owns(name)));
  const options = { ...optimizer, weightDecay: 0 };
  const isReconstructionWeight = (name: string) => !isFlowWeight(name);
  const open = async (fn: (inputs: NamedTensors) => NamedTensors, inputs: Record<string, number[]>, owns: (name: string) => boolean): Promise<Session> => {
    const shapes = Object.entries(videoDeblurWeightShapes(network)).filter(([name]) => owns(name));
    const signature: Signature = Object.fromEntries([...shapes, ...Object.entries(inputs)].map(([name, shape]) => [name, { shape }]));
    return createSession(trace(fn, signature), { threads, outputSets: 1 });
  };
  const size = data.sizePixels;
  const phases: Phase[] = [];
  if (layers) {
    const shape = (channels: number) => [layers.batchSize, size, size, channels];
    phases.push({
      firstStep: 0,
      steps: layers.steps,
      batchSize: layers.batchSize,
      groups: [{ adam: new Adam(owned(isFlowWeight), options), owns: isFlowWeight, learningRate: (step) => layers.learningRate * scheduleFactor({ kind: 'step', at: [0.5, 0.75], factor: 0.5, warmupSteps: Math.min(100, layers.steps) }, step, layers.steps) }],
      open: () => open(flowStep(network), { first: shape(3), second: shape(3), flowPixels: shape(2) }, isFlowWeight),
      feedsFrom: async function* (step) {
        const { folder, workers, cameraPixels, objectPixels } = layers;
        const range = (values: number[]) => values as [number, number];
        for await (const batch of layeredBatches({ folder, workers, sizePixels: size, frames: WINDOW_FRAMES, cameraPixels: range(cameraPixels), objectPixels: range(objectPixels), seed, batchSize: layers.batchSize, firstSample: step * layers.batchSize })) {
          // Flows are known from the middle frame; the second frame is another one, in turn.
          const second = [1, 3, 0, 4][(batch.firstSample / layers.batchSize) % 4]!;
          yield { first: frameOf(batch.frames, MIDDLE, size, 3), second: frameOf(batch.frames, second, size, 3), flowPixels: frameOf(batch.flowsPixels, second, size, 2) };
        }
      },
    });
  }
  const factor = (step: number) => scheduleFactor({ kind: 'step', ...schedule }, step, config.steps);
  const window = [batchSize, WINDOW_FRAMES, size, size, 3];
  phases.push({
    firstStep: layers?.steps ?? 0,
    steps: config.steps,
    batchSize,
    groups: [
      { adam: phases[0]?.groups[0]!.adam ?? new Adam(owned(isFlowWeight), options), owns: isFlowWeight, learningRate: (step) => optimizer.flowLearningRate * factor(step) },
      { adam: new Adam(owned(isReconstructionWeight), options), owns: isReconstructionWeight, learningRate: (step) => optimizer.learningRate * factor(step) },
    ],
    open: () => open(cascadeStep(network, config.loss), { blurred: window, gt: window, randomMask: [batchSize, size, size, 1] }, () => true),
    feedsFrom: async function* (step) {
      const { exposureFrames, strideFrames, videos, ...rest } = data;
      for await (const { firstSample, blurred, gt } of videoWindowBatches({ ...rest, videos: videos ?? undefined, exposureFrames: exposureFrames as [number, number], strideFrames: strideFrames as [number, number], batchSize, seed, firstSample: step * batchSize })) {
        yield { blurred, gt, randomMask: randomPixels(RANDOM_SHARE, batchSize, size, seed, firstSample) };
      }
    },
  });
  return phases;
}

function startingWeights({ initialWeights: file, network, seed }: VideoRunConfig): WeightValues {
  if (file === null) return initialVideoDeblurWeights(network, seed);
  const { config, values } = readVideoDeblurWeights(new Uint8Array(readFileSync(file)));
  if (JSON.stringify(config) !== JSON.stringify(network)) throw new Error(`Expected the weights in '${file}' to be of the run's network but theirs has another config; set 'network' to ${JSON.stringify(config)}.`);
  return values;
}

function feedsOf(weights: WeightValues, { groups }: Phase): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => groups.some(({ owns }) => owns(name))).map(([name, { values }]) => [name, values]));
}

/** @throws naming the first term that is not finite. */
function termsOf(outputs: Record<string, Float32Array>, step: number): Record<string, number> {
  const prefix = termName('');
  const terms = Object.fromEntries(Object.entries(outputs).flatMap(([name, values]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), values[0]!]] : [])));
  for (const [name, value] of Object.entries(terms)) {
    if (!Number.isFinite(value)) throw new Error(`Expected a finite loss but its term '${name}' is ${value} at step ${step}; lower the learning rate, and resume from the last checkpoint.`);
  }
  return terms;
}

/** One frame of every clip in a batch: `[B, 5, S, S, C]` to `[B, S, S, C]`. */
function frameOf(clips: Float32Array, frame: number, size: number, channels: number): Float32Array {
  const length = size * size * channels;
  const batch = clips.length / (WINDOW_FRAMES * length);
  const frames = new Float32Array(batch * length);
  for (let sample = 0; sample < batch; sample++) frames.set(clips.subarray((sample * WINDOW_FRAMES + frame) * length, (sample * WINDOW_FRAMES + frame + 1) * length), sample * length);
  return frames;
}

interface ValidationWindow {
  blurred: Float32Array;
  gt: Float32Array;
}

/** Always the same windows. */
async function readValidationWindows({ validation: { folder, videos, count, sizePixels, exposureFrames, strideFrames, seed } }: VideoRunConfig): Promise<ValidationWindow[]> {
  const windows: ValidationWindow[] = [];
  for await (const { blurred, gt } of videoWindowBatches({ folder, videos: videos ?? undefined, sizePixels, exposureFrames: exposureFrames as [number, number], strideFrames: strideFrames as [number, number], halvedShare: 0, batchSize: 1, seed, cacheMegabytes: 64 })) {
    windows.push({ blurred, gt: frameOf(gt, MIDDLE, sizePixels, 3) });
    if (windows.length === count) break;
  }
  return windows;
}

async function openValidation({ network, validation: { sizePixels }, threads }: VideoRunConfig, windows: readonly ValidationWindow[]) {
  const shapes = videoDeblurWeightShapes(network);
  const signature: Signature = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
  const session = await createSession(trace(deblurStep(network), { ...signature, blurred: { shape: [1, WINDOW_FRAMES, sizePixels, sizePixels, 3] } }), { threads, outputSets: 1 });
  const image = (data: Float32Array) => ({ width: sizePixels, height: sizePixels, data });
  const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  /** A window has one sharp frame, so every position is the same. */
  const everywhere = (value: number) => ({ first: value, middle: value, last: value, mean: value });
  return {
    async validate(weights: WeightValues, step: number) {
      const scores: { psnr: number; gain: number; ssim: number }[] = [];
      for (const { blurred, gt } of windows) {
        const { image: restored } = await session.run({ ...Object.fromEntries(Object.entries(weights).map(([name, { values }]) => [name, values])), blurred });
        const sharp = image(clampToDisplay(restored as Float32Array));
        const baseline = psnr(image(frameOf(blurred, MIDDLE, sizePixels, 3)), image(gt));
        const own = psnr(sharp, image(gt));
        scores.push({ psnr: own, gain: own - baseline, ssim: ssim(sharp, image(gt)) });
      }
      const figure = (kind: 'psnr' | 'gain' | 'ssim') => everywhere(meanOf(scores.map((score) => score[kind])));
      return { kind: 'validation' as const, step, samples: windows.length, psnr: figure('psnr'), gain: figure('gain'), ssim: figure('ssim') };
    },
    release: () => session.release(),
  };
}

/** The first Ctrl-C aborts; a second one ends the process. */
function interruptionOf(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const release = () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  const interrupt = () => {
    process.stderr.write('\nStopping after this step; a second Ctrl-C stops at once.\n');
    controller.abort();
    release();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return { signal: controller.signal, release };
}
