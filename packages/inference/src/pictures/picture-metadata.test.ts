import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { encodeFrame, frameFormats, loadPhoto } from '../index.js';
import { heicFile } from './heic-file.test-tool.js';
import { packetOf } from './xmp-packet.test-tool.js';
import { describePng, isDisplayEncoding, toSrgb, uprightExif } from './picture-metadata.js';

const size = { width: 40, height: 24 };
const values = Buffer.from(Array.from({ length: 40 * 24 * 3 }, (_, i) => (i * i * 31) % 256));
const noted = {
  IFD0: { Make: 'Apple', Model: 'iPhone 15' },
  IFD2: { LensModel: 'back camera 6.86mm', DateTimeOriginal: '2024:05:06 07:08:09', PixelXDimension: '24' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
};
const notes = ['iPhone 15', 'back camera 6.86mm', '2024:05:06 07:08:09'];
const picture = () => sharp(values, { raw: { ...size, channels: 3 } });

/** A photograph in a profile, lying on its side, whose values are exactly those above when it is upright. */
async function photographIn(profile: 'p3' | 'srgb' | 'none'): Promise<Buffer> {
  const lying = await picture().rotate(270).png().toBuffer();
  return describePng(lying, { profile: await iccOf(profile), exif: (await notesOf(6)).subarray(6) });
}

/** The notes above as EXIF, with an orientation. */
async function notesOf(orientation: number): Promise<Buffer> {
  const { exif } = await sharp(await picture().withExif(noted).jpeg().toBuffer()).metadata();
  const tiff = exif!.subarray('Exif\0\0'.length);
  const first = tiff.readUInt32LE(4);
  for (let entry = first + 2; ; entry += 12) {
    if (tiff.readUInt16LE(entry) !== 0x0112) continue;
    tiff.writeUInt16LE(orientation, entry + 8);
    return exif!;
  }
}

const floats = (levels: Uint8Array) => Float32Array.from(levels, (level) => level / 255);

async function iccOf(profile: 'p3' | 'srgb' | 'none'): Promise<Buffer | undefined> {
  if (profile === 'none') return undefined;
  return (await sharp(await picture().withIccProfile(profile).png().toBuffer()).metadata()).icc;
}

describe.each(frameFormats)('a frame as %s of a photograph in Display P3', (format) => {
  test('has its values and its profile, and what the camera noted of it upright', async () => {
    const photo = await loadPhoto(await photographIn('p3'), { colors: 'own' });
    expect(photo).toMatchObject(size);
    expect(photo.data).toEqual(floats(values));
    const bytes = await encodeFrame(photo, { format }, photo);
    const { icc, exif, orientation, width } = await sharp(bytes).metadata();
    expect(icc).toEqual(await iccOf('p3'));
    for (const note of notes) expect(exif!.toString('latin1')).toContain(note);
    expect([width, orientation ?? 1]).toEqual([40, 1]);
    const plain = await encodeFrame(photo, { format }, { bitDepth: 8 });
    expect(await rawValues(bytes)).toEqual(await rawValues(plain));
  });

  test('is the same with and without what the camera noted, in sRGB', async () => {
    const photo = await loadPhoto(await photographIn('srgb'), { colors: 'own' });
    expect(photo.profile).toBeUndefined();
    const [bytes, plain] = [photo, { bitDepth: 8 }].map((source) => encodeFrame(photo, { format }, source));
    expect((await sharp(await plain!).metadata()).exif).toBeUndefined();
    expect((await sharp(await bytes!).metadata()).exif).toBeDefined();
    expect((await sharp(await bytes!).metadata()).icc).toEqual((await sharp(await plain!).metadata()).icc);
    expect(await rawValues(await bytes!)).toEqual(await rawValues(await plain!));
  });
});

const rawValues = (bytes: Buffer) => sharp(bytes, { ignoreIcc: true }).raw().toBuffer();

test('but for what the camera noted a PNG frame has the same bytes', async () => {
  const photo = await loadPhoto(await photographIn('none'), { colors: 'own' });
  const [frame, plain] = await Promise.all([
    encodeFrame(photo, {}, photo),
    encodeFrame(photo, {}, { bitDepth: 8 }),
  ]);
  const pixelChunks = (png: Buffer) =>
    chunksOf(png).filter((chunk) => !['eXIf', 'pHYs'].includes(chunk.toString('latin1', 4, 8)));
  expect(chunksOf(frame)).toHaveLength(chunksOf(plain).length + 1);
  expect(pixelChunks(frame)).toEqual(pixelChunks(plain));
});

function chunksOf(png: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12) {
    chunks.push(png.subarray(at, at + png.readUInt32BE(at) + 12));
  }
  return chunks;
}

