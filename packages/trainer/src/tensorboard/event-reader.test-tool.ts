import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from './crc32c.js';

/** A protocol-buffer message as it is on the wire: the values of every field, in order. */
type Fields = Map<number, (number | Buffer)[]>;

export interface ReadEvent {
  step: number;
  wallTimeSeconds: number;
  fileVersion?: string;
  sessionStatus?: number;
  scalars: Record<string, number>;
  pictures: Record<string, { width: number; height: number; channels: number; png: Buffer }>;
}

/**
 * The records of a TFRecord file; one that was cut short ends the file. @throws where a checksum does not
 * fit.
 */
export function readRecords(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let offset = 0; offset + 12 <= bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(offset));
    const data = bytes.subarray(offset + 12, offset + 12 + length);
    if (offset + 16 + length > bytes.length) break;
    expectCrc(bytes.subarray(offset, offset + 8), bytes.readUInt32LE(offset + 8));
    expectCrc(data, bytes.readUInt32LE(offset + 12 + length));
    records.push(data);
    offset += 16 + length;
  }
  return records;
}

/** Undoes the mask, rather than applying it again. */
function expectCrc(bytes: Buffer, masked: number): void {
  const rotated = (masked - 0xa282ead8) >>> 0;
  const stored = ((rotated << 15) | (rotated >>> 17)) >>> 0;
  if (stored !== crc32c(bytes)) {
    throw new Error(`Expected the CRC ${crc32c(bytes)} but the file says ${stored}.`);
  }
}

export function readEvent(record: Buffer): ReadEvent {
  const event = readFields(record);
  const read: ReadEvent = {
    step: Number(event.get(2)?.[0] ?? 0),
    wallTimeSeconds: (event.get(1)![0] as Buffer).readDoubleLE(),
    scalars: {},
    pictures: {},
  };
  const [version] = event.get(3) ?? [];
  if (version) read.fileVersion = String(version);
  const [session] = event.get(7) ?? [];
  if (session) read.sessionStatus = readFields(session as Buffer).get(1)![0] as number;
  for (const summary of event.get(5) ?? []) {
    for (const value of readFields(summary as Buffer).get(1) ?? []) {
      const fields = readFields(value as Buffer);
      const tag = String(fields.get(1)![0]);
      const [scalar] = fields.get(2) ?? [];
      if (scalar) read.scalars[tag] = (scalar as Buffer).readFloatLE();
      const [image] = fields.get(4) ?? [];
      if (image) {
        const [height, width, channels, png] = [1, 2, 3, 4].map(
          (field) => readFields(image as Buffer).get(field)![0],
        ) as [number, number, number, Buffer];
        read.pictures[tag] = { width, height, channels, png };
      }
    }
  }
  return read;
}

/**
 * What TensorBoard shows of a folder: files in the order of their names; where a session starts, what was
 * there from its step on is forgotten.
 */
export function readEvents(folder: string): ReadEvent[] {
  let shown: ReadEvent[] = [];
  for (const name of readdirSync(folder)
    .filter((name) => name.includes('tfevents'))
    .sort()) {
    for (const event of readRecords(readFileSync(join(folder, name))).map(readEvent)) {
      if (event.sessionStatus === 1) shown = shown.filter(({ step }) => step < event.step);
      else if (event.fileVersion === undefined) shown.push(event);
    }
  }
  return shown;
}

function readFields(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let offset = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[offset++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => bytes.subarray(offset, (offset += length));
  while (offset < bytes.length) {
    const key = varint();
    const [field, wire] = [Math.floor(key / 8), key % 8];
    const value = wire === 0 ? varint() : take(wire === 1 ? 8 : wire === 5 ? 4 : varint());
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}
