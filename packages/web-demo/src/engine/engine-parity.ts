import { trace } from '@unblur/onnx';
import type { RgbImage } from '@unblur/restoration';
import {
  conv2d,
  engine as tensorflow,
  slice,
  tensor4d,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { pictureOfImage } from '../picture.js';
import type { EngineName } from './engine-names.js';
import { startEngine } from './engine.js';
import { evenTimes } from './frame-order.js';
import { PhotoEngine } from './photo-engine.js';
import type { CallOptions, ResultOf } from '../worker-calls.js';
import { PageRestorer, startRestoringWorker, type RestoreReport, type RestoringCalls } from './restorer.js';
import type { RestoringRequest, RestoringResults } from './restoring-worker.js';
import { WorkRates } from './work-rates.js';

/**
 * Frames of a photograph that an engine makes with the weights of a file. Values as plain lists, so that they
 * pass from and to the test.
 */
async function restoreOn(
  name: EngineName,
  weightsFile: number[],
  { width, height, data }: { width: number; height: number; data: number[] },
  times: number[],
): Promise<number[][]> {
  const engine = await startEngine(name, () => undefined);
  const photo: RgbImage = { width, height, data: Float32Array.from(data) };
  const photos = new PhotoEngine(engine, Uint8Array.from(weightsFile), new WorkRates());
  const scene = await photos.analyze(photo, {});
  const frames: number[][] = [];
  for (const time of times) frames.push([...(await scene.renderAt(time)).data]);
  return frames;
}

/** How many channels convolutions take: in fours, in threes, in neither. */
const channelCounts = [4, 6, 9, 10, 15];

/**
 * What layers like those of the networks give on an engine: convolutions, and sampling in and beside the
 * image.
 */
async function layersOn(name: EngineName): Promise<Record<string, number[]>> {
  const engine = await startEngine(name, () => undefined);
  const [rows, columns] = [8, 12];
  const waves = (length: number, frequency: number) =>
    Float32Array.from({ length }, (_, index) => Math.sin(frequency * index));
  const most = Math.max(...channelCounts);
  const graph = trace(
    ({ image, coordinates }) => ({
      ...Object.fromEntries(
        channelCounts.map((channels) => [
          `convolution of ${channels}`,
          conv2d(
            slice(image as Tensor4D, [0, 0, 0, 0], [-1, -1, -1, channels]),
            tensor4d(waves(9 * channels * 8, 0.7), [3, 3, channels, 8]),
            2,
            'same',
          ),
        ]),
      ),
      sampling: tensorflow().runKernel(
        'GridSample',
        { image: image!, coordinates: coordinates! },
        { padding: 'border' },
      ) as Tensor,
    }),
    { image: { shape: [1, rows, columns, most] }, coordinates: { shape: [1, rows, columns, 2] } },
  );
  const session = await engine.open(graph);
  const outputs = await session.run({
    image: waves(rows * columns * most, 1.3),
    coordinates: waves(rows * columns * 2, 0.9).map((value) => 5 + 9 * value),
  });
  const values: Record<string, number[]> = {};
  for (const [layer, output] of Object.entries(outputs)) {
    values[layer] = [...((await output.getData()) as Float32Array)];
  }
  return values;
}

/** How something that answers for WebGPU behaves. */
type Manner = 'right' | 'wrong' | 'slow' | 'broken' | 'silent' | 'lost while it restores';

/** One worker, on WebAssembly, is all engines: starting more takes long. */
const processor = startRestoringWorker();
const answers = new Map<string, Promise<unknown>>();

/** WebAssembly that answers for WebGPU too, then ten times as fast as it is. */
function pretendGraphics(manner: Manner): RestoringCalls {
  let isGraphics = false;
  const once = async <Asked extends RestoringRequest>(
    request: Asked,
    options: CallOptions<RestoreReport> | undefined,
  ): Promise<ResultOf<Asked, RestoringResults>> => {
    if (!answers.has(request.kind)) answers.set(request.kind, processor.call(request, options));
    return structuredClone(await answers.get(request.kind)!) as ResultOf<Asked, RestoringResults>;
  };
  async function call(request: RestoringRequest, options?: CallOptions<RestoreReport>): Promise<unknown> {
    switch (request.kind) {
      case 'start': {
        isGraphics = request.engine === 'webgpu';
        const facts = await once({ ...request, engine: 'wasm' }, options);
        return isGraphics ? Object.assign(facts, { name: 'webgpu', description: 'WebGPU' }) : facts;
      }
      case 'sample': {
        const sample = await once(request, options);
        if (!isGraphics || !sample) return sample;
        if (manner === 'broken') throw new Error('The shader could not be compiled.');
        if (manner === 'silent') {
          // As if the time were over, where an end of it was set.
          if (!options?.patienceSeconds) return new Promise(() => undefined);
          throw Object.assign(new Error(), { name: 'SilenceError' });
        }
        if (manner === 'wrong') sample.frames.forEach((frame) => frame.reverse());
        return { ...sample, milliseconds: sample.milliseconds * (manner === 'slow' ? 10 : 0.1) };
      }
      case 'restore':
        if (!isGraphics || manner !== 'lost while it restores') return processor.call(request, options);
        return new Promise((_, reject) => {
          const lost = new Error('The graphics device was lost.');
          void processor.call(request, { onReport: ({ kind }) => kind === 'frame' && reject(lost) });
        });
      default:
        return processor.call(request, options);
    }
  }
  return { stop: () => undefined, call: call as RestoringCalls['call'] };
}

/** What restores photographs once a page has tried such a WebGPU, and on the visit after that. */
async function restoreAfterCheck(manner: Manner): Promise<Record<'first' | 'second', string>> {
  localStorage.removeItem('unblur-engine-photo');
  const grey = pictureOfImage({ width: 64, height: 48, data: new Float32Array(3 * 64 * 48).fill(0.5) });
  const visit = async () => {
    const restorer = new PageRestorer({
      startWorker: () => pretendGraphics(manner),
      whyNoGraphics: async () => undefined,
    });
    await restorer.start();
    await restorer.checkGraphics();
    const { engine, frames } = await restorer.restore(grey, [-1, 0, 1], () => undefined);
    restorer.chooseEngine('wasm');
    return [`${frames.length} frames on ${engine.name}`, engine.reason].filter(Boolean).join('; ');
  };
  return { first: await visit(), second: await visit() };
}

/** Whether a page knows what a large photograph takes: at first, and once a preview has been made. */
async function knowsTimes(): Promise<Record<'atFirst' | 'afterPreview', boolean>> {
  const restorer = new PageRestorer();
  restorer.chooseEngine('wasm');
  const large = { width: 1280, height: 720 };
  const isMeasured = async () => (await restorer.estimate([large]))[0]!.isMeasured;
  const atFirst = await isMeasured();
  const preview = pictureOfImage({
    width: 320,
    height: 176,
    data: new Float32Array(3 * 320 * 176).fill(0.5),
  });
  await restorer.restore(preview, evenTimes(7), () => undefined);
  return { atFirst, afterPreview: await isMeasured() };
}

Object.assign(window, { restoreOn, layersOn, restoreAfterCheck, knowsTimes });