test('16-bit values stay exactly as they are', async () => {
  const deep = Uint16Array.from({ length: values.length }, (_, i) => (i * 7919) % 65536);
  const frame = { ...size, data: Float32Array.from(deep, (value) => value / 65535) };
  const source = { bitDepth: 16, profile: await iccOf('p3') };
  const photo = await loadPhoto(await encodeFrame(frame, {}, source), { colors: 'own' });
  expect(photo).toEqual({ ...frame, ...source, hadAlpha: false, pages: 1, page: 0, exif: undefined });
});

test('profiles that are sRGB, grey or no profiles at all are none to keep', async () => {
  expect(await isDisplayEncoding((await iccOf('p3'))!)).toBe(true);
  expect(await isDisplayEncoding((await iccOf('srgb'))!)).toBe(false);
  const junk = Buffer.from('x'.repeat(300));
  expect(await isDisplayEncoding(junk)).toBe(false);
  junk.write('RGB ', 16);
  expect(await isDisplayEncoding(junk)).toBe(false);
  for (const image of [picture().toColourspace('cmyk').jpeg(), picture().greyscale().png()]) {
    expect((await loadPhoto(await image.toBuffer(), { colors: 'own' })).profile).toBeUndefined();
  }
});

test('values of a profile become sRGB where the result cannot say what they are', async () => {
  // (150, 110, 90) of sRGB.
  const p3 = { width: 1, height: 1, data: Buffer.from([145, 112, 93]) };
  const { data } = await toSrgb(p3, { profile: await iccOf('p3') });
  [150, 110, 90].forEach((level, i) => expect(Math.abs(data[i]! - level)).toBeLessThanOrEqual(2));
});

describe('what the camera noted', () => {
  const thumbnail = 'the thumbnail shows what was blurred';

  /** The notes above with a directory for a thumbnail after the first. */
  async function notesWithThumbnail(): Promise<Buffer> {
    const block = await notesOf(6);
    const tiff = block.subarray('Exif\0\0'.length);
    const directory = Buffer.alloc(30);
    directory.writeUInt16LE(2, 0);
    [
      [0x0201, tiff.length + directory.length],
      [0x0202, thumbnail.length],
    ].forEach(([tag, value], i) => {
      directory.writeUInt16LE(tag!, 2 + 12 * i);
      directory.writeUInt16LE(4, 4 + 12 * i);
      directory.writeUInt32LE(1, 6 + 12 * i);
      directory.writeUInt32LE(value!, 10 + 12 * i);
    });
    const first = tiff.readUInt32LE(4);
    tiff.writeUInt32LE(tiff.length, first + 2 + 12 * tiff.readUInt16LE(first));
    return Buffer.concat([block, directory, Buffer.from(thumbnail)]);
  }

  test('comes without the thumbnail', async () => {
    const exif = await uprightExif(await notesWithThumbnail());
    const frame = await encodeFrame(
      { ...size, data: floats(values) },
      { format: 'jpeg' },
      { bitDepth: 8, exif },
    );
    expect(frame.includes('iPhone 15')).toBe(true);
    expect(frame.includes(thumbnail)).toBe(false);
  });

  test('is left out where it is damaged', async () => {
    const block = await notesWithThumbnail();
    for (const damaged of [Buffer.from('Exif\0\0'), Buffer.alloc(200, 255), block.subarray(0, 12)]) {
      expect(await uprightExif(damaged)).toBeUndefined();
    }
    const circling = Buffer.from(block);
    circling.fill(0xfe, 20, 60);
    const exif = await uprightExif(circling);
    await encodeFrame({ ...size, data: floats(values) }, { format: 'jpeg' }, { bitDepth: 8, exif });
  });

  /** A file whose first directory says how large it is and points to the one with the notes. */
  async function tiffFile(extra: [tag: number, value: number][]): Promise<Buffer> {
    const tiff = (await notesOf(6)).subarray('Exif\0\0'.length);
    const first = tiff.readUInt32LE(4);
    const entries = tiff.subarray(first + 2, first + 2 + 12 * tiff.readUInt16LE(first));
    const added = extra.map(([tag, value]) => {
      const entry = Buffer.alloc(12);
      entry.writeUInt16LE(tag, 0);
      entry.writeUInt16LE(4, 2);
      entry.writeUInt32LE(1, 4);
      entry.writeUInt32LE(value, 8);
      return entry;
    });
    const all = [
      ...Array.from({ length: entries.length / 12 }, (_, i) => entries.subarray(12 * i, 12 * i + 12)),
      ...added,
    ];
    const count = Buffer.alloc(2);
    count.writeUInt16LE(all.length);
    const header = Buffer.from(tiff);
    header.writeUInt32LE(tiff.length, 4);
    return Buffer.concat([
      header,
      count,
      ...all.sort((a, b) => a.readUInt16LE() - b.readUInt16LE()),
      Buffer.alloc(4),
      Buffer.alloc(16 * 16, 77),
    ]);
  }

  test('comes out of TIFF files too, without what is about their pixels', async () => {
    const pixels = (length: number) => length - 16 * 16;
    const tags = (offset: number): [number, number][] =>
      Object.entries({
        256: 16,
        257: 16,
        258: 8,
        259: 1,
        262: 1,
        273: offset,
        277: 1,
        278: 16,
        279: 256,
      }).map(([tag, value]) => [Number(tag), value]);
    const { length } = await tiffFile(tags(0));
    const photo = await loadPhoto(await tiffFile(tags(pixels(length))));
    expect([photo.width, Math.round(photo.data[0]! * 255)]).toEqual([16, 77]);
    const frame = await encodeFrame(photo, { format: 'jpeg' }, photo);
    const { exif, orientation } = await sharp(frame).metadata();
    for (const note of notes) expect(exif!.toString('latin1')).toContain(note);
    expect(orientation).toBe(1);
    expect((await loadPhoto(await picture().tiff().toBuffer())).exif).toBeUndefined();
  });

  test('comes out of HEIC files too', async () => {
    const { exif } = await loadPhoto(heicFile({ exif: await notesWithThumbnail() }));
    for (const note of notes) expect(Buffer.from(exif!).toString('latin1')).toContain(note);
    expect((await loadPhoto(heicFile())).exif).toBeUndefined();
  });
});

