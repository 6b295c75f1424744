import { describe, expect, test } from '@jest/globals';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from './safetensors.js';

const file = {
  metadata: { made: 'for a test' },
  tensors: {
    single: { dtype: 'F32' as const, shape: [2, 2], values: new Float32Array([1, -2.5, 3e-20, 4]) },
    bytes: { dtype: 'U8' as const, shape: [3], values: new Uint8Array([0, 128, 255]) },
    counts: { dtype: 'I32' as const, shape: [1], values: new Int32Array([-7]) },
  },
};

const half = (values: number[]) => {
  const bytes = writeSafetensors({
    metadata: {},
    tensors: { half: { dtype: 'F16', shape: [values.length], values: new Float32Array(values) } },
  });
  return Array.from(readSafetensors(bytes).tensors['half']!.values);
};

const nestedDeeply = 'nested deeply';

/** A file with any header and 16 bytes of values. */
const withHeader = (header: unknown) => {
  const json = Buffer.from(
    JSON.stringify(header).replace(`"${nestedDeeply}"`, `${'['.repeat(200_000)}${']'.repeat(200_000)}`),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(16)]);
};

describe('safetensors', () => {
  test('reads what it wrote, from a view into a larger buffer too', () => {
    const bytes = writeSafetensors(file);
    const inside = Buffer.concat([Buffer.alloc(13), bytes, Buffer.alloc(5)]).subarray(13, 13 + bytes.length);
    for (const source of [bytes, inside]) {
      const read = readSafetensors(source);
      expect(read.metadata).toEqual(file.metadata);
      expect(readSafetensorsMetadata(source)).toEqual(file.metadata);
      for (const [name, { shape, values }] of Object.entries(file.tensors)) {
        expect(read.tensors[name]!.shape).toEqual(shape);
        expect(Array.from(read.tensors[name]!.values)).toEqual(Array.from(values));
      }
    }
  });

  test('lays the file out as the format says', () => {
    const bytes = writeSafetensors({
      metadata: {},
      tensors: { one: { dtype: 'F32', shape: [1], values: new Float32Array([1]) } },
    });
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    expect(JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerBytes)).toString())).toEqual({
      __metadata__: {},
      one: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    });
    expect(Array.from(bytes.subarray(8 + headerBytes))).toEqual([0, 0, 0x80, 0x3f]);
  });

  test('rounds to float16 as IEEE 754 does: to nearest, ties to even, with subnormals and infinities', () => {
    expect(half([1, -2, 0.5, 65504])).toEqual([1, -2, 0.5, 65504]);
    expect(half([1 + 2 ** -11, 1 + 3 * 2 ** -11])).toEqual([1, 1 + 2 ** -9]);
    expect(half([2 ** -24, 2 ** -25, 1.5 * 2 ** -24, -(2 ** -14)])).toEqual([
      2 ** -24,
      0,
      2 ** -23,
      -(2 ** -14),
    ]);
    expect(half([65520, -1e6])).toEqual([Infinity, -Infinity]);
    expect(half([NaN])[0]).toBeNaN();
  });

  test('refuses what is no such file, and files cut short', () => {
    const bytes = writeSafetensors(file);
    expect(() => readSafetensors(new Uint8Array(3))).toThrow('received 3 bytes');
    expect(() => readSafetensors(Buffer.from('not a tensor file at all'))).toThrow(
      'of another kind or cut short',
    );
    expect(() => readSafetensors(bytes.subarray(0, bytes.length - 1))).toThrow('the file is cut short');
    expect(() => readSafetensors(Buffer.concat([bytes, Buffer.alloc(2)]))).toThrow(
      '2 of its bytes belong to no tensor: the file is damaged',
    );
    const noJson = Uint8Array.from(bytes);
    noJson[8] = 0x7d;
    expect(() => readSafetensors(noJson)).toThrow('its header is not JSON');
  });

  test.each(['<', '<!doctype html><title>Not found</title>', '\ufeff \r\n\t<html>', `${' '.repeat(999)}<p>`])(
    'tells a web page, such as a host answers with where the file is not, from weights: %j',
    (page) => {
      expect(() => readSafetensors(new TextEncoder().encode(page))).toThrow(
        'Expected the bytes of a .safetensors file but received a web page, not weights: the address is wrong, or the bundler did not copy the file.',
      );
    },
  );

  test('reads an ArrayBuffer as it reads bytes', () => {
    const bytes = writeSafetensors(file);
    const buffer = new ArrayBuffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    expect(readSafetensors(buffer)).toEqual(readSafetensors(bytes));
    structuredClone(buffer, { transfer: [buffer] });
    expect(() => readSafetensors(buffer)).toThrow('received 0 bytes');
  });

  test.each<[unknown, string]>([
    ['photo.safetensors', 'a value of type string'],
    [undefined, 'nothing'],
    [null, 'null'],
    [Promise.resolve(), 'a promise'],
    [new Float32Array(2), 'an object of type Float32Array'],
    [Object.create(null), 'a value of type object'],
  ])('says what came in place of bytes: %s', (given, received) => {
    expect(() => readSafetensors(given as Uint8Array)).toThrow(
      `Expected the bytes of a .safetensors file, as a Uint8Array or an ArrayBuffer, but received ${received}; read the file first`,
    );
  });

  test('reads a file whose header is as long as the code of <', () => {
    const json = '{}'.padEnd(0x3c);
    expect(readSafetensors(Uint8Array.of(0x3c, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(json)))).toEqual({
      metadata: {},
      tensors: {},
    });
  });

  test('refuses offsets that do not fit the shape, and types it does not know', () => {
    expect(() =>
      readSafetensors(withHeader({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } })),
    ).toThrow("tensor 'x' [2] does not fit its 4 bytes");
    expect(() =>
      readSafetensors(withHeader({ x: { dtype: 'F32', shape: [2], data_offsets: [-8, 0] } })),
    ).toThrow("place of tensor 'x'");
    expect(() =>
      readSafetensors(withHeader({ x: { dtype: 'Q4', shape: [2], data_offsets: [0, 4] } })),
    ).toThrow("Expected tensor 'x' to be one of F32, F16, U8, I32 but it is Q4.");
  });

  test.each([
    ['no object', [], 'its header is not a JSON object'],
    [
      'metadata that is none',
      { __metadata__: null },
      'the __metadata__ of its header is not a mapping of texts',
    ],
    [
      'metadata of other things',
      { __metadata__: { 'unblur.paper': {} } },
      'the __metadata__ of its header is not a mapping of texts',
    ],
    [
      'a tensor of nothing',
      { x: null },
      "Expected tensor 'x' to be one of F32, F16, U8, I32 but it is nothing.",
    ],
    [
      'the type of an inherited name',
      { x: { dtype: 'toString', shape: [2], data_offsets: [0, 8] } },
      "Expected tensor 'x' to be one of F32, F16, U8, I32 but it is toString.",
    ],
    [
      'a shape with fractions',
      { x: { dtype: 'F32', shape: [0.5, 4], data_offsets: [0, 8] } },
      "the shape or the place of tensor 'x' is not a list of at most 8 whole numbers",
    ],
    [
      'a place that is none',
      { x: { dtype: 'F32', shape: [2], data_offsets: null } },
      "the shape or the place of tensor 'x' is not a list of at most 8 whole numbers",
    ],
    [
      'a shape of many axes',
      { x: { dtype: 'F32', shape: Array.from({ length: 9 }, () => 1), data_offsets: [0, 4] } },
      "the shape or the place of tensor 'x' is not a list of at most 8 whole numbers",
    ],
    [
      'a type nested beyond what can be shown',
      { x: { dtype: nestedDeeply, shape: [2], data_offsets: [0, 8] } },
      "Expected tensor 'x' to be one of F32, F16, U8, I32 but it is lists or mappings, nested deeply.",
    ],
    ['a name without end', { ['x'.repeat(10_000)]: null }, `tensor '${'x'.repeat(80)}...'`],
    [
      'tensors over one another',
      Object.fromEntries(
        ['a', 'b', 'c'].map((name) => [name, { dtype: 'F32', shape: [2], data_offsets: [0, 8] }]),
      ),
      "tensor 'b' lies over others",
    ],
    [
      'as many bytes as it needs, but two tensors over one another',
      {
        a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      },
      "tensor 'b' lies over others",
    ],
  ])('refuses a header with %s', (_, header, message) => {
    expect(() => readSafetensors(withHeader(header))).toThrow(message);
  });

  test('refuses a header of more than two megabytes without reading it', () => {
    const file = Buffer.alloc(8 + 2_000_001, ' ');
    file.writeBigUInt64LE(2_000_001n);
    expect(() => readSafetensors(file)).toThrow('its header would take 2000001 of 2000009 bytes');
  });

  test('refuses to write values that do not fill their shape', () => {
    expect(() =>
      writeSafetensors({
        metadata: {},
        tensors: { x: { dtype: 'F32', shape: [2], values: new Float32Array(3) } },
      }),
    ).toThrow("Expected 2 values for tensor 'x' [2] but received 3.");
  });
});
