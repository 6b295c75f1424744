/**
 * TensorBoard's `Event` messages as protocol-buffer bytes, and their records. Only the fields that a run
 * needs, with the numbers that tensorflow/core/util/event.proto and framework/summary.proto give them.
 */
import { crc32c } from './crc32c.js';

export type EventContent =
  | { kind: 'file-version' }
  /** Readers forget what earlier files of the folder have from this step on. */
  | { kind: 'session-start' }
  | { kind: 'scalars'; values: Record<string, number> }
  | { kind: 'picture'; tag: string; png: Uint8Array };

const fileVersion = 'brain.Event:2';
const sessionStart = 1;
const rgbChannels = 3;
/** Where a PNG has its width and height: in the header chunk, which is always the first. */
const pngSizeOffset = 16;

/** One event. @param wallTimeSeconds since 1970. */
export function encodeEvent(content: EventContent, step: number, wallTimeSeconds: number): Uint8Array {
  return Buffer.concat([double(1, wallTimeSeconds), integer(2, step), encodeContent(content)]);
}

/**
 * Bytes as a TFRecord: length, masked CRC of the length, the bytes, their masked CRC; all numbers
 * little-endian.
 */
export function frameRecord(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return Buffer.concat([length, maskedCrc(length), bytes, maskedCrc(bytes)]);
}

function encodeContent(content: EventContent): Uint8Array {
  switch (content.kind) {
    case 'file-version':
      return text(3, fileVersion);
    case 'session-start':
      return message(7, [integer(1, sessionStart)]);
    case 'scalars':
      return message(
        5,
        Object.entries(content.values).map(([tag, value]) => message(1, [text(1, tag), float(2, value)])),
      );
    case 'picture': {
      const { tag, png } = content;
      const header = new DataView(png.buffer, png.byteOffset);
      const [width, height] = [header.getUint32(pngSizeOffset), header.getUint32(pngSizeOffset + 4)];
      const image = message(4, [
        integer(1, height),
        integer(2, width),
        integer(3, rgbChannels),
        lengthDelimited(4, png),
      ]);
      return message(5, [message(1, [text(1, tag), image])]);
    }
  }
}

/**
 * A CRC stored beside the bytes it covers is rotated and shifted, so that a CRC over both does not
 * degenerate.
 */
function maskedCrc(bytes: Uint8Array): Uint8Array {
  const crc = crc32c(bytes);
  const masked = new Uint8Array(4);
  new DataView(masked.buffer).setUint32(0, ((crc >>> 15) | (crc << 17)) + 0xa282ead8, true);
  return masked;
}

const wireTypes = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

function integer(field: number, value: number): Uint8Array {
  return Buffer.concat([key(field, wireTypes.varint), varint(value)]);
}

function double(field: number, value: number): Uint8Array {
  return Buffer.concat([key(field, wireTypes.fixed64), new Uint8Array(Float64Array.of(value).buffer)]);
}

function float(field: number, value: number): Uint8Array {
  return Buffer.concat([key(field, wireTypes.fixed32), new Uint8Array(Float32Array.of(value).buffer)]);
}

function text(field: number, value: string): Uint8Array {
  return lengthDelimited(field, new TextEncoder().encode(value));
}

function message(field: number, parts: readonly Uint8Array[]): Uint8Array {
  return lengthDelimited(field, Buffer.concat(parts));
}

function lengthDelimited(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([key(field, wireTypes.lengthDelimited), varint(bytes.length), bytes]);
}

function key(field: number, wire: number): Uint8Array {
  return varint(field * 8 + wire);
}

/** A whole number of at least 0 in groups of seven bits, the least significant first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.of(...bytes, rest);
}