describe('what people say of a photograph', () => {
  const title = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Night tram</rdf:li></rdf:Alt></dc:title>';
  /** As cameras and programs write it of a picture that lies on its side. */
  const lying = packetOf(' tiff:Orientation="6" exif:PixelXDimension="24" photoshop:Credit="A"', title);
  const upright = packetOf(' photoshop:Credit="A"', title);

  test.each(frameFormats)('is said of its frames too, which are upright: %s', async (format) => {
    const exif = await notesOf(6);
    const source = await picture().rotate(270).withXmp(lying).jpeg().toBuffer();
    // Two marker bytes, then the notes as a segment of their own.
    const length = Buffer.alloc(2);
    length.writeUInt16BE(exif.length + 2);
    const noted = Buffer.concat([
      source.subarray(0, 2),
      Buffer.from([0xff, 0xe1]),
      length,
      exif,
      source.subarray(2),
    ]);
    const photo = await loadPhoto(noted);
    expect(photo).toMatchObject(size);
    const bytes = await encodeFrame(photo, { format }, photo);
    const { xmp, exif: kept, orientation, width, height } = await sharp(bytes).metadata();
    expect(xmp!.toString()).toBe(upright);
    expect(kept!.toString('latin1')).toContain('iPhone 15');
    expect({ width, height, orientation: orientation ?? 1 }).toEqual({ ...size, orientation: 1 });
    const plain = await encodeFrame(photo, { format }, { bitDepth: 8 });
    expect(await rawValues(bytes)).toEqual(await rawValues(plain));
  });

  test.each(['png', 'webp', 'tiff', 'avif'] as const)('is read in %s', async (format) => {
    const bytes = await picture().withXmp(lying).toFormat(format).toBuffer();
    expect(Buffer.from((await loadPhoto(bytes)).xmp!).toString()).toBe(upright);
  });

  test('is read in HEIC', async () => {
    const photo = await loadPhoto(heicFile({ exif: await notesOf(1), xmp: lying }));
    expect(Buffer.from(photo.xmp!).toString()).toBe(upright);
    expect(Buffer.from(photo.exif!).toString('latin1')).toContain('iPhone 15');
    expect((await loadPhoto(heicFile())).xmp).toBeUndefined();
  });
});
