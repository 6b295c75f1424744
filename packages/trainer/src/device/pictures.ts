import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { writeSafetensors } from '@unblur/core-model';
import type { SafetensorsTensor } from '@unblur/core-model';
import { isPicture, pictureExtensions } from '@unblur/files';
import sharp from 'sharp';
import type { DevicePlan } from './plan.js';

/**
 * How small pictures are made, from the best to the worst that is still good to learn from: coarser panoramas
 * rather than traces of compression, which a network would learn.
 */
const settings: Setting[] = [
  ...[92, 88, 84, 80, 76].map((quality) => ({ quality, panoramaWidthPixels: 2048 })),
  ...[1792, 1536, 1280].map((panoramaWidthPixels) => ({ quality: 76, panoramaWidthPixels })),
  ...[70, 64, 58, 50].map((quality) => ({ quality, panoramaWidthPixels: 1280 })),
];
/** Pictures from which the size at a quality is estimated. */
const trialPictures = 48;
/** Room in a part for its header. */
const headerBytesPerPicture = 200;

interface Setting {
  /** Of WebP, up to 100. */
  quality: number;
  /** Of panoramas that are wider: they are looked at in parts. Other pictures keep their size. */
  panoramaWidthPixels: number;
}

/** A picture of a source, under its name in the folder. */
interface SourcePicture {
  /** Which of the folders it is in. */
  folder: number;
  name: string;
  path: string;
  isPanorama: boolean;
}

/** Pictures as they are packed. */
export interface PackedImages extends Setting {
  /** Files `images-<n>.safetensors`, none of them larger than a part may be. */
  files: Map<string, Uint8Array>;
  count: number;
}

/** The different folders that sources read from: several sources may share one. */
export function sourceFolders(sources: DevicePlan['sources']): { folders: string[]; folderOf: number[] } {
  const folders = [...new Set(sources.map(({ folder }) => folder))];
  return { folders, folderOf: sources.map(({ folder }) => folders.indexOf(folder)) };
}

/**
 * The pictures of all sources as WebP, as good as they can be where they fit.
 *
 * @param mostBytes of all files together. @param partBytes of each of them.
 * @throws if a folder holds no pictures, or they do not fit at the lowest quality.
 */
export async function packImages(
  sources: DevicePlan['sources'],
  mostBytes: number,
  partBytes: number,
): Promise<PackedImages> {
  const pictures = listPictures(sources);
  for (const setting of await settingsThatMayFit(pictures, mostBytes)) {
    const encoded = await encodeAll(pictures, setting);
    if (sumOf(encoded) + pictures.length * headerBytesPerPicture <= mostBytes) {
      return { files: intoParts(pictures, encoded, partBytes), count: pictures.length, ...setting };
    }
  }
  throw new Error(
    `Expected the ${pictures.length} pictures of 'data.sources' to fit in ${(mostBytes / 2 ** 20).toFixed(1)} MiB but they do not, even at quality ${settings.at(-1)!.quality}; raise --max-mib, or use fewer.`,
  );
}

function listPictures(sources: DevicePlan['sources']): SourcePicture[] {
  const { folders, folderOf } = sourceFolders(sources);
  return folders.flatMap((folder, index) => {
    const users = sources.filter((_, source) => folderOf[source] === index);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => name.split(sep).join('/'))
      .filter(
        (name) =>
          isPicture(name) && users.some(({ videos }) => !videos || videos.includes(name.split('/')[0]!)),
      )
      .sort();
    if (names.length === 0) {
      throw new Error(
        `Expected pictures (${pictureExtensions.join(', ')}) in '${folder}', to make samples from, but received none.`,
      );
    }
    return names.map((name) => ({
      folder: index,
      name,
      path: join(folder, name),
      isPanorama: users.every(({ kind }) => kind === 'panorama'),
    }));
  });
}

/** From the best setting at which a few of the pictures say that all will fit, downwards. */
async function settingsThatMayFit(pictures: SourcePicture[], mostBytes: number): Promise<Setting[]> {
  const every = Math.ceil(pictures.length / trialPictures);
  const trial = pictures.filter((_, index) => index % every === 0);
  for (const [index, setting] of settings.entries()) {
    const expected = (sumOf(await encodeAll(trial, setting)) * pictures.length) / trial.length;
    if (expected <= mostBytes) return settings.slice(index);
  }
  return settings.slice(-1);
}

async function encodeAll(pictures: SourcePicture[], setting: Setting): Promise<Buffer[]> {
  const encoded: Buffer[] = [];
  // sharp works in threads of its own: a few pictures at a time keep them busy.
  const atOnce = 4;
  for (let first = 0; first < pictures.length; first += atOnce) {
    encoded.push(
      ...(await Promise.all(
        pictures.slice(first, first + atOnce).map((picture) => encode(picture, setting)),
      )),
    );
  }
  return encoded;
}

async function encode(
  { path, isPanorama }: SourcePicture,
  { quality, panoramaWidthPixels }: Setting,
): Promise<Buffer> {
  try {
    const picture = sharp(path).autoOrient().toColourspace('srgb').removeAlpha();
    return await (
      isPanorama ? picture.resize({ width: panoramaWidthPixels, withoutEnlargement: true }) : picture
    )
      .webp({ quality })
      .toBuffer();
  } catch (cause) {
    throw new Error(
      `Expected a picture that can be read in '${path}' but it is damaged or of another kind.`,
      { cause },
    );
  }
}

function intoParts(pictures: SourcePicture[], encoded: Buffer[], partBytes: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let tensors: [string, SafetensorsTensor][] = [];
  let bytes = 0;
  const close = () => {
    if (tensors.length > 0) {
      files.set(
        `images-${files.size}.safetensors`,
        writeSafetensors({ tensors: Object.fromEntries(tensors), metadata: {} }),
      );
    }
    [tensors, bytes] = [[], 0];
  };
  encoded.forEach((data, index) => {
    const { folder, name } = pictures[index]!;
    const more = data.length + headerBytesPerPicture;
    if (bytes + more > partBytes) close();
    tensors.push([`${folder}/${name}`, { dtype: 'U8', shape: [data.length], values: data }]);
    bytes += more;
  });
  close();
  return files;
}

function sumOf(buffers: Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
