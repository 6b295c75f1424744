import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expectOptions, type OptionNames, writeFolderAtomically } from '@unblur/files';
import { programFolder } from '../engines/torch/torch-program.js';
import { loadRun } from '../systems/load-run.js';
import { writeRunFile } from '../run-file/run-file.js';
import type { RunChanges } from '../run-file/run-file.js';
import { planFile, planDeviceRun } from './plan.js';
import type { DevicePlan } from './plan.js';
import { packImages, sourceFolders } from './pictures.js';

const mib = 2 ** 20;
const sentProgram = 'unblur_torch';

const startScript = `#!/bin/sh
# Trains, or goes on: sh start.sh OUT [--minutes M] [--processes N]; with --trial at a size for a processor.
# PYTHON names a Python with torch, numpy, and OpenCV or Pillow.
# Then bring OUT/results back, and: unblur train <the run file> --collect results --out <folder>
set -e
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
PYTHONPATH="$here\${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1 exec "\${PYTHON:-python3}" -m ${sentProgram}.device_command "$here" "$@"
`;

export interface RunArchiveOptions {
  /** Of the whole archive. Default: 60. */
  maxMib?: number;
  /** Of each of its files. Default: 30. */
  partMib?: number;
  /** See `TrainOptions`. */
  changes?: RunChanges;
}

const runArchiveOptionNames: OptionNames<RunArchiveOptions> = { maxMib: true, partMib: true, changes: true };

export interface RunArchive {
  bytes: number;
  files: number;
  pictures: number;
  /** Of the WebP pictures, up to 100, and of panoramas that were wider. */
  quality: number;
  panoramaWidthPixels: number;
}

/**
 * Packs a run into a folder that trains it on a machine with PyTorch and nothing else: graphs, starting
 * weights, pictures, validation samples, the Python program, `start.sh`. None of the files is larger than a
 * part, so that they can travel one by one.
 *
 * @param folder new, or empty.
 * @throws if an option is not known, the run file is not right, what it reads cannot be read, it does not fit,
 * or the folder holds something.
 */
export async function packRun(
  runFile: string,
  folder: string,
  options: RunArchiveOptions = {},
): Promise<RunArchive> {
  const {
    maxMib = 60,
    partMib = 30,
    changes = {},
  } = expectOptions(options, runArchiveOptionNames, "packRun('my-run.yaml', 'packed', { maxMib: 60 })");
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(
      `Expected a new folder for the packed run but '${folder}' is not empty; choose another, or empty it.`,
    );
  }
  const run = loadRun(runFile, { ...changes, engine: 'torch', synthesis: 'device' });
  const plan = await planDeviceRun(run);
  const otherBytes = sizeOf(plan.files);
  // The program and the plan are small.
  const images = await packImages(plan.sources, maxMib * mib - otherBytes - mib, partMib * mib);
  const files = inPieces(new Map([...plan.files, ...images.files]), partMib * mib);
  await writeFolderAtomically(folder, async (stage) => {
    writePlan(stage, { ...plan, files }, writeRunFile(run.config, runFile));
    cpSync(join(programFolder, sentProgram), join(stage, sentProgram), {
      recursive: true,
      filter: (path) => basename(path) !== '__pycache__',
    });
    writeFileSync(join(stage, 'start.sh'), startScript, { mode: 0o755 });
  });
  return {
    ...sizesOf(folder),
    pictures: images.count,
    quality: images.quality,
    panoramaWidthPixels: images.panoramaWidthPixels,
  };
}

/**
 * Writes a plan and its files.
 *
 * @param packedRunFile of a run that is packed with its pictures, for whoever takes its results in: its YAML,
 * as if it lay where the run file does. Absent, pictures are read from the folders where they are.
 */
export function writePlan(
  folder: string,
  { plan, files, sources }: DevicePlan,
  packedRunFile?: string,
): void {
  const isPacked = packedRunFile !== undefined;
  const { folders, folderOf } = sourceFolders(sources);
  const described = sources.map(({ weight, folder: _folder, ...options }, index) => ({
    weight,
    options,
    ...(isPacked ? { images: folderOf[index] } : { folder: folders[folderOf[index]!] }),
  }));
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  writeFileSync(
    join(folder, planFile),
    JSON.stringify(
      { ...plan, runFile: packedRunFile, sources: described, files: [...files.keys()] },
      undefined,
      1,
    ),
  );
}

/** Files that are larger than a part, as `<name>.0` and so on. */
function inPieces(files: Map<string, Uint8Array>, partBytes: number): Map<string, Uint8Array> {
  const pieces = new Map<string, Uint8Array>();
  for (const [name, bytes] of files) {
    if (bytes.length <= partBytes) {
      pieces.set(name, bytes);
    } else {
      for (let begin = 0; begin < bytes.length; begin += partBytes) {
        pieces.set(`${name}.${begin / partBytes}`, bytes.subarray(begin, begin + partBytes));
      }
    }
  }
  return pieces;
}

function sizeOf(files: Map<string, Uint8Array>): number {
  return [...files.values()].reduce((sum, { length }) => sum + length, 0);
}

function sizesOf(folder: string): { bytes: number; files: number } {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return {
    files: entries.length,
    bytes: entries.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0),
  };
}
