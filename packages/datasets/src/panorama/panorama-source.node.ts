import { basename } from 'node:path';
import type { FileDecoder } from '../pictures/file-cache.node.js';
import { readImageFile } from '../pictures/picture-file.node.js';
import { listPictures } from '../pictures/picture-listing.node.js';
import { createRandom } from '../random.js';
import type { SourceKind } from '../source-kind.node.js';
import {
  type PanoramaOptions,
  type PartialPanoramaOptions,
  resolvePanoramaOptions,
} from './panorama-options.js';
import { buildPanorama, type Panorama, panoramaBytes } from './panorama.js';
import { buildPartialPanorama, staysWithin } from './partial-panorama.js';
import { planRotationalBlur, synthesizeRotationalBlur } from './rotational-blur.js';

/** Paths of the panoramas in a folder, sorted by name; throws as `listPictures` does. */
export function listPanoramas(folder: string): string[] {
  return listPictures(folder, 'panoramas');
}

/**
 * Reads one equirectangular panorama.
 *
 * @param coverageDegrees how much of the horizon it shows, where it is only a part of the sphere (see
 * `buildPartialPanorama`).
 * @throws Error that names the file, where it cannot be decoded, is not 2:1, or is not such a part.
 */
export async function loadPanorama(path: string, coverageDegrees: number | null = null): Promise<Panorama> {
  const { width, height, rgb } = await readImageFile(path);
  try {
    return coverageDegrees === null
      ? buildPanorama(width, height, rgb)
      : buildPartialPanorama(width, height, rgb, coverageDegrees);
  } catch (cause) {
    throw new RangeError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** What a sample depends on besides its index. Plain data: it is sent to workers. */
export interface PanoramaRecipe {
  kind: 'panorama';
  /** Paths of the panoramas; their order matters. */
  panoramas: string[];
  seed: number;
  /**
   * Which panorama a sample looks into: a random one, or each in turn, so that a small set shows all alike.
   */
  order: 'random' | 'in-turn';
  options: PanoramaOptions;
}

/** Index of the panorama that the sample with this index looks into. */
function panoramaOfSample({ panoramas, seed, order }: PanoramaRecipe, sampleIndex: number): number {
  return order === 'in-turn'
    ? sampleIndex % panoramas.length
    : createRandom(seed, sampleIndex, 0).below(panoramas.length);
}

function panoramaDecoder(coverageDegrees: number | null): FileDecoder<Panorama> {
  return {
    name: `panorama of ${coverageDegrees ?? 360} degrees`,
    decode: (path) => loadPanorama(path, coverageDegrees),
    bytesOf: panoramaBytes,
  };
}

/** How often a camera is placed anew before a partial panorama counts as too small for it. */
const mostPlaces = 500;

export const panoramaSource: SourceKind<PartialPanoramaOptions, PanoramaRecipe> = {
  recipeOf(folder, seed, given) {
    const options = resolvePanoramaOptions(given);
    return { kind: 'panorama', panoramas: listPanoramas(folder), seed, order: 'random', options };
  },
  /** Panoramas in turn, whole photographs. */
  evaluationRecipeOf(folder, seed, given) {
    const { photoPixels = given.sizePixels } = given;
    const options = resolvePanoramaOptions({ ...given, photoPixels });
    return { kind: 'panorama', panoramas: listPanoramas(folder), seed, order: 'in-turn', options };
  },
  fileNames: ({ panoramas }) => ({ panoramas: panoramas.map((path) => basename(path)) }),
  /** Each panorama belongs to one thread: it takes long to decode, and much memory. */
  threadOf: panoramaOfSample,
  factsOf: (recipe, sampleIndex) => ({
    panorama: basename(recipe.panoramas[panoramaOfSample(recipe, sampleIndex)]!),
  }),
  knowsMotion: true,
  open: (recipe, cache) => ({
    async synthesize(sampleIndex) {
      const { seed, options, panoramas } = recipe;
      const path = panoramas[panoramaOfSample(recipe, sampleIndex)]!;
      const panorama = await cache.load(panoramaDecoder(options.coverageDegrees), path);
      const { coverage } = panorama;
      for (let place = 0; place < mostPlaces; place++) {
        const random =
          place === 0 ? createRandom(seed, sampleIndex, 1) : createRandom(seed, sampleIndex, 1, place);
        const plan = planRotationalBlur(random, panorama.levels[0]!.width, sampleIndex, options);
        if (!coverage || staysWithin(plan, coverage)) {
          return synthesizeRotationalBlur(panorama, plan, options);
        }
      }
      throw new RangeError(
        `Expected a panorama large enough for the camera but ${mostPlaces} random views all left ${path}; use a smaller fieldOfViewDegrees, angle or picture, or leave it out.`,
      );
    },
  }),
};
