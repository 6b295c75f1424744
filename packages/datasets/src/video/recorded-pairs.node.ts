import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { chooseFrames, listFrames } from '@unblur/clips';
import { expectOptions } from '@unblur/files';
import { isFolder, namesIn } from '../pictures/picture-listing.node.js';
import { foldersOfPictures } from './picture-folders.node.js';

/** Folders of sharp frames and of the blurred ones of the same moments, in sets as they are published. */
const pairedFolders: readonly { sharp: string; blurred: string }[] = [
  // What `synthesizePairedVideos` writes, and CDVD-TSP.
  { sharp: 'gt', blurred: 'blur' },
  // GoPro (Nah et al. 2017).
  { sharp: 'sharp', blurred: 'blur' },
  // DVD (Su et al. 2017).
  { sharp: 'GT', blurred: 'input' },
  // REDS (Nah et al. 2019).
  { sharp: 'train_sharp', blurred: 'train_blur' },
  { sharp: 'val_sharp', blurred: 'val_blur' },
];

const allSharpNames = [...new Set(pairedFolders.map(({ sharp }) => sharp))];

/** The blurred side of a set, folder or picture; `blur_gamma` is GoPro's, averaged through a gamma. */
const blurredName = /^((train|val)_)?blur(_gamma|red)?(\.[^.]*)?$/;

/** Whether a file or folder is the blurred side of a set, not a video. @param siblings that lie beside it. */
export function isBlurredSide(name: string, siblings: readonly string[]): boolean {
  return blurredName.test(name) || (name === 'input' && siblings.includes('GT'));
}

/** A video's frames, blurred and sharp: paths of equal number, one for one. */
export interface PairedVideo {
  /**
   * Its folder below the set's, without the name of the side; with that of its blurred side where several
   * videos would have one name, as in REDS' `train_blur/000` and `val_blur/000`.
   */
  name: string;
  blurred: string[];
  sharp: string[];
}

export interface PairedVideoOptions {
  /** Name of the folders of blurred frames, where a set has others too, such as GoPro's `blur_gamma`. */
  blurredFolder?: string | undefined;
}

/**
 * The videos below a folder that exist both blurred and sharp, in the layouts of published sets:
 * `blur/<video>/<frame>` beside `gt/<video>/<frame>`, GoPro's `<scene>/blur` beside `<scene>/sharp`, DVD's
 * `input` beside `GT`, REDS' `val_blur` beside `val_sharp`; to any depth, so a split works as well as the
 * whole set. Sharp frames without a blurred one are left out.
 *
 * @returns videos sorted by name.
 * @throws Error that names the folder that is missing, or the frame that has no counterpart.
 */
export function listPairedVideos(root: string, options: PairedVideoOptions = {}): PairedVideo[] {
  const { blurredFolder } = expectOptions(
    options,
    { blurredFolder: true },
    "listPairedVideos('gopro', { blurredFolder: 'blur_gamma' })",
  );
  const sharpNamesOf = (part: string): readonly string[] => {
    if (blurredFolder === undefined) return sharpBeside(part);
    return part === blurredFolder ? allSharpNames : [];
  };
  const sided = foldersOfPictures(root).map(({ parts }) => ({
    parts,
    blurred: join(root, ...parts),
    sharp: otherSides(parts, sharpNamesOf).map(({ place, path }) => ({ place, path: join(root, ...path) })),
  }));
  const videos: (PairedVideo & { longName: string })[] = [];
  const unpaired: typeof sided = [];
  for (const folder of sided) {
    const side = folder.sharp.find(({ path }) => existsSync(path));
    if (side) {
      const name = folder.parts.toSpliced(side.place, 1).join('/') || basename(resolve(root));
      const longName = folder.parts.join('/');
      videos.push({ longName, ...pairFrames(name, folder.blurred, side.path) });
    } else if (folder.sharp.length > 0) {
      unpaired.push(folder);
    }
  }
  // A sharp video may have the name of a blurred side.
  const sharpFolders = new Set(videos.map(({ sharp }) => dirname(sharp[0]!)));
  const missing = unpaired.find(({ blurred }) => !sharpFolders.has(blurred));
  if (missing) {
    throw new Error(
      `Expected the sharp frames of ${missing.blurred} in ${missing.sharp.map(({ path }) => path).join(' or ')} but there is no such folder.`,
    );
  }
  if (videos.length === 0) {
    throw new Error(
      `Expected blurred and sharp videos as pictures in ${root}, as ${blurredFolder ?? 'blur'}/<video> beside gt/<video> or <video>/${blurredFolder ?? 'blur'} beside <video>/sharp, but received none.`,
    );
  }
  const isShared = ({ name }: PairedVideo): boolean =>
    videos.filter((video) => video.name === name).length > 1;
  return videos
    .map(({ longName, ...video }) => (isShared(video) ? { ...video, name: longName } : video))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * The recorded blurred frames of a video's sharp ones, if every frame has one, whatever its format.
 *
 * @param sharp paths, in a layout of `listPairedVideos`.
 */
export function recordedBlurOf(sharp: readonly string[]): { blurred?: string[] } {
  for (const side of otherSides(dirname(sharp[0]!).split(sep), blurredBeside)) {
    const blurredFolder = side.path.join(sep);
    if (!isFolder(blurredFolder)) continue;
    const names = namesIn(blurredFolder, 'blurred frames');
    const byStem = new Map(chooseFrames(names).map((name) => [stemOf(name), join(blurredFolder, name)]));
    const blurred = sharp.map((path) => byStem.get(stemOf(path)));
    if (blurred.every((path) => path !== undefined)) return { blurred };
  }
  return {};
}

function sharpBeside(blurred: string): string[] {
  return pairedFolders.filter((pair) => pair.blurred === blurred).map(({ sharp }) => sharp);
}

function blurredBeside(sharp: string): string[] {
  return pairedFolders.filter((pair) => pair.sharp === sharp).map(({ blurred }) => blurred);
}

/**
 * Where the other side of a path may be: the deepest folder first, since a video may have the name of a side.
 *
 * @param namesBeside of the other side of a folder; none where it is no side.
 */
function otherSides(
  parts: readonly string[],
  namesBeside: (part: string) => readonly string[],
): { place: number; path: string[] }[] {
  return parts
    .flatMap((part, place) => namesBeside(part).map((name) => ({ place, path: parts.with(place, name) })))
    .sort((one, other) => other.place - one.place);
}

function pairFrames(name: string, blurredFolder: string, sharpFolder: string): PairedVideo {
  const sharpByStem = new Map(listFrames(sharpFolder).map((path) => [stemOf(path), path]));
  const blurred = listFrames(blurredFolder);
  const sharp = blurred.map((path) => {
    const counterpart = sharpByStem.get(stemOf(path));
    if (counterpart === undefined) {
      throw new Error(
        `Expected every blurred frame of ${name} in ${sharpFolder} too, but ${path} has no counterpart there.`,
      );
    }
    return counterpart;
  });
  return { name, blurred, sharp };
}

/** A blurred and a sharp frame belong together if their names do, whatever their endings. */
function stemOf(path: string): string {
  return basename(path, extname(path));
}
