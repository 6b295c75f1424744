import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expectOptions, listFirst, UnblurError, writeFolderAtomically } from '@unblur/files';
import type { RgbImage } from '@unblur/metrics';
import { motionOfFlows } from '../flows.js';
import { readRgbImage, writePng } from '../pictures/picture-file.node.js';
import { isFolder, namesIn } from '../pictures/picture-listing.node.js';
import { flowsOfSample, type Sample } from '../sample.js';
import { shardName } from '../shards/shard-division.js';
import { encodeFlow, readFlow } from './flow-file.node.js';

/**
 * Writes a sample as a folder: `blur.png`, `frame-0.png` ... `frame-(N-1).png` in time order, 8-bit, and
 * `sample.json` with the facts given; if asked for, also `flow-0.flo` ... `flow-(N-1).flo`, the optical flow from
 * the middle frame to each. The folder appears under its name only once it is whole.
 *
 * @param folder must not exist yet, or be empty.
 * @param facts plain data about the sample.
 * @param options.flow writes the flow. Default false.
 * @throws RangeError, before anything is written, where the flow is asked for and not known.
 */
export async function writeSampleFolder(
  folder: string,
  sample: Sample,
  facts: Record<string, unknown> = {},
  options: { flow?: boolean } = {},
): Promise<void> {
  const { flow = false } = expectOptions(
    options,
    { flow: 'boolean' },
    "writeSampleFolder('sample', sample, { panorama: 'street.jpg' }, { flow: true })",
  );
  const flows = flow ? flowsOfSample(sample) : [];
  if (!flows) {
    throw new RangeError('Expected a sample whose motion is known, to write its flow, but it is not.');
  }
  await writeFolderAtomically(folder, async (staging) => {
    await writePng(join(staging, 'blur.png'), sample.blurred);
    for (const [index, frame] of sample.frames.entries()) {
      await writePng(join(staging, `frame-${index}.png`), frame);
    }
    for (const [index, data] of flows.entries()) {
      await writeFile(join(staging, `flow-${index}.flo`), encodeFlow({ ...sample.blurred, data }));
    }
    await writeFile(
      join(staging, 'sample.json'),
      `${JSON.stringify({ rotationDegrees: sample.rotationDegrees, ...facts }, null, 2)}\n`,
    );
  });
}

/** Where the pictures of a sample lie, and its flows. */
export interface SampleFiles {
  folder: string;
  blurPath: string;
  /** In time order. */
  framePaths: string[];
  /** From the middle frame to each, in the same order; none where they are not known. */
  flowPaths: string[];
}

const pictureName = /^(blur|frame-(\d+))\.(png|jpe?g|webp)$/i;
const flowName = /^flow-\d+\.flo$/i;

/** More than messages name. */
const missingLookedFor = 10;

/**
 * Finds the files of a sample folder: `blur` and `frame-0` ... `frame-(N-1)`, each .png, .jpg, .jpeg or .webp, N
 * odd and 3 or more; and `flow-0.flo` ... `flow-(N-1).flo`, all of them or none.
 *
 * @throws UnblurError that names the sample and what is missing, doubled or too many.
 */
export function findSampleFiles(folder: string): SampleFiles {
  const refuse = (problem: string): never => {
    throw new UnblurError(`Sample ${folder}: ${problem}`);
  };
  const blurs: string[] = [];
  // By their numbers: a list would be as long as the largest.
  const frames = new Map<number, string>();
  const names = namesIn(folder, 'pictures');
  for (const name of names) {
    const [, stem, index] = pictureName.exec(name) ?? [];
    if (stem === undefined) continue;
    const other = index === undefined ? blurs[0] : frames.get(Number(index));
    if (other !== undefined) refuse(`expected one ${stem} but received ${other} and ${name}; remove one`);
    if (index === undefined) blurs.push(name);
    else frames.set(Number(index), name);
  }
  const [blur] = blurs;
  if (blur === undefined) return refuse('expected blur.png, .jpg or .webp but received none');
  if (frames.size === 0) refuse('expected frame-0.png, frame-1.png ... but received none');
  const inOrder = [...frames].sort(([a], [b]) => a - b);
  const last = inOrder.at(-1)![0];
  const missingCount = last + 1 - frames.size;
  if (missingCount > 0) {
    // Not all: a number may be as large as a name has room for.
    const missing: string[] = [];
    for (let index = 0; missing.length < Math.min(missingCount, missingLookedFor); index++) {
      if (!frames.has(index)) missing.push(`frame-${index}`);
    }
    refuse(`expected frame-0 to frame-${last} without a gap, but ${sayMissing(missing, missingCount)}`);
  }
  if (frames.size < 3 || frames.size % 2 === 0) {
    refuse(`expected an odd number of frames, 3 or more, but received ${frames.size}`);
  }
  return {
    folder,
    blurPath: join(folder, blur),
    framePaths: inOrder.map(([, name]) => join(folder, name)),
    flowPaths: findFlows(names, frames.size, refuse).map((name) => join(folder, name)),
  };
}

