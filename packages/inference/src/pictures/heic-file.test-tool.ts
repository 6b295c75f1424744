/**
 * Pictures of 64x64 as HEVC streams (x265, 4:4:4): (200, 60, 40) in the left half and (40, 80, 180) in the
 * right one, both half as bright in the lower half. With 8 bits and with 10.
 */
const streams = {
  8: 'AAAAAUABDAH//wQIAAADAJ4oAAADAAAeugJAAAAAAUIBAQQIAAADAJ4oAAADAAAekAQQILLdSSZXNwENAQQAAAMABAAAAwBkIAAAAAFEAcFyhgwCJAAAASgBrwa4Y+9M/7W1///12leQ/d4RytN6tDn39+qp//6XiiUb/vW9aN2Fgf/mcip8Pz4b/xT//5IUQA==',
  10: 'AAAAAUABDAH//wQIAAADAJwoAAADAAAeugJAAAAAAUIBAQQIAAADAJwoAAADAAAekAQQIJst1JJlc3AQ0BBAAAADAEAAAAZCAAAAAUQBwXKGDAIkAAABKAGvBrhj70z/tMV///XaV5D93hHK03shNff35JH//pZeJRv+9b1o3YWB/+Xzanw/Phv/If//mEbA',
} as const;

export interface HeicOptions {
  bits?: 8 | 10;
  /** How often it is to be turned by 90 degrees anticlockwise when it is shown. */
  quarterTurns?: number;
  /** An ICC profile, or the code points of primaries, transfer and matrix (ITU-T H.273). */
  colour?: Uint8Array | [primaries: number, transfer: number, matrix: number];
  /** What the camera noted, with the header that JPEG files put before it. */
  exif?: Uint8Array;
  /** What people say of it. */
  xmp?: string;
}

/** A HEIC file such as phones write, of one of the streams above. */
export function heicFile({ bits = 8, quarterTurns = 0, colour, exif, xmp }: HeicOptions = {}): Buffer {
  const units = splitUnits(Buffer.from(streams[bits], 'base64'));
  const typeOf = (unit: Buffer) => (unit[0]! >> 1) & 63;
  const parameterSets = units.filter((unit) => typeOf(unit) >= 32 && typeOf(unit) <= 34);
  const picture = Buffer.concat(
    units.filter((unit) => typeOf(unit) < 32).map((unit) => Buffer.concat([u32(unit.length), unit])),
  );
  const chroma444 = 3;
  const configuration = Buffer.concat([
    Buffer.from([
      1,
      4,
      8,
      0,
      0,
      0,
      0x9e,
      0x28,
      0,
      0,
      0,
      0,
      30,
      0xf0,
      0,
      0xfc,
      0xfc | chroma444,
      0xf8 | (bits - 8),
      0xf8 | (bits - 8),
      0,
      0,
      0x0f,
      parameterSets.length,
    ]),
    ...parameterSets.map((unit) =>
      Buffer.concat([Buffer.from([0x80 | typeOf(unit), 0, 1]), u16(unit.length), unit]),
    ),
  ]);
  const colourBox =
    colour instanceof Uint8Array
      ? [box('colr', Buffer.from('prof'), Buffer.from(colour))]
      : colour
        ? [box('colr', Buffer.from('nclx'), ...colour.map(u16), Buffer.from([0x80]))]
        : [];
  const properties = [
    box('hvcC', configuration),
    fullBox('ispe', 0, u32(64), u32(64)),
    ...colourBox,
    ...(quarterTurns ? [box('irot', Buffer.from([quarterTurns]))] : []),
  ];
  const items = [
    { type: 'hvc1', content: picture },
    // Before the notes stands where in them the TIFF structure begins.
    ...(exif ? [{ type: 'Exif', content: Buffer.concat([u32(6), exif]) }] : []),
    ...(xmp ? [{ type: 'mime', content: Buffer.from(xmp) }] : []),
  ];
  const meta = (firstOffset: number) =>
    fullBox(
      'meta',
      0,
      fullBox('hdlr', 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
      fullBox('pitm', 0, u16(1)),
      fullBox(
        'iloc',
        0,
        Buffer.from([0x44, 0]),
        u16(items.length),
        ...items.map(({ content }, i) => {
          const before = items.slice(0, i).reduce((sum, item) => sum + item.content.length, 0);
          return Buffer.concat([
            ...[i + 1, 0, 1].map(u16),
            ...[firstOffset + before, content.length].map(u32),
          ]);
        }),
      ),
      fullBox(
        'iinf',
        0,
        u16(items.length),
        ...items.map(({ type }, i) =>
          fullBox(
            'infe',
            2,
            u16(i + 1),
            u16(0),
            Buffer.from(type === 'mime' ? 'mime\0application/rdf+xml\0' : `${type}\0`),
          ),
        ),
      ),
      ...(items.length > 1
        ? [fullBox('iref', 0, ...items.slice(1).map((_, i) => box('cdsc', u16(i + 2), u16(1), u16(1))))]
        : []),
      box(
        'iprp',
        box('ipco', ...properties),
        fullBox(
          'ipma',
          0,
          u32(1),
          u16(1),
          Buffer.from([properties.length, ...properties.map((_, i) => i + 1)]),
        ),
      ),
    );
  const type = box('ftyp', Buffer.from('heic'), u32(0), Buffer.from('mif1heic'));
  return Buffer.concat([
    type,
    meta(type.length + meta(0).length + 8),
    box('mdat', ...items.map(({ content }) => content)),
  ]);
}

/** The units of a stream in which each begins with 00 00 01, often with another 00 before. */
function splitUnits(stream: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = stream.indexOf('000001', 0, 'hex'); at >= 0; at = stream.indexOf('000001', at + 3, 'hex')) {
    starts.push(at);
  }
  return starts.map((start, i) => {
    let end = starts[i + 1] ?? stream.length;
    if (i < starts.length - 1 && stream[end - 1] === 0) end--;
    return stream.subarray(start + 3, end);
  });
}

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type), body]);
}

const fullBox = (type: string, version: number, ...content: Buffer[]): Buffer =>
  box(type, Buffer.from([version, 0, 0, 0]), ...content);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
