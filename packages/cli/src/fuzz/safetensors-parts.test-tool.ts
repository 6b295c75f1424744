import type { Random } from '@unblur/datasets';
import { hostileJson, mutateBytes, mutateTree } from './mutations.test-tool.js';

/** The header of a `.safetensors` file as data, and the bytes after it. */
function takeApart(file: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return {
    header: JSON.parse(Buffer.from(file.subarray(8, 8 + headerBytes)).toString()) as Record<string, unknown>,
    data: file.subarray(8 + headerBytes),
  };
}

function putTogether(header: unknown, data: Uint8Array): Uint8Array {
  const json = Buffer.from(hostileJson(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, data]));
}

/** A file with its header changed, or what its metadata holds as JSON, or its values, or any bytes. */
export function mutateSafetensors(file: Uint8Array, random: Random): Uint8Array {
  const { header, data } = takeApart(file);
  switch (random.below(6)) {
    case 0:
      return mutateBytes(file, random);
    case 1:
      return putTogether(mutateTree(header, random), data);
    case 2: {
      const { __metadata__: metadata, ...tensors } = header;
      return putTogether({ __metadata__: metadata, ...(mutateTree(tensors, random) as object) }, data);
    }
    case 3: {
      const values = new Float32Array(data.slice().buffer, 0, data.length >> 2);
      const factor = [1e37, -1e37, NaN, Infinity, 1e10, 0][random.below(6)]!;
      const share = random.uniform();
      return putTogether(
        header,
        new Uint8Array(values.map((value) => (random.uniform() < share ? value * factor : value)).buffer),
      );
    }
    default: {
      const metadata = Object.entries((header['__metadata__'] ?? {}) as Record<string, string>).map(
        ([key, value]): [string, string] => {
          try {
            return [key, hostileJson(mutateTree(JSON.parse(value), random))];
          } catch {
            return [key, value];
          }
        },
      );
      return putTogether({ ...header, __metadata__: Object.fromEntries(metadata) }, data);
    }
  }
}
