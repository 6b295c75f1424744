import { existsSync, type Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { explainFileError, isClip, listFirst } from '@unblur/files';
import { isRestoration } from '@unblur/inference/result-names';
import { glob, isDynamicPattern } from 'tinyglobby';
import { standardStream } from './standard-streams.js';

const photoExtensions = [
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.tif',
  '.tiff',
  '.avif',
  '.heic',
  '.heif',
  '.hif',
  '.bmp',
  '.gif',
];
/** Camera RAW files, of which the preview is restored. */
const rawExtensions = ['.dng', '.nef', '.cr2', '.cr3', '.arw', '.orf', '.rw2', '.raf', '.pef', '.srw'];
const knownExtensions = new Set([...photoExtensions, ...rawExtensions]);

/** Whether a file is a photograph by its name. */
export function isNamedLikePhoto(path: string): boolean {
  return knownExtensions.has(extname(path).toLowerCase());
}

/** A photograph that a command line names. */
export interface FoundPhoto {
  path: string;
  /**
   * Where it lies below the folder or the pattern that named it, without its own name: an empty text directly
   * in it.
   */
  folder: string;
  /** Whether it is standard input, a pipe or the like, which can be read once only. */
  isStream?: true;
}

/** What lies in a folder or matches a pattern and is left out. */
export interface SkippedFile {
  path: string;
  reason: string;
}

export interface FoundPhotos {
  photos: FoundPhoto[];
  skipped: SkippedFile[];
}

const skipReasons = {
  hidden: 'hidden',
  clip: 'video: use unblur video',
  name: 'not named like a photograph',
  results: 'results of unblur',
  link: 'link to a folder',
  unreadable: 'cannot be read',
} as const;

/**
 * The photographs that a command line names: files as they are, those in a folder and the folders below it,
 * those that a glob pattern matches, and `-` for standard input. Files that do not exist stay in the list, so
 * that each gets its own message.
 *
 * @param out where results go: left out where it lies in a folder, as are results elsewhere.
 * @throws when a folder or pattern holds no photograph
 */
export async function findPhotos(
  places: readonly string[],
  out: string,
  platform: string = process.platform,
): Promise<FoundPhotos> {
  const found: FoundPhotos[] = [];
  const isWindows = platform === 'win32';
  for (const place of places) {
    // Its paths are written with backslashes, which quote in patterns.
    const pattern = isWindows ? place.replaceAll('\\', '/') : place;
    const entry = await stat(place).catch(() => undefined);
    if (place === standardStream || (entry && !entry.isFile() && !entry.isDirectory())) {
      found.push({ photos: [{ path: place, folder: '', isStream: true }], skipped: [] });
    } else if (entry?.isDirectory()) {
      found.push(await findInFolder(place, out));
    } else if (!entry && isDynamicPattern(pattern)) {
      found.push(await findMatches(pattern, out, { caseSensitiveMatch: !isWindows }));
    } else {
      found.push({ photos: [{ path: place, folder: '' }], skipped: [] });
    }
  }
  const photos = found.flatMap((part) => part.photos);
  const firsts = new Map(photos.toReversed().map((photo) => [resolve(photo.path), photo]));
  return {
    photos: photos.filter((photo) => firsts.get(resolve(photo.path)) === photo),
    skipped: found.flatMap((part) => part.skipped),
  };
}

async function findInFolder(root: string, out: string): Promise<FoundPhotos> {
  const found: FoundPhotos = { photos: [], skipped: [] };
  await walk(root);
  expectPhotos(
    found,
    `The folder ${root} holds no photograph (${photoExtensions.join(', ')}, or camera RAW).`,
  );
  return found;

  async function walk(folder: string): Promise<void> {
    let entries: Dirent[];
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (cause) {
      if (folder === root) throw explainFileError('read', folder, cause);
      found.skipped.push({ path: folder, reason: skipReasons.unreadable });
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const names = entries.map(({ name }) => name);
    if (folder !== root && holdsResults(folder, names, out)) {
      found.skipped.push({ path: folder, reason: skipReasons.results });
      return;
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      // A folder that is linked may lie above this one.
      if (entry.isDirectory() && !entry.name.startsWith('.')) await walk(path);
      else add(found, path, relative(root, folder), target?.isDirectory() ?? false);
    }
  }
}

/** Whether what a folder holds was made by unblur, and is no photograph that somebody took. */
const holdsResults = (folder: string, names: readonly string[], out: string): boolean =>
  resolve(folder) === resolve(out) || isRestoration(names);

/** @throws where none was found, with what was left out: clips, for instance. */
function expectPhotos({ photos, skipped }: FoundPhotos, message: string): void {
  if (photos.length > 0) return;
  const leftOut = describeSkipped(skipped);
  throw new Error(leftOut === undefined ? message : `${message} ${leftOut}`);
}

async function findMatches(
  wholePattern: string,
  out: string,
  { caseSensitiveMatch }: { caseSensitiveMatch: boolean },
): Promise<FoundPhotos> {
  const found: FoundPhotos = { photos: [], skipped: [] };
  // The folder apart: no pattern leads from one drive to another.
  const { folder, pattern } = splitPattern(wholePattern);
  const matches = await glob(pattern, { cwd: folder, expandDirectories: false, caseSensitiveMatch });
  const folderOf = (match: string) => relative('.', dirname(match));
  // As in shells, `**` leads through no linked folder, which may lie above this one; what names it does.
  const followsLinks = !pattern.includes('**');
  /** Of folders below, by their paths from there: each is looked at once, however many lie in it. */
  const leftOut = new Map<string, SkippedFile | undefined>([['', undefined]]);
  /** The first folder on the way to one below, itself included, that is left out. */
  const leftOutOnWay = async (below: string): Promise<SkippedFile | undefined> => {
    if (!leftOut.has(below)) {
      const above = await leftOutOnWay(folderOf(below));
      leftOut.set(below, above ?? (await leftOutItself(join(folder, below), out, followsLinks)));
    }
    return leftOut.get(below);
  };
  for (const match of matches.sort()) {
    const below = folderOf(match);
    if (!(await leftOutOnWay(below))) add(found, join(folder, match), below, false);
  }
  const skipped = [...leftOut.values()].filter((each) => each !== undefined);
  found.skipped.push(...new Set(skipped));
  expectPhotos(found, `No photograph matches ${wholePattern}.`);
  return found;
}

async function leftOutItself(
  path: string,
  out: string,
  followsLinks: boolean,
): Promise<SkippedFile | undefined> {
  if (holdsResults(path, await readdir(path), out)) return { path, reason: skipReasons.results };
  if (!followsLinks && (await lstat(path)).isSymbolicLink()) return { path, reason: skipReasons.link };
  return undefined;
}

/** The longest beginning of a pattern that is a folder, such as `copy (2)/`, and the rest of it. */
function splitPattern(pattern: string): { folder: string; pattern: string } {
  const parts = pattern.split('/');
  for (let length = parts.length - 1; length > 0; length--) {
    // With a slash behind it, so that `/` and `C:/` are the roots.
    const folder = `${parts.slice(0, length).join('/').replaceAll('\\', '')}/`;
    if (existsSync(folder)) return { folder, pattern: parts.slice(length).join('/') };
  }
  return { folder: '.', pattern };
}

function add(found: FoundPhotos, path: string, folder: string, isFolder: boolean): void {
  const name = basename(path);
  // macOS leaves a hidden `._photo.jpg` beside each photograph on other systems' disks.
  if (name.startsWith('.')) {
    found.skipped.push({ path, reason: skipReasons.hidden });
  } else if (isFolder) {
    found.skipped.push({ path, reason: skipReasons.link });
  } else if (isClip(name)) {
    found.skipped.push({ path, reason: skipReasons.clip });
  } else if (!isNamedLikePhoto(name)) {
    found.skipped.push({ path, reason: skipReasons.name });
  } else {
    found.photos.push({ path, folder });
  }
}

/** One line that says what was left out, and why; none where nothing was. */
export function describeSkipped(skipped: readonly SkippedFile[]): string | undefined {
  if (skipped.length === 0) return undefined;
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].map((reason) => {
    const paths = skipped.filter((file) => file.reason === reason).map(({ path }) => path);
    return `${listFirst(paths)} (${reason})`;
  });
  return `Skipped: ${reasons.join('; ')}.`;
}

/**
 * A name as file systems compare it that take `A` for `a` (Windows, macOS) and an accent of its own for one
 * that is part of its letter (macOS). Names of the same text are one name there.
 */
export const comparableName = (name: string): string => name.normalize('NFC').toLowerCase();

/**
 * A place below the results for every photograph: its folder and its own name without the extension, with a
 * number where two would be the same.
 *
 * @returns paths in the order of `photos`, none of which leads upwards
 */
export function nameResults(photos: readonly FoundPhoto[]): string[] {
  const taken = new Set<string>();
  return photos.map(({ path, folder, isStream = false }) => {
    // A name of dots alone is a folder above; one that begins with a dot is hidden. Windows opens no folder
    // whose name ends in a dot or a space.
    const name = (isStream ? '' : basename(path, extname(path)).replace(/^\.+|[. ]+$/g, '')) || 'photo';
    const below = folder
      .split(/[\\/]/)
      .filter((part) => part !== '..' && part !== '.')
      .join(sep);
    const first = join(below, name);
    let unique = first;
    for (let number = 2; taken.has(comparableName(unique)); number++) unique = `${first}-${number}`;
    taken.add(comparableName(unique));
    return unique;
  });
}
