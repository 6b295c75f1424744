import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { counted, makeFolder, writeAtomically } from '@unblur/files';
import type { AveragingSpace, SampleSource } from '@unblur/datasets';
import { abortOnInterruption } from '../interruption.js';
import { describeKept } from '../kept-results.js';
import { frameCount, realNumber, wholeNumber } from '../numbers.js';
import { placeOnDisk } from '../standard-streams.js';
import { clearBar, printLine } from '../terminal.js';
import { timedProgress } from '../remaining-time.js';
import { openVideoSource } from '../video-source.js';

/** What every kind of synthesis is told. */
interface SynthOptions {
  from: string;
  out: string;
  count: number;
  size: number;
  frames: number;
  seed: number;
  format?: 'folders' | 'shards';
  shard?: [index: number, parts: number];
  shardSize: number;
  averaging: AveragingSpace;
  flow?: boolean;
  augment?: boolean;
  workers?: number;
  preview?: boolean;
}

/** And of layers. */
interface LayersOptions {
  maxObjects: number;
  cameraPixels: number;
  objectPixels: number;
  turnDegrees: number;
  zoomPercent: number;
}

const previewedSamples = 6;

/**
 * `unblur synth`: blurred photographs and videos whose sharp frames are known, as folders that `unblur eval`
 * and `unblur eval-video` read or as shards to train on.
 */
export function defineSynth(program: Command): void {
  const synth = program
    .command('synth')
    .description('make blurred photographs and videos with known sharp frames')
    .helpCommand(false);
  definePanoramas(synth);
  defineLayers(synth);
  defineVideo(synth);
  definePairedVideo(synth);
}

function definePanoramas(synth: Command): void {
  defineKind(
    synth,
    'panorama',
    'photograph full-sphere panoramas with a camera that turns while its shutter is open',
    'folder of equirectangular panoramas (twice as wide as high)',
  )
    .option('--min-degrees <angle>', 'smallest rotation during the exposure', realNumber(0, 90), 1)
    .option('--max-degrees <angle>', 'largest rotation during the exposure', realNumber(0, 90), 10)
    .option(
      '--crop <degrees>',
      'the panoramas are partial: equirectangular, this many degrees across, the horizon in the middle',
      realNumber(10, 360),
    )
    .addOption(flowOption())
    .action((options: SynthOptions & { minDegrees: number; maxDegrees: number; crop?: number }) => {
      const { minDegrees, maxDegrees, crop } = options;
      if (minDegrees > maxDegrees) {
        throw new Error(
          `Expected --min-degrees to be at most --max-degrees (${maxDegrees}) but received ${minDegrees}.`,
        );
      }
      const partial = crop === undefined ? {} : { coverageDegrees: crop };
      return synthesize(options, {
        kind: 'panorama',
        folder: options.from,
        angleDegrees: [minDegrees, maxDegrees],
        ...partial,
      });
    });
}

function defineLayers(synth: Command): void {
  defineKind(
    synth,
    'layers',
    'move pieces of still photographs in front of one another, and the camera too',
    'folder of still photographs',
  )
    .option('--max-objects <n>', 'most objects in front of the background', wholeNumber(0, 20), 3)
    .option(
      '--camera-pixels <length>',
      'farthest that the whole scene moves during the exposure',
      realNumber(0, 1000),
      12,
    )
    .option(
      '--object-pixels <length>',
      'farthest that an object moves relative to the scene',
      realNumber(0, 1000),
      20,
    )
    .option(
      '--turn-degrees <angle>',
      'most that scene and objects turn during the exposure',
      realNumber(0, 45),
      4,
    )
    .option('--zoom-percent <percent>', 'most that scene and objects grow or shrink', realNumber(0, 50), 3)
    .addOption(flowOption())
    .action((options: SynthOptions & LayersOptions) => {
      const { maxObjects, cameraPixels, objectPixels, turnDegrees, zoomPercent } = options;
      return synthesize(options, {
        kind: 'layers',
        folder: options.from,
        objects: [Math.min(1, maxObjects), maxObjects],
        cameraPixels: [0, cameraPixels],
        objectPixels: [Math.min(2, objectPixels), objectPixels],
        turnDegrees,
        zoomPercent,
      });
    });
}

