import { basename } from 'node:path';
import { UnblurError } from '@unblur/files';
import type { FileCache, FileDecoder } from '../pictures/file-cache.node.js';
import { pictureDecoder, readPictureSize } from '../pictures/picture-file.node.js';
import type { SourceKind } from '../source-kind.node.js';
import {
  augmentStored,
  expectStoredOptions,
  type PartialStoredSampleOptions,
  passesInRandomOrder,
  requireWindowSize,
  type StoredSample,
  type StoredSampleOptions,
} from '../stored-sample.js';
import { type FlowField, readFlow, readFlowSize } from './flow-file.node.js';
import {
  findSampleFiles,
  listSampleFolders,
  readFilesOfOneSize,
  type SampleFiles,
} from './sample-folder.node.js';

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface SampleFolderRecipe {
  kind: 'samples';
  /** Their order matters. */
  samples: SampleFiles[];
  seed: number;
  options: StoredSampleOptions;
}

const flowDecoder: FileDecoder<FlowField> = {
  name: 'flow',
  decode: async (path) => readFlow(path),
  bytesOf: ({ data }) => data.byteLength,
};

/**
 * Samples are read out of folders, one each. All are looked at beforehand, as far as the beginnings of their
 * files go: what does not fit shows before the first is used.
 */
export const sampleFolderSource: SourceKind<PartialStoredSampleOptions, SampleFolderRecipe> = {
  async recipeOf(folder, seed, given) {
    const { augmentation, ...known } = expectStoredOptions('samples', given);
    const samples = listSampleFolders(folder).map(findSampleFiles);
    const frames = known.frames ?? samples[0]!.framePaths.length;
    requireAlike(samples, frames);
    const sizePixels = await requireSizes(samples, known.sizePixels);
    return { kind: 'samples', samples, seed, options: { sizePixels, frames, augmentation } };
  },
  fileNames: ({ samples }) => ({
    samples: samples.map(({ folder, blurPath, framePaths, flowPaths }) => ({
      folder: basename(folder),
      blurPath: basename(blurPath),
      framePaths: framePaths.map((path) => basename(path)),
      flowPaths: flowPaths.map((path) => basename(path)),
    })),
  }),
  knowsMotion: (folder) => findSampleFiles(listSampleFolders(folder)[0]!).flowPaths.length > 0,
  isStored: true,
  /** Each sample belongs to one thread, so that what is decoded is held once. */
  threadOf: ({ samples, seed }, sampleIndex) => passesInRandomOrder(samples.length, seed)(sampleIndex),
  open({ samples, seed, options }, cache) {
    const storedIndexOf = passesInRandomOrder(samples.length, seed);
    return {
      async synthesize(sampleIndex) {
        const stored = await readStored(samples[storedIndexOf(sampleIndex)]!, cache);
        return augmentStored(stored, options, seed, sampleIndex);
      },
    };
  },
};

async function readStored(files: SampleFiles, cache: FileCache): Promise<StoredSample> {
  const { flows, ...pictures } = await readFilesOfOneSize(
    files,
    (path) => cache.load(pictureDecoder, path),
    (path) => cache.load(flowDecoder, path),
  );
  return { ...pictures, ...(flows.length > 0 && { flowsPixels: flows.map(({ data }) => data) }) };
}

/** @throws UnblurError unless all have this number of frames, and all their motion or none. */
function requireAlike(samples: readonly SampleFiles[], frames: number): void {
  const [first] = samples;
  for (const { folder, framePaths, flowPaths } of samples) {
    if (framePaths.length !== frames) {
      throw new UnblurError(
        `Sample ${folder}: expected ${frames} frames, as many as are trained on, but received ${framePaths.length}; train on as many, or keep samples with other numbers of frames elsewhere`,
      );
    }
    if (flowPaths.length > 0 !== first!.flowPaths.length > 0) {
      const [known, unknown] = flowPaths.length > 0 ? [folder, first!.folder] : [first!.folder, folder];
      throw new UnblurError(
        `Sample ${known} has its flow (flow-0.flo ...) but ${unknown} has none; keep samples with it and samples without in separate folders, each a source of its own`,
      );
    }
  }
}

/**
 * @param wanted side of the window; not given: the largest that all samples have.
 * @returns that side. @throws UnblurError that names a file of another size than the rest of its sample;
 * RangeError that names a sample too small.
 */
async function requireSizes(samples: readonly SampleFiles[], wanted: number | undefined): Promise<number> {
  let smallest = Infinity;
  for (const files of samples) {
    const { blurred } = await readFilesOfOneSize(files, readPictureSize, readFlowSize);
    const side = Math.min(blurred.width, blurred.height);
    if (wanted !== undefined) {
      requireWindowSize(wanted, side, `the lesser side of sample ${files.folder}`);
    }
    smallest = Math.min(smallest, side);
  }
  return wanted ?? smallest;
}
