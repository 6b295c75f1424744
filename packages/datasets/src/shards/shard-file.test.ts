import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../pictures/picture-folder.test-tool.js';
import { ShardReader } from './shard-reader.node.js';
import { ShardWriter } from './shard-writer.node.js';

describe('shard files', () => {
  const shape = { sizePixels: 2, frames: 3 };
  const sample = (start: number) => ({
    blurred: Uint8Array.from({ length: 12 }, (_, i) => start + i),
    frames: Uint8Array.from({ length: 36 }, (_, i) => start + 2 * i),
    rotationDegrees: start / 4,
    cameraTurn: {
      focalPixels: 2 + start,
      principalX: 0.5,
      principalY: -3,
      rotationRadians: [start / 8, -0.25, 0] as const,
    },
    flowsPixels: Float32Array.from({ length: 24 }, (_, i) => start - i / 8),
  });

  test('are safetensors files whose samples are read one by one', async () => {
    const path = join(newFolder(), 'shard.safetensors');
    const writer = await ShardWriter.create(path, 2, shape, {
      rotationDegrees: true,
      cameraTurn: true,
      flowsPixels: true,
    });
    await writer.add(sample(1));
    await writer.add(sample(100));
    await writer.finish();

    const bytes = readFileSync(path);
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString());
    expect(header.frames).toMatchObject({ dtype: 'U8', shape: [2, 3, 2, 2, 3] });
    expect(header.rotationDegrees).toMatchObject({ dtype: 'F32', shape: [2], data_offsets: [0, 8] });
    expect(header.cameraTurn).toMatchObject({ dtype: 'F32', shape: [2, 6] });
    const ends = Object.values<{ data_offsets: number[] }>(header).map(
      ({ data_offsets }) => data_offsets[1]!,
    );
    expect(bytes.length).toBe(8 + headerLength + Math.max(...ends));
    expect(headerLength % 8).toBe(0);

    const reader = await ShardReader.open(path, { count: 2, ...shape });
    expect(await reader.read(1)).toEqual(sample(100));
    expect(await reader.read(0)).toEqual(sample(1));
    await expect(reader.read(2)).rejects.toThrow('Expected a sample of 0..1');
    await reader.close();
  });

  test('refuse samples of another size, and appear only when whole', async () => {
    const folder = newFolder();
    const writer = await ShardWriter.create(join(folder, 'shard.safetensors'), 2, shape);
    await expect(writer.add({ blurred: new Uint8Array(5), frames: new Uint8Array(36) })).rejects.toThrow(
      'Expected 12 bytes of blurred per sample but received 5.',
    );
    await expect(writer.finish()).rejects.toThrow('Expected 2 samples');
    expect(existsSync(join(folder, 'shard.safetensors'))).toBe(false);
    await writer.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('say what is wrong with a file', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'text'), 'this is no shard at all');
    await expect(ShardReader.open(join(folder, 'text'), { count: 1, ...shape })).rejects.toThrow(
      /Expected a shard of samples .*text but its header is not/,
    );
    await expect(ShardReader.open(join(folder, 'none'), { count: 1, ...shape })).rejects.toThrow(
      /none: there is no such file; check the path/,
    );
    const path = join(folder, 'torn.safetensors');
    const writer = await ShardWriter.create(path, 1, shape);
    await writer.add({ blurred: new Uint8Array(12), frames: new Uint8Array(36) });
    await writer.finish();
    truncateSync(path, statSync(path).size - 1);
    await expect(ShardReader.open(path, { count: 1, ...shape })).rejects.toThrow(
      /torn\.safetensors but it has 47 of the 48 bytes of its samples/,
    );
  });
});