function defineVideo(synth: Command): void {
  defineKind(
    synth,
    'video',
    'average consecutive frames of high-speed video',
    'video file, or folder of videos as pictures: one folder of frames each',
  )
    .option(
      '--window <n>',
      'frames per exposure: 1 plus a multiple of (--frames minus 1) (default: --frames)',
      wholeNumber(3, 999),
    )
    .option(
      '--max-step <pixels>',
      'most that anything moves between neighbouring frames, up to 7 for each 480 pixels of --size; faster exposures are shrunk or left out',
      realNumber(0.1, 100),
      2,
    )
    .option(
      '--min-step <pixels>',
      'least that the fastest part moves between neighbouring frames',
      realNumber(0, 100),
      0.2,
    )
    .addOption(
      new Option(
        '--on-bad-frame <what>',
        'stop at a frame that cannot be read, or skip exposures that need it',
      )
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .addOption(flowOption().hideHelp())
    .action(
      async (
        options: SynthOptions & {
          window?: number;
          maxStep: number;
          minStep: number;
          onBadFrame: 'stop' | 'skip';
        },
      ) => {
        const { window = options.frames, maxStep, minStep, onBadFrame, flow } = options;
        if (flow) {
          throw new Error(
            'Expected no --flow for video, whose true motion is not known; make panorama or layers for flow.',
          );
        }
        if (minStep > maxStep) {
          throw new Error(
            `Expected --min-step to be at most --max-step (${maxStep}) but received ${minStep}.`,
          );
        }
        const signal = abortOnInterruption();
        const video = await openVideoSource(options.from, signal);
        try {
          const source: SampleSource = {
            kind: 'video',
            folder: video.folder,
            windowFrames: [window],
            neighbourPixels: [minStep, maxStep],
            onBadFrame,
          };
          await synthesize(options, source, signal);
        } finally {
          await video.close();
        }
      },
    );
}

function definePairedVideo(synth: Command): void {
  synth
    .command('paired-video')
    .description(
      'blur whole videos, as test sets for unblur eval-video: averages of consecutive frames, the middle one as ground truth',
    )
    .requiredOption('--from <path>', 'video file, or folder of videos as pictures: one folder of frames each')
    .requiredOption(
      '--out <folder>',
      'where the set goes: blur/<video>/0000.png, gt/<video>/0000.png, ...; a folder that holds a part of it gets what is missing',
      placeOnDisk,
    )
    .option('--frames <n>', 'frames per exposure, odd, 3 or more', frameCount, 5)
    .option(
      '--stride <n>',
      'frames from one exposure to the next (default: --frames; exposures share no frame)',
      wholeNumber(1, 9999),
    )
    .option('--shrink <factor>', 'make frames smaller by this factor first', wholeNumber(1, 64), 1)
    .addOption(averagingOption())
    .action(synthesizePairedVideo);
}

async function synthesizePairedVideo({
  from,
  out,
  ...exposure
}: {
  from: string;
  out: string;
  frames: number;
  stride?: number;
  shrink: number;
  averaging: AveragingSpace;
}): Promise<void> {
  const signal = abortOnInterruption();
  const video = await openVideoSource(from, signal);
  try {
    const { synthesizePairedVideos } = await import('@unblur/datasets');
    const { frames, videos, kept } = await synthesizePairedVideos({
      folder: video.folder,
      out,
      ...exposure,
      onProgress: timedProgress(),
      signal,
    });
    clearBar();
    printLine(`${counted(frames, 'frame')}, ${counted(videos, 'video')} -> ${out}${describeKept(kept)}`);
  } finally {
    await video.close();
  }
}

const averagingOption = (): Option =>
  new Option('--averaging <space>', 'what the shutter averages: display values or linear light')
    .choices(['display', 'linear-srgb', 'linear-gamma-2.2'])
    .default('display');

const flowOption = (): Option =>
  new Option(
    '--flow',
    'also write flow-0.flo, ...: where each pixel of the middle frame goes in every frame (Middlebury format; shards hold the motion anyway)',
  );

function defineKind(synth: Command, kind: string, description: string, from: string): Command {
  return synth
    .command(kind)
    .description(description)
    .requiredOption('--from <path>', from)
    .requiredOption(
      '--out <folder>',
      'where the samples go: sample-0000/blur.png, frame-0.png, ...; or shards; a folder that holds a part of them gets what is missing',
      placeOnDisk,
    )
    .option('--count <n>', 'samples to make', wholeNumber(1), 10)
    .option('--size <pixels>', 'width and height of the photographs', wholeNumber(16, 4096), 256)
    .option('--frames <n>', 'sharp frames per photograph, odd, 3 or more', frameCount, 7)
    .option('--seed <n>', 'random seed; the same seed makes the same samples', wholeNumber(0), 0)
    .addOption(
      new Option(
        '--format <format>',
        'folders: a folder of pictures per sample; shards: .safetensors files with a manifest, for training (default: folders; shards with --shard)',
      ).choices(['folders', 'shards']),
    )
    .option(
      '--shard <i/n>',
      'part i of n (from 0) of a job that several machines share: every n-th shard',
      shardPart,
    )
    .option('--shard-size <n>', 'samples per shard', wholeNumber(1), 256)
    .addOption(averagingOption())
    .option('--augment', 'flip, turn, reverse, recolour and add noise at random, for training')
    .option('--workers <n>', 'threads that make samples (default: one per processor)', wholeNumber(0, 1024))
    .option('--preview', `only draw preview.png: the first ${previewedSamples} samples with their motion`);
}

async function synthesize(
  options: SynthOptions,
  kind: SampleSource,
  signal = abortOnInterruption(),
): Promise<void> {
  const {
    out,
    count,
    size,
    frames,
    seed,
    averaging,
    flow,
    augment = false,
    shard,
    shardSize,
    format = shard ? 'shards' : 'folders',
    preview = false,
  } = options;
  if (shard && format === 'folders') {
    throw new Error('Expected --format shards with --shard but received folders; leave --format out.');
  }
  if (flow && format === 'shards') {
    throw new Error('Expected no --flow with shards, which hold the motion anyway; leave it out.');
  }
  const datasets = await import('@unblur/datasets');
  const { defaultAugmentation, noAugmentation, manifestFile, setFile } = datasets;
  const source = {
    ...kind,
    sizePixels: size,
    frames,
    averaging,
    augmentation: augment ? defaultAugmentation : noAugmentation,
  } as SampleSource;
  const made = { source, count, seed, samplesPerShard: shardSize, part: shard };
  if (preview) return drawPreview(datasets, format, made, out);

  const names = (await readdir(out).catch((): string[] => [])).filter(
    (name) => !name.startsWith('.') && name !== 'preview.png',
  );
  if (names.length > 0 && !names.includes(format === 'shards' ? manifestFile : setFile)) {
    throw new Error(
      `Expected a new or empty folder for --out, or one with a set of ${format} to complete, but ${out} holds other files.`,
    );
  }
  const { usableProcessors } = await import('@unblur/onnx/node');
  const workers = options.workers ?? usableProcessors();
  const job = { source, out, count, seed, workers, onProgress: timedProgress(), signal };
  const { kept } =
    format === 'shards'
      ? await datasets.synthesizeShards({ ...job, samplesPerShard: shardSize, part: shard })
      : await datasets.synthesizeSampleSet({ ...job, flow });
  clearBar();
  const part = shard ? `part ${shard[0]} of ${shard[1]} of ` : '';
  printLine(`${part}${counted(count, 'sample')} of ${frames} frames -> ${out}${describeKept(kept)}`);
}

async function drawPreview(
  { previewSampleSet, previewShards, drawContactSheet, describeSample }: typeof import('@unblur/datasets'),
  format: 'folders' | 'shards',
  made: Parameters<typeof import('@unblur/datasets').previewShards>[0],
  out: string,
): Promise<void> {
  const count = Math.min(made.count, previewedSamples);
  const { samples, indices } =
    format === 'shards'
      ? await previewShards(made, count)
      : {
          samples: await previewSampleSet({ source: made.source, count, seed: made.seed }),
          indices: undefined,
        };
  if (samples.length === 0) {
    throw new Error(
      `Expected a --shard with samples in it, for --preview, but --count ${made.count} fills no more than ${counted(Math.ceil(made.count / made.samplesPerShard!), 'shard')}; ask for more samples (--count) or smaller shards (--shard-size).`,
    );
  }
  const path = join(out, 'preview.png');
  await makeFolder(out);
  await writeAtomically(path, await drawContactSheet(samples, indices));
  for (const [row, sample] of samples.entries()) printLine(describeSample(sample, indices?.[row] ?? row));
  printLine(`preview -> ${path}`);
}

function shardPart(text: string): [number, number] {
  const [, index, parts] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index === undefined || Number(index) >= Number(parts)) {
    throw new InvalidArgumentError('Expected i/n with i from 0 to n - 1, such as 0/4.');
  }
  return [Number(index), Number(parts)];
}
