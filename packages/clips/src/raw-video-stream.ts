/**
 * Frames for ffmpeg through a pipe, each with its own time: uncompressed pictures in Matroska, the one plain
 * format of ffmpeg's that carries both. Element names and numbers are those of RFC 9559.
 */

const nanosecondsPerSecond = 1e9;

export interface RawVideoShape {
  width: number;
  height: number;
  /** `rgb24`: bytes. `rgb48le`: 16-bit words, low byte first. */
  pixelFormat: 'rgb24' | 'rgb48le';
  /** What most frames last: the encoder spends bits by it. */
  frameSeconds: number;
}

/** What comes before the frames. */
export function rawVideoHeader({ width, height, pixelFormat, frameSeconds }: RawVideoShape): Buffer {
  const bitsPerPixel = pixelFormat === 'rgb48le' ? 48 : 24;
  const ebml = element(0x1a45dfa3, [
    element(0x4286, 1), // EBMLVersion
    element(0x42f7, 1), // EBMLReadVersion
    element(0x42f2, 4), // EBMLMaxIDLength
    element(0x42f3, 8), // EBMLMaxSizeLength
    element(0x4282, 'matroska'), // DocType
    element(0x4287, 4), // DocTypeVersion
    element(0x4285, 2), // DocTypeReadVersion
  ]);
  const info = element(0x1549a966, [
    element(0x2ad7b1, 1), // TimestampScale
    element(0x4d80, 'unblur'), // MuxingApp
    element(0x5741, 'unblur'), // WritingApp
  ]);
  const fourCharacterCode = Buffer.from([...Buffer.from('RGB'), bitsPerPixel]);
  const video = element(0xe0, [
    element(0xb0, width), // PixelWidth
    element(0xba, height), // PixelHeight
    element(0x2eb524, fourCharacterCode), // UncompressedFourCC
  ]);
  const defaultDuration = element(0x23e383, Math.max(1, Math.round(frameSeconds * nanosecondsPerSecond)));
  const trackEntry = element(0xae, [
    element(0xd7, 1), // TrackNumber
    element(0x73c5, 1), // TrackUID
    element(0x83, 1), // TrackType
    element(0x9c, 0), // FlagLacing
    element(0x22b59c, 'und'), // Language
    element(0x86, 'V_UNCOMPRESSED'), // CodecID
    defaultDuration,
    video,
  ]);
  const segmentOfUnknownLength = Buffer.from([
    0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  ]);
  const tracks = element(0x1654ae6b, [trackEntry]);
  return Buffer.concat([ebml, segmentOfUnknownLength, info, tracks]);
}

/** What comes before the bytes of each frame. @param timeSeconds from 0 up. */
export function rawVideoFrameHead(timeSeconds: number, frameBytes: number): Buffer {
  const timestamp = element(0xe7, Math.round(timeSeconds * nanosecondsPerSecond));
  const trackTimeAndFlags = Buffer.from([0x81, 0, 0, 0x80]);
  const simpleBlock = Buffer.concat([
    identifier(0xa3),
    length(trackTimeAndFlags.length + frameBytes),
    trackTimeAndFlags,
  ]);
  return Buffer.concat([
    identifier(0x1f43b675), // Cluster
    length(timestamp.length + simpleBlock.length + frameBytes),
    timestamp,
    simpleBlock,
  ]);
}

function element(id: number, content: number | string | Buffer | Buffer[]): Buffer {
  const body = Array.isArray(content)
    ? Buffer.concat(content)
    : typeof content === 'number'
      ? unsigned(content)
      : Buffer.from(content);
  return Buffer.concat([identifier(id), length(body.length), body]);
}

function identifier(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

/** Lengths are written in eight bytes, of which the first says so. */
function length(bytes: number): Buffer {
  const buffer = unsigned(bytes);
  buffer[0] = 0x01;
  return buffer;
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
