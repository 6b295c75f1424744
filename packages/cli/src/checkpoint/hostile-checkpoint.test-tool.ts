import { zipSync } from 'fflate';

/** Text as the bytes of its characters, of which none is above 255. */
export const latin = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

export const floatBytes = (...values: number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(values).buffer);

/** A checkpoint in the zip format, of a pickle and storages by their keys. */
export function zippedCheckpoint(
  pickle: string,
  storages: Record<string, Uint8Array> = {},
  level: 0 | 6 = 0,
): Uint8Array {
  return zipSync(
    Object.fromEntries([
      ['archive/data.pkl', latin(pickle)],
      ...Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes] as const),
    ]),
    { level },
  );
}

/** A text as a pickle has it. */
export const pickledText = (text: string): string => `X${uint32(text.length)}${text}`;

function uint32(value: number): string {
  return String.fromCharCode(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
}

/**
 * A float tensor as PyTorch pickles it, but for the names that are remembered. Shape and strides are pickled
 * tuples.
 */
export function pickledTensor({
  key = '0',
  length = 3,
  offset = 'K\x00',
  shape = 'K\x03\x85',
  strides = 'K\x01\x85',
} = {}): string {
  const storage = `(${pickledText('storage')}ctorch\nFloatStorage\n${pickledText(key)}${pickledText('cpu')}J${uint32(length)}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}${shape}${strides}\x89ccollections\nOrderedDict\n)RtR`;
}

/** The pickle of a mapping of names to pickled values. */
export function pickledMap(...entries: [name: string, value: string][]): string {
  return `\x80\x02}${entries.map(([name, value]) => `${pickledText(name)}${value}s`).join('')}.`;
}

/**
 * A checkpoint in the format before PyTorch 1.6: magic number, protocol, machine, the pickle, keys, then the
 * storages of floats.
 */
export function olderCheckpoint(pickle: string, pickledKeys = '', storages: Uint8Array[] = []): Uint8Array {
  const start = latin(
    `\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}${pickledText('little_endian')}\x88s.${pickle}\x80\x02](${pickledKeys}e.`,
  );
  return new Uint8Array(
    Buffer.concat([
      start,
      ...storages.flatMap((bytes) => [latin(`${uint32(bytes.length / 4)}\0\0\0\0`), bytes]),
    ]),
  );
}

/** Pickles and archives of a few bytes that ask for far more than their own length, by what they do. */
export const growingCheckpoints: Record<string, () => Uint8Array> = {
  /** Pairs of one thing twice, 60 deep: as text it would have 2^60 parts. */
  'doubling key': () =>
    zippedCheckpoint(
      `\x80\x02}K\x01${Array.from({ length: 60 }, (_, depth) => `r${uint32(depth)}j${uint32(depth)}\x86`).join('')}K\x01s.`,
    ),
  'doubling storage key of the older format': () =>
    olderCheckpoint(
      '\x80\x02}.',
      `K\x01${Array.from({ length: 60 }, (_, depth) => `r${uint32(depth)}j${uint32(depth)}\x86`).join('')}`,
    ),
  'mappings of one long list': () =>
    zippedCheckpoint(
      `\x80\x02]r${uint32(0)}(${'K\x01K\x02\x86'.repeat(20_000)}eccollections\nOrderedDict\nr${uint32(1)}${`j${uint32(1)}j${uint32(0)}\x85R`.repeat(20_000)}.`,
    ),
  'empty lists without end': () => zippedCheckpoint(`\x80\x02${']'.repeat(1_000_000)}.`),
  'a shape of many axes': () =>
    zippedCheckpoint(
      pickledMap([
        'w',
        pickledTensor({ shape: `(${'K\x01'.repeat(100_000)}t`, strides: `(${'K\x01'.repeat(100_000)}t` }),
      ]),
      { 0: floatBytes(1, 2, 3) },
    ),
  'views of one storage': () => {
    const values = 100_000;
    const view = pickledTensor({ length: values, shape: `J${uint32(values)}\x85` });
    return zippedCheckpoint(
      pickledMap(...Array.from({ length: 2000 }, (_, index): [string, string] => [`w${index}`, view])),
      { 0: new Uint8Array(4 * values) },
    );
  },
  'zip entries over one another': () => overlappingZip(2000),
  'zip entries without end': () => overlappingZip(60_000, 'archive/note/00000'),
};

const centralSignature = 0x02014b50;
const endBytes = 22;

/** An archive whose directory lists one entry of a megabyte many times, under names of their own. */
function overlappingZip(count: number, name = 'archive/data/00000'): Uint8Array {
  const whole = zipSync(
    { 'archive/data.pkl': latin('\x80\x02}.'), [name]: new Uint8Array(1_000_000) },
    { level: 0 },
  );
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  let place = view.getUint32(whole.length - endBytes + 16, true);
  const directoryStart = place;
  const records: Uint8Array[] = [];
  while (view.getUint32(place, true) === centralSignature) {
    const length =
      46 +
      view.getUint16(place + 28, true) +
      view.getUint16(place + 30, true) +
      view.getUint16(place + 32, true);
    records.push(whole.slice(place, place + length));
    place += length;
  }
  const [pickle, large] = records as [Uint8Array, Uint8Array];
  const copies = Array.from({ length: count }, (_, index) => {
    const copy = Uint8Array.from(large);
    copy.set(latin(String(index).padStart(5, '0')), 46 + name.length - 5);
    return copy;
  });
  const directory = Buffer.concat([pickle, ...copies]);
  const end = Buffer.from(whole.subarray(whole.length - endBytes));
  end.writeUInt16LE(count + 1, 8);
  end.writeUInt16LE(count + 1, 10);
  end.writeUInt32LE(directory.length, 12);
  return new Uint8Array(Buffer.concat([whole.subarray(0, directoryStart), directory, end]));
}