function sayMissing(names: readonly string[], count = names.length): string {
  return `${listFirst(names, count)} ${count > 1 ? 'are' : 'is'} missing`;
}

/** The flows to all frames, or none. @param refuse told what is missing or too many. */
function findFlows(names: readonly string[], frames: number, refuse: (problem: string) => never): string[] {
  const found = names.filter((name) => flowName.test(name));
  if (found.length === 0) return [];
  const wanted = Array.from({ length: frames }, (_, index) => `flow-${index}.flo`);
  const missing = wanted.filter((name) => !found.includes(name));
  const extra = found.find((name) => !wanted.includes(name));
  const all = `flow-0.flo to flow-${frames - 1}.flo, one for each frame, or none`;
  if (missing.length > 0) {
    refuse(`expected ${all}, but ${sayMissing(missing)}`);
  }
  if (extra !== undefined) refuse(`expected ${all}, but received ${extra} too; remove it`);
  return wanted;
}

/**
 * Reads the pictures of a sample, and its motion where there are flows.
 *
 * @param readPicture how each is decoded. Default: as 8-bit sRGB, whatever profile it carries.
 * @throws UnblurError that names the picture or the flow of another size; as `readFlow` does; whatever
 * `readPicture` throws.
 */
export async function readSampleFiles(
  files: SampleFiles,
  readPicture: (path: string) => Promise<RgbImage> = readRgbImage,
): Promise<Sample> {
  const { blurred, frames, flows } = await readFilesOfOneSize(files, readPicture, readFlow);
  if (flows.length === 0) return { blurred, frames };
  const flowsPixels = flows.map(({ data }) => data);
  return { blurred, frames, flowsPixels, motionPixels: motionOfFlows(flowsPixels) };
}

interface Size {
  width: number;
  height: number;
}

/**
 * Reads the files of a sample, or as much of each as the two functions do.
 *
 * @throws UnblurError that names the picture or the flow of another size than the blurred picture; whatever
 * the functions throw.
 */
export async function readFilesOfOneSize<Picture extends Size, Flow extends Size>(
  { folder, blurPath, framePaths, flowPaths }: SampleFiles,
  readPicture: (path: string) => Promise<Picture>,
  readFlowFile: (path: string) => Flow | Promise<Flow>,
): Promise<{ blurred: Picture; frames: Picture[]; flows: Flow[] }> {
  const blurred = await readPicture(blurPath);
  const frames = await Promise.all(framePaths.map((path) => readPicture(path)));
  const flows = await Promise.all(flowPaths.map((path) => readFlowFile(path)));
  for (const [what, files, paths] of [
    ['pictures', frames, framePaths],
    ['flows', flows, flowPaths],
  ] as const) {
    for (const [index, { width, height }] of files.entries()) {
      if (width === blurred.width && height === blurred.height) continue;
      throw new UnblurError(
        `Sample ${folder}: expected all ${what} at ${blurred.width}x${blurred.height}, the size of its blurred ${what === 'flows' ? 'picture' : 'one'}, but ${basename(paths[index]!)} is ${width}x${height}`,
      );
    }
  }
  return { blurred, frames, flows };
}

/** Reads a sample folder. @throws as `findSampleFiles` and `readSampleFiles` do. */
export async function readSampleFolder(folder: string): Promise<Sample> {
  return readSampleFiles(findSampleFiles(folder));
}

/**
 * Paths of the sample folders in a set, sorted by name: every sub-folder, and every link to one, that is not
 * hidden as unfinished ones are.
 *
 * @throws UnblurError where the set cannot be read or has no sub-folder.
 */
export function listSampleFolders(set: string): string[] {
  const names = namesIn(set, 'samples');
  const folders = names
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(set, name))
    .filter(isFolder);
  if (folders.length === 0) {
    const hint = names.some((name) => pictureName.test(name))
      ? '; it is itself a sample: give the folder that contains it'
      : names.includes(shardName(0))
        ? '; its shards are for training, as a source of kind shards: to evaluate, make a set of folders'
        : '';
    throw new UnblurError(
      `${set} holds no samples; expected one sub-folder per sample with blur.png and frame-0.png, frame-1.png ...${hint}`,
    );
  }
  return folders;
}
