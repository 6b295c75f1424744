import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, parse, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { RunSettings } from '../run-fields.js';
import { writeRunFile } from '../run-file.js';
import { loadRun } from '../systems.js';
import type { LoadedRun } from '../systems.js';

const ownFolder = fileURLToPath(new URL('../..', import.meta.url));
const PICTURES = ['.png', '.jpg', '.jpeg', '.webp'];
const JPEG_QUALITY = 88;

/** What a run on PyTorch does not load: other engines, and what only a browser or a compiler needs. */
const leftOut = /^(onnxruntime-node|node-fetch|webgpu|@types\/.*|@webgpu\/.*|@tensorflow\/tfjs-(node|node-gpu|backend-webgpu))$/;
/** Of a package that holds itself in many forms, the one that Node loads. */
const onlyFiles: Record<string, string[]> = { '@tensorflow/tfjs-core': ['package.json', 'dist/tf-core.node.js'] };
const loadedFile = /\.(js|mjs|cjs|json|node|py)$|\.so(\.[0-9]+)*$/;

const startScript = `#!/bin/sh
# Starts the run, or goes on with it: ./start.sh OUT [PROCESSES]. One process per GPU. PYTHON names a Python with torch.
set -e
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"
exec ./node start.js "$out" "\${2:-1}"
`;

const startProgram = `import { existsSync } from 'node:fs';
import { train } from './node_modules/@unblur/trainer/dist/train.js';

const [out, processes] = process.argv.slice(2);
const resume = existsSync(out + '/checkpoint.safetensors');
const { step, interrupted } = await train('run.yaml', { out, resume, engine: 'torch', processes: Number(processes) });
console.log(interrupted ? 'interrupted after step ' + step + '; the same command goes on' : 'trained ' + step + ' steps');
`;

export interface RunArchiveOptions {
  /** Pictures of training sources that are wider are made this wide, as JPEG. */
  widthPixels: number;
}

/**
 * Packs a run into one archive that starts it on a machine with PyTorch and nothing else: this Node, the packages that a
 * run loads, the Python program, the run file and its data.
 *
 * @param archive where to write it; what its name ends with says how it is compressed, such as `.tar.xz`.
 * @returns its size in bytes.
 * @throws if the run file is not right, a package has not been compiled, or `tar` fails.
 */
export async function packRun(runFile: string, archive: string, { widthPixels }: RunArchiveOptions): Promise<number> {
  const run = loadRun(runFile);
  if (!existsSync(join(ownFolder, 'dist', 'train.js'))) throw new Error(`Expected the compiled package in '${join(ownFolder, 'dist')}' but there is none; build it first.`);
  const folder = mkdtempSync(join(tmpdir(), 'unblur-archive-'));
  try {
    const name = basename(runFile, extname(runFile));
    const stage = join(folder, name);
    mkdirSync(stage);
    copyFileSync(process.execPath, join(stage, 'node'));
    chmodSync(join(stage, 'node'), 0o755);
    copyPackage(ownFolder, stage, new Set());
    writeFileSync(join(stage, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    writeFileSync(join(stage, 'start.js'), startProgram);
    writeFileSync(join(stage, 'start.sh'), startScript, { mode: 0o755 });
    const packed = await copyData(run, stage, widthPixels);
    writeFileSync(join(stage, 'run.yaml'), writeRunFile(run.definition, packed, join(stage, 'run.yaml')));
    const temporary = join(dirname(resolve(archive)), `new-${basename(archive)}`);
    const { status, stderr, error } = spawnSync('tar', ['--auto-compress', '-cf', temporary, '-C', folder, name], { encoding: 'utf8' });
    if (status !== 0) {
      rmSync(temporary, { force: true });
      throw new Error(`Expected tar to write '${archive}' but it failed: ${error?.message ?? stderr.trim()}.`);
    }
    renameSync(temporary, archive);
    return statSync(archive).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A package and all that it depends on, side by side in `node_modules`. */
function copyPackage(source: string, stage: string, copied: Set<string>): void {
  const { name, dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  if (copied.has(name)) return;
  copied.add(name);
  const target = join(stage, 'node_modules', name);
  if (onlyFiles[name]) {
    for (const file of onlyFiles[name]) cpSync(join(source, file), join(target, file));
  } else {
    cpSync(source, target, { recursive: true, filter: (path) => isLoaded(relative(source, path), statSync(path).isDirectory()) });
  }
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    const found = leftOut.test(dependency) ? undefined : findPackage(dependency, source);
    if (found) copyPackage(found, stage, copied);
    else if (dependency in dependencies && !leftOut.test(dependency)) throw new Error(`Expected the package '${dependency}', which '${name}' needs, to be installed but it is not.`);
  }
}

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

function isLoaded(path: string, isFolder: boolean): boolean {
  if (isFolder) return !['node_modules', 'src', 'out-tsc', 'benchmarks', '__pycache__'].includes(basename(path));
  return loadedFile.test(path);
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === parse(folder).root) return undefined;
  }
}

/** Copies what the run reads, and returns the run that reads the copies. */
async function copyData({ definition, config }: LoadedRun, stage: string, widthPixels: number): Promise<RunSettings> {
  const copies = new Map<string, string>();
  const packed = definition.changePaths(config, (path) => {
    const copy = copies.get(path) ?? join(stage, 'data', `${copies.size}-${basename(path)}`);
    copies.set(path, copy);
    return copy;
  });
  const shrunk = definition.pictureFolders?.(config) ?? [];
  for (const [path, copy] of copies) {
    if (shrunk.includes(path)) await copyPictures(path, copy, widthPixels);
    else cpSync(path, copy, { recursive: true });
  }
  return packed;
}

/** The pictures of a folder and its sub-folders, the wide ones made smaller. */
async function copyPictures(source: string, target: string, widthPixels: number): Promise<void> {
  for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!PICTURES.includes(extname(path).toLowerCase())) continue;
    const picture = sharp(join(source, path));
    const { width } = await picture.metadata();
    const { dir, name, ext } = parse(path);
    mkdirSync(join(target, dir), { recursive: true });
    if (width <= widthPixels) copyFileSync(join(source, path), join(target, path));
    else await picture.resize({ width: widthPixels }).jpeg({ quality: JPEG_QUALITY }).toFile(join(target, dir, `${name}${ext.toLowerCase().startsWith('.jp') ? ext : '.jpg'}`));
  }
}
