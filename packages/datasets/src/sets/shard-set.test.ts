import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { doLocked, makeTemporaryFolder } from '@unblur/files';
import { noAugmentation } from '../augmentation.js';
import type { PartialLayeredOptions } from '../layers/layered-options.js';
import type { PartialPanoramaOptions } from '../panorama/panorama-options.js';
import { writePng } from '../pictures/picture-file.node.js';
import { makePanoramaFolder, newFolder } from '../pictures/picture-folder.test-tool.js';
import { ShardReader } from '../shards/shard-reader.node.js';
import { ShardWriter } from '../shards/shard-writer.node.js';
import { panoramaBatches } from '../stream/batches.node.js';
import { firstOf } from '../stream/first-of.test-tool.js';
import { sourceKnowsMotion } from '../stream/recipes.node.js';
import {
  type ShardBatch,
  shardBatches,
  type ShardBatchOptions,
  shuffledSamples,
} from '../stream/shard-batches.node.js';
import { previewShards, type ShardSetOptions, synthesizeShards } from './shard-set.node.js';

type Job = Omit<ShardSetOptions, 'source'> & { folder: string };

function synthesizePanoramaShards({
  folder,
  sizePixels,
  photoPixels,
  frames,
  augmentation,
  ...job
}: Job & PartialPanoramaOptions): ReturnType<typeof synthesizeShards> {
  return synthesizeShards({
    ...job,
    source: {
      kind: 'panorama',
      folder,
      sizePixels: sizePixels!,
      photoPixels: photoPixels!,
      frames: frames!,
      augmentation: augmentation!,
    },
  });
}

const small = {
  count: 7,
  samplesPerShard: 3,
  sizePixels: 16,
  photoPixels: 16,
  frames: 3,
  seed: 4,
  workers: 0,
  augmentation: noAugmentation,
};

const take = (count: number, options: ShardBatchOptions): Promise<ShardBatch[]> =>
  firstOf(count, shardBatches(options));

const shardsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.safetensors'));

