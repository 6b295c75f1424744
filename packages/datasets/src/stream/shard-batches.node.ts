import { expectOptions, type OptionNames } from '@unblur/files';
import { motionOfFlows } from '../flows.js';
import { requireBatches } from '../option-checks.js';
import { motionOfTurn } from '../panorama/camera-turn.js';
import { displayValues } from '../pictures/picture-bytes.js';
import { createRandom } from '../random.js';
import { samplesOfShard, shardCountOf, type ShardSetContents } from '../shards/shard-division.js';
import { readShardManifest, ShardFolder } from '../shards/shard-folder.node.js';
import type { ShardSample, ShardShape } from '../shards/shard-layout.node.js';
import { concatenate, splitEvenly } from '../stacked-values.js';
import type { SampleBatch } from './batches.node.js';
import { groupSamples, readAhead } from './sample-stream.node.js';

/** A set of shards as a stream of batches. Plain data: a section of a run file. */
export interface ShardBatchOptions {
  /** Folder of a set of shards. */
  folder: string;
  batchSize: number;
  /** Decides the order. */
  seed: number;
  /** Samples seen before: the stream goes on after them. Default 0. */
  firstSample?: number;
  /**
   * How many samples are mixed: each comes from a random place of a buffer that runs through shards in random
   * order. Default 1024.
   */
  shuffleBuffer?: number;
  /** Samples read ahead of need. Default: two batches. */
  prefetchSamples?: number;
}

const shardBatchOptionNames: OptionNames<ShardBatchOptions> = {
  folder: true,
  batchSize: true,
  seed: true,
  firstSample: true,
  shuffleBuffer: true,
  prefetchSamples: true,
};

export interface ShardBatch extends SampleBatch {
  /** [batch], where the set has them. */
  rotationDegrees?: Float32Array;
  /** [batch, frames, size, size, 2], where the set has them. */
  flowsPixels?: Float32Array;
  /**
   * [batch, size, size, 2], where the set has the motion: (dx, dy) in pixels that what the middle frame shows
   * moves in half the exposure.
   */
  motionPixels?: Float32Array;
}

/**
 * An endless stream of batches out of a set of shards: every sample once per pass, in an order that the seed
 * and `shuffleBuffer` decide. Samples are read one by one where they lie; memory is bounded by
 * `prefetchSamples`. Leaving the loop closes the files.
 *
 * @throws Error where there is no manifest, or a shard is missing, damaged or not what the manifest says, by
 * name.
 */
export async function* shardBatches(options: ShardBatchOptions): AsyncGenerator<ShardBatch, void, void> {
  const {
    folder,
    batchSize,
    seed,
    firstSample = 0,
    shuffleBuffer = 1024,
    prefetchSamples = 2 * batchSize,
  } = expectOptions(
    options,
    shardBatchOptionNames,
    "shardBatches({ folder: 'shards', batchSize: 4, seed: 1 })",
  );
  requireBatches({ batchSize, firstSample, prefetchSamples });
  const manifest = await readShardManifest(folder);
  const shards = new ShardFolder(folder, manifest);
  const order = shuffledSamples(manifest, seed, shuffleBuffer);
  // The order is numbers only, so going on in the middle costs no reading.
  for (let skipped = 0; skipped < firstSample; skipped++) order.next();
  try {
    const samples = readAhead(() => shards.read(order.next().value as number), prefetchSamples);
    for await (const group of groupSamples(samples, batchSize, firstSample)) {
      yield toBatch(group.firstSample, group.samples, manifest);
    }
  } finally {
    await shards.close();
  }
}

/**
 * Indexes of samples, pass after pass: shards in random order run through a buffer of which random places are
 * taken.
 */
export function* shuffledSamples(
  set: Pick<ShardSetContents, 'count' | 'samplesPerShard'>,
  seed: number,
  bufferLength: number,
): Generator<number, never, void> {
  for (let pass = 0; ; pass++) {
    const random = createRandom(seed, pass);
    const buffer: number[] = [];
    const takeOne = (): number => {
      const place = random.below(buffer.length);
      const taken = buffer[place]!;
      buffer[place] = buffer.at(-1)!;
      buffer.pop();
      return taken;
    };
    const shards = Array.from({ length: shardCountOf(set) }, (_, index) => index);
    while (shards.length > 0) {
      const [shard] = shards.splice(random.below(shards.length), 1) as [number];
      const { first, end } = samplesOfShard(set, shard);
      for (let sample = first; sample < end; sample++) {
        buffer.push(sample);
        if (buffer.length >= bufferLength) yield takeOne();
      }
    }
    while (buffer.length > 0) yield takeOne();
  }
}

function toBatch(
  firstSample: number,
  samples: ShardSample[],
  { sizePixels, frames }: ShardShape,
): ShardBatch {
  const batch: ShardBatch = {
    firstSample,
    blurred: displayValues(samples.map(({ blurred }) => blurred)),
    frames: displayValues(samples.map(({ frames }) => frames)),
  };
  if (samples[0]!.rotationDegrees !== undefined) {
    batch.rotationDegrees = Float32Array.from(samples, ({ rotationDegrees }) => rotationDegrees!);
  }
  if (samples[0]!.flowsPixels) {
    batch.flowsPixels = concatenate(samples.map(({ flowsPixels }) => flowsPixels!));
  }
  const picture = { width: sizePixels, height: sizePixels };
  const motions = samples.map(({ cameraTurn, flowsPixels }) =>
    cameraTurn
      ? motionOfTurn(cameraTurn, picture)
      : flowsPixels && motionOfFlows(splitEvenly(flowsPixels, frames)),
  );
  if (motions.every((motion) => motion !== undefined)) batch.motionPixels = concatenate(motions);
  return batch;
}
