import { countBytes, entryBytes, nextBytes, tiffType } from './tiff-directory.js';

/** Pixels of a decoder of our own, on their way to what reads photographs. */
export interface DecodedPixels {
  width: number;
  height: number;
  /** 3: RGB; 4: RGB and alpha, not premultiplied. */
  channels: 3 | 4;
  /** height * width * channels values, row by row; `Uint16Array` uses the whole range. */
  data: Uint8Array | Uint16Array;
  /** The ICC profile that the values are in. Default: sRGB. */
  profile?: Uint8Array | undefined;
}

/**
 * Wraps pixels and their profile into a TIFF file as they are, so that every format goes the same way from
 * there.
 */
export function encodeUncompressedTiff({ width, height, channels, data, profile }: DecodedPixels): Buffer {
  const { short: SHORT, long: LONG, undefined: UNDEFINED } = tiffType;
  const bits = data instanceof Uint16Array ? 16 : 8;
  const headerLength = 8;
  const depthOffset = headerLength + data.byteLength;
  const profileOffset = depthOffset + 2 * channels;
  const directoryOffset = profileOffset + (profile?.length ?? 0) + ((profile?.length ?? 0) % 2);
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, channels, depthOffset],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, headerLength],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height],
    [279, LONG, 1, data.byteLength],
    ...(channels === 4 ? [[338, SHORT, 1, 2] as [number, number, number, number]] : []),
    ...(profile
      ? [[34675, UNDEFINED, profile.length, profileOffset] as [number, number, number, number]]
      : []),
  ];
  const file = Buffer.alloc(directoryOffset + countBytes + entryBytes * entries.length + nextBytes);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(directoryOffset, 4);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), headerLength);
  for (let channel = 0; channel < channels; channel++) file.writeUInt16LE(bits, depthOffset + 2 * channel);
  if (profile) file.set(profile, profileOffset);
  file.writeUInt16LE(entries.length, directoryOffset);
  entries.forEach(([tag, type, count, value], i) => {
    const at = directoryOffset + countBytes + entryBytes * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    if (type === SHORT && count === 1) file.writeUInt16LE(value, at + 8);
    else file.writeUInt32LE(value, at + 8);
  });
  return file;
}
