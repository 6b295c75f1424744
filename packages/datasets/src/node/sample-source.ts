import { resolveLayeredOptions, type PartialLayeredOptions } from '../layered-options.js';
import { resolvePanoramaOptions, type PartialPanoramaOptions } from '../panorama-options.js';
import type { PartialVideoOptions } from '../video-options.js';
import { listPictures } from './image-file.js';
import { listPanoramas } from './panorama-folder.js';
import { shardRecipe, type PartialShardCropOptions } from './shard-synthesizer.js';
import type { SingleRecipe } from './synthesizer.js';
import { videoRecipe } from './video-synthesizer.js';

/** A folder that samples are made from, and how. Plain data: a section of a run file. */
export type SampleSource =
  /** Equirectangular panoramas: the camera turns. */
  | ({ kind: 'panorama'; folder: string } & PartialPanoramaOptions)
  /** Still photographs: the camera shakes, objects move. */
  | ({ kind: 'layers'; folder: string } & PartialLayeredOptions)
  /** Frames of high-speed video (see `listVideos`). */
  | ({ kind: 'video'; folder: string } & PartialVideoOptions)
  /** Samples made before, in shards. */
  | ({ kind: 'shards'; folder: string } & PartialShardCropOptions);

export const sampleSourceKinds = ['panorama', 'layers', 'video', 'shards'] as const satisfies ReadonlyArray<
  SampleSource['kind']
>;

/** @throws RangeError for wrong options, Error for a folder without what the source needs. */
export async function recipeOfSource(source: SampleSource, seed: number): Promise<SingleRecipe> {
  switch (source.kind) {
    case 'panorama': {
      const { kind, folder, ...synthesis } = source;
      return {
        kind,
        panoramas: listPanoramas(folder),
        seed,
        order: 'random',
        options: resolvePanoramaOptions(synthesis),
      };
    }
    case 'layers': {
      const { kind, folder, ...synthesis } = source;
      return {
        kind,
        stills: listPictures(folder, 'still photographs'),
        seed,
        options: resolveLayeredOptions(synthesis),
      };
    }
    case 'video': {
      const { kind: _kind, folder, ...synthesis } = source;
      return videoRecipe(folder, seed, synthesis);
    }
    case 'shards': {
      const { kind: _kind, folder, ...crop } = source;
      return shardRecipe(folder, seed, crop);
    }
    default:
      throw new RangeError(
        `Expected a source of kind ${sampleSourceKinds.join(', ')} but received ${JSON.stringify((source as { kind: unknown }).kind)}.`,
      );
  }
}