describe('shard sets', () => {
  test('hold the samples of the stream, and parts make the whole', async () => {
    const folder = await makePanoramaFolder(2);
    const [whole, parts] = [join(newFolder(), 'whole'), join(newFolder(), 'parts')];
    await synthesizePanoramaShards({ ...small, folder, out: whole });
    for (const part of [
      [0, 2],
      [1, 2],
    ] as const) {
      await synthesizePanoramaShards({ ...small, folder, out: parts, part: [...part] });
    }
    expect(shardsIn(whole)).toEqual([
      'shard-00000.safetensors',
      'shard-00001.safetensors',
      'shard-00002.safetensors',
    ]);
    for (const name of readdirSync(whole)) {
      expect(readFileSync(join(parts, name))).toEqual(readFileSync(join(whole, name)));
    }

    const reader = await ShardReader.open(join(whole, 'shard-00001.safetensors'), {
      count: 3,
      sizePixels: 16,
      frames: 3,
    });
    const stored = await reader.read(1);
    await reader.close();
    const { count: _, samplesPerShard: __, ...synthesis } = small;
    for await (const batch of panoramaBatches({ ...synthesis, folder, batchSize: 1, firstSample: 4 })) {
      expect(stored.rotationDegrees).toBe(batch.rotationDegrees[0]);
      for (let i = 0; i < batch.frames.length; i++) {
        expect(Math.abs(stored.frames[i]! / 255 - batch.frames[i]!)).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
      }
      break;
    }
  });

  test('are shown, before they are made, by the samples that a part will hold', async () => {
    const folder = await makePanoramaFolder(2);
    const { sizePixels, photoPixels, frames, augmentation, ...job } = small;
    const source = { kind: 'panorama', folder, sizePixels, photoPixels, frames, augmentation } as const;
    const { samples, indices } = await previewShards({ ...job, source, samplesPerShard: 2, part: [1, 2] }, 3);
    expect(indices).toEqual([2, 3, 6]);
    for (const [row, index] of indices.entries()) {
      for await (const batch of panoramaBatches({
        ...{ folder, sizePixels, photoPixels, frames, augmentation, seed: job.seed, workers: 0 },
        batchSize: 1,
        firstSample: index,
      })) {
        expect(samples[row]!.blurred.data).toEqual(batch.blurred);
        break;
      }
    }
    expect((await previewShards({ ...job, source, part: [3, 4] }, 3)).samples).toEqual([]);
  });

  test('are made of other shards, angles included', async () => {
    const [stored, again] = [join(newFolder(), 'stored'), join(newFolder(), 'again')];
    await synthesizePanoramaShards({ ...small, folder: await makePanoramaFolder(1), out: stored });
    const source = { kind: 'shards', folder: stored, sizePixels: 8 } as const;
    await synthesizeShards({ source, out: again, count: 7, seed: 1, workers: 0 });
    const angles = async (folder: string) =>
      Array.from((await take(1, { folder, batchSize: 7, seed: 1 }))[0]!.rotationDegrees!).sort();
    expect(await angles(again)).toEqual(await angles(stored));
  });

  test('leave nothing where none of the pictures can be used', async () => {
    const stills = newFolder();
    await writePng(join(stills, 'still.png'), { width: 3, height: 2, data: new Float32Array(18) });
    const out = join(newFolder(), 'set');
    await expect(synthesizePanoramaShards({ ...small, folder: stills, out })).rejects.toThrow('still.png');
    expect(existsSync(out)).toBe(false);
  });

  test('are completed after a stop, without redoing finished shards or leaving half ones', async () => {
    const folder = await makePanoramaFolder(2);
    const out = join(newFolder(), 'set');
    const stop = new Error('stopped');
    const job = { ...small, folder, out };
    await expect(
      synthesizePanoramaShards({
        ...job,
        onProgress: (done) => {
          if (done === 5) throw stop;
        },
      }),
    ).rejects.toBe(stop);
    expect(shardsIn(out)).toEqual(['shard-00000.safetensors']);
    expect(readdirSync(out).sort()).toEqual(['manifest.json', 'shard-00000.safetensors']);
    const kept = statSync(join(out, 'shard-00000.safetensors')).mtimeMs;
    const leftover = makeTemporaryFolder(out);
    writeFileSync(join(leftover, 'shard-00001.safetensors'), 'left by a killed job');
    const neverGiven = 2 ** 31 - 1;
    renameSync(leftover, leftover.replace(`-${process.pid}-`, `-${neverGiven}-`));
    const progress: number[] = [];
    expect(
      await synthesizePanoramaShards({ ...job, onProgress: (done, count) => progress.push(done / count) }),
    ).toEqual({ kept: 3 });
    expect(progress).toEqual([3 / 7, 4 / 7, 5 / 7, 6 / 7, 1]);
    expect(statSync(join(out, 'shard-00000.safetensors')).mtimeMs).toBe(kept);
    expect(readdirSync(out)).toHaveLength(4);
    await expect(synthesizePanoramaShards({ ...job, seed: 5 })).rejects.toThrow('made with the same options');
    await expect(synthesizePanoramaShards({ ...job, part: [2, 2] })).rejects.toThrow(
      'Expected part to be [i, n]',
    );
    await expect(synthesizePanoramaShards({ ...job, count: '7' as never })).rejects.toThrow(
      'Expected count to be a positive integer but received "7".',
    );
  });

  test('say so when the disk is full, keep finished shards and leave no half ones', async () => {
    const disk = newFolder();
    // Room for the first shard of 9 KiB and a half of the second.
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=28k', 'tmpfs', disk]).status !== 0) {
      return console.log('skipped: a full disk (mounting a small one needs root)');
    }
    try {
      const out = join(disk, 'set');
      const job = { ...small, folder: await makePanoramaFolder(1), out };
      await expect(synthesizePanoramaShards(job)).rejects.toThrow(
        /^Could not write .*shard-00001\.safetensors: the disk is full; free some space/,
      );
      expect(readdirSync(out).sort()).toEqual(['manifest.json', 'shard-00000.safetensors']);
      spawnSync('mount', ['-o', 'remount,size=1m', disk]);
      await synthesizePanoramaShards(job);
      expect(shardsIn(out)).toHaveLength(3);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  test('are made by one process at a time, unless each makes another part', async () => {
    const out = join(newFolder(), 'set');
    const job = { ...small, folder: await makePanoramaFolder(1), out };
    const first = async () => {
      await expect(synthesizePanoramaShards({ ...job, part: [0, 2] })).rejects.toThrow(
        /^Another unblur is at work on .*set \(process \d+/,
      );
      await expect(synthesizePanoramaShards(job)).rejects.toThrow('Another unblur is at work');
      await synthesizePanoramaShards({ ...job, part: [1, 2] });
    };
    await doLocked(out, 'synthesis', first, { parts: ['0 of 2'] });
    expect(shardsIn(out)).toEqual(['shard-00001.safetensors']);
    await synthesizePanoramaShards({ ...job, part: [0, 2] });
    expect(shardsIn(out)).toHaveLength(3);
    expect(readdirSync(out)).toHaveLength(4);
  });

  test('of layers hold the flow', async () => {
    const { photoPixels: _, ...synthesis } = small;
    const out = join(newFolder(), 'set');
    const { sizePixels, frames, augmentation, ...job } = synthesis;
    const layers: PartialLayeredOptions = {
      sizePixels,
      frames,
      augmentation,
      cameraPixels: [0, 4],
      objectPixels: [1, 5],
    };
    await synthesizeShards({
      ...job,
      source: { kind: 'layers', folder: await makePanoramaFolder(2), ...layers },
      out,
      count: 2,
    });
    const [batch] = await take(1, { folder: out, batchSize: 2, seed: 1 });
    expect(batch!.flowsPixels).toHaveLength(2 * 3 * 16 * 16 * 2);
    expect(batch!.motionPixels).toHaveLength(2 * 16 * 16 * 2);
    expect(batch!.rotationDegrees).toBeUndefined();
  });

  test('of the first version are read, without motion, but not completed', async () => {
    const folder = await makePanoramaFolder(1);
    const out = join(newFolder(), 'set');
    await synthesizePanoramaShards({ ...small, folder, out });
    const { version: _, ...manifest } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    writeFileSync(join(out, 'manifest.json'), JSON.stringify(manifest));
    for (const name of shardsIn(out)) {
      const whole = readFileSync(join(out, name));
      whole.write('camera____', whole.indexOf('cameraTurn'));
      writeFileSync(join(out, name), whole);
    }
    const [batch] = await take(1, { folder: out, batchSize: 7, seed: 1 });
    expect(batch!.rotationDegrees).toHaveLength(7);
    expect(batch!.motionPixels).toBeUndefined();
    expect(await sourceKnowsMotion({ kind: 'shards', folder: out })).toBe(false);
    await expect(synthesizePanoramaShards({ ...small, folder, out })).rejects.toThrow(
      `Expected ${out} to be new or to hold shards as this version makes them but those there were made by an older version of unblur, and a set of two versions would not be one; choose another folder.`,
    );
  });
});

describe('damaged sets', () => {
  const absurdValues: unknown[] = [0, -1, 1.5, 1e9, 1e300, null, '7', [], {}, true];
  const outOf = async () => {
    const out = join(newFolder(), 'set');
    await synthesizePanoramaShards({ ...small, folder: await makePanoramaFolder(1), out });
    return out;
  };
  const refusal = (folder: string) =>
    take(1, { folder, batchSize: 1, seed: 1 }).then(
      () => undefined,
      (error: Error) => error.message,
    );

  test('an absurd value of any field of the manifest is refused in one line, with the field', async () => {
    const out = await outOf();
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    for (const field of ['version', 'count', 'samplesPerShard', 'sizePixels', 'frames', 'recipe']) {
      for (const value of [
        ...absurdValues.filter((absurd) => field !== 'recipe' || JSON.stringify(absurd) !== '{}'),
        ...(field === 'version' ? [1, 3] : [undefined]),
      ]) {
        writeFileSync(join(out, 'manifest.json'), JSON.stringify({ ...manifest, [field]: value }));
        expect({ field, value, refusal: await refusal(out) }).toEqual({
          field,
          value,
          refusal: expect.stringMatching(
            new RegExp(`^Expected ${field} in [^\n]*manifest\\.json to be [^\n]* but received [^\n]*\\.$`),
          ),
        });
      }
    }
  });

  test('a number of the manifest that its shards do not bear out is refused before anything is made of it', async () => {
    const out = await outOf();
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    for (const changed of [
      { count: 6 },
      { count: 8 },
      { count: 10 },
      { count: 1e8, samplesPerShard: 1e8 },
      { count: 1e5, samplesPerShard: 1 },
      { samplesPerShard: 4 },
      { samplesPerShard: 2 },
      { sizePixels: 15 },
      { sizePixels: 32 },
      { frames: 1 },
      { frames: 5 },
    ]) {
      writeFileSync(join(out, 'manifest.json'), JSON.stringify({ ...manifest, ...changed }));
      expect({ changed, refusal: await refusal(out) }).toEqual({
        changed,
        refusal: expect.stringMatching(
          /^(Expected a shard of samples .* but its tensor .*|Could not read .*shard-\d+\.safetensors: there is no such file; check the path|Expected \d shards in .*, as its manifest says, but received shard-.* too\.)$/,
        ),
      });
    }
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'Expected a mapping in'],
    ['null', 'Expected a mapping in'],
    ['', 'is not JSON'],
  ])('%j for a manifest is refused', async (text, message) => {
    const folder = newFolder();
    writeFileSync(join(folder, 'manifest.json'), text);
    expect(await refusal(folder)).toContain(message);
  });

  test("every field of a shard's header is compared with the manifest", async () => {
    const out = await outOf();
    const path = join(out, 'shard-00000.safetensors');
    const whole = readFileSync(path);
    const headerLength = Number(whole.readBigUInt64LE(0));
    const header = JSON.parse(whole.subarray(8, 8 + headerLength).toString());
    const withHeader = (changed: unknown) => {
      const json = Buffer.from(JSON.stringify(changed));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(json.length));
      return Buffer.concat([length, json, whole.subarray(8 + headerLength)]);
    };
    for (const name of ['blurred', 'frames', 'rotationDegrees', 'cameraTurn']) {
      for (const value of [...absurdValues, [1e300], [null, null]]) {
        const entries = [
          value,
          ...['dtype', 'shape', 'data_offsets'].map((field) => ({ ...header[name], [field]: value })),
          { ...header[name], shape: header[name].shape.with(0, value) },
          { ...header[name], data_offsets: [value, header[name].data_offsets[1]] },
        ];
        for (const entry of entries) {
          if (JSON.stringify(entry) === JSON.stringify(header[name])) continue;
          writeFileSync(path, withHeader({ ...header, [name]: entry }));
          expect({ name, entry, refusal: await refusal(out) }).toEqual({
            name,
            entry,
            refusal: expect.stringMatching(
              /^Expected a shard of samples [^\n]* but (its tensor|it has \d+ of the) [^\n]*\.$/,
            ),
          });
        }
      }
    }
    writeFileSync(path, withHeader({ ...header, blurred: undefined }));
    expect(await refusal(out)).toContain(
      'its tensor blurred is not the U8 [3,16,16,3] that 3 samples of 3 frames at 16x16 have',
    );
    for (const text of ['[', '[]', 'null', '"x"']) {
      writeFileSync(
        path,
        Buffer.concat([Buffer.from([text.length, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(text)]),
      );
      expect(await refusal(out)).toMatch(/its header is not JSON|its tensor/);
    }
  });

  test('a shard that lacks what the others hold is refused', async () => {
    const out = await outOf();
    const path = join(out, 'shard-00001.safetensors');
    const shape = { sizePixels: 16, frames: 3 };
    const writer = await ShardWriter.create(path, 3, shape);
    for (let index = 0; index < 3; index++) {
      await writer.add({ blurred: new Uint8Array(16 * 16 * 3), frames: new Uint8Array(3 * 16 * 16 * 3) });
    }
    await writer.finish();
    await expect(take(3, { folder: out, batchSize: 3, seed: 1 })).rejects.toThrow(
      /^Expected the tensors blurred, cameraTurn, frames, rotationDegrees in .*shard-00001\.safetensors, as in the first shard, but it holds blurred, frames\.$/,
    );
  });

  test('a known motion that is no number is refused', async () => {
    const out = await outOf();
    const path = join(out, 'shard-00000.safetensors');
    const whole = readFileSync(path);
    const dataStart = 8 + Number(whole.readBigUInt64LE(0));
    const { rotationDegrees, cameraTurn } = JSON.parse(whole.subarray(8, dataStart).toString());
    const withFloat = (tensor: { data_offsets: number[] }, value: number) => {
      const changed = Buffer.from(whole);
      changed.writeFloatLE(value, dataStart + tensor.data_offsets[0]!);
      writeFileSync(path, changed);
    };
    withFloat(rotationDegrees, NaN);
    expect(await refusal(out)).toMatch(
      /^Expected finite rotationDegrees of sample 0 in .* but it holds others; the file is damaged\.$/,
    );
    withFloat(cameraTurn, 0);
    expect(await refusal(out)).toMatch(
      /^Expected a focal length above 0 in cameraTurn of sample 0 in .* but received 0; the file is damaged\.$/,
    );
  });
});

describe('shardBatches', () => {
  test('goes through every sample once per pass, in a seeded order, from any place on', async () => {
    const folder = await makePanoramaFolder(2);
    const out = join(newFolder(), 'set');
    await synthesizePanoramaShards({ ...small, folder, out });
    const options = { folder: out, batchSize: 2, seed: 1, shuffleBuffer: 4 };
    const batches = await take(7, options);
    const angles = batches.flatMap(({ rotationDegrees }) => [...rotationDegrees!]);
    expect(new Set(angles.slice(0, 7)).size).toBe(7);
    expect([...angles.slice(0, 7)].sort()).toEqual([...angles.slice(7)].sort());
    expect(angles.slice(0, 7)).not.toEqual(angles.slice(7));
    expect((await take(2, { ...options, firstSample: 6 }))[1]).toEqual(batches[4]);
    await expect(take(1, { ...options, folder: newFolder() })).rejects.toThrow(
      /Expected a set of shards with a manifest\.json .* Folders of blur\.png, .* are a source of kind samples\./,
    );
  });

  test('mixes within its buffer only', () => {
    const order = shuffledSamples({ count: 1000, samplesPerShard: 1000 }, 1, 50);
    const samples = Array.from({ length: 1000 }, () => order.next().value);
    expect([...samples].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    // A sample can come no earlier than its buffer reaches it.
    for (const [place, sample] of samples.entries()) expect(sample - place).toBeLessThan(50);
    const moved = samples.reduce((sum, sample, place) => sum + Math.abs(sample - place), 0) / 1000;
    expect(moved).toBeGreaterThan(15);
  });
});
