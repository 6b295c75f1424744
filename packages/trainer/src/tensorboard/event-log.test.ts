import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { newFolder } from '../new-folder.test-tool.js';
import { encodeEvent } from './event.js';
import { EventLog } from './event-log.js';
import { readEvent, readEvents, readRecords } from './event-reader.test-tool.js';

const loss = (log: EventLog, step: number) =>
  log.append({ kind: 'scalars', values: { 'loss/total': 1 / step } }, step);
const eventFiles = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('events.out.tfevents.'))
    .sort();

test('the bytes of an event are those that its fields have on the wire', () => {
  // 1 (double) = 1.5, 2 (varint) = 300, 5 { 1 { 1: "a", 2 (float) = 0.25 } }
  const expected = '09' + '000000000000f83f' + '10ac02' + '2a0a' + '0a08' + '0a0161' + '150000803e';
  expect(Buffer.from(encodeEvent({ kind: 'scalars', values: { a: 0.25 } }, 300, 1.5)).toString('hex')).toBe(
    expected,
  );
});

test('a file begins with its version, then has scalars and pictures with the step and time of each', async () => {
  const folder = newFolder();
  const log = new EventLog(folder, 0);
  const png = await sharp({ create: { width: 300, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  log.append({ kind: 'scalars', values: { 'loss/total': 0.5, learningRate: 1e-4 } }, 1);
  log.append({ kind: 'picture', tag: 'samples', png }, 70_000);

  const [version, scalars, picture] = readRecords(readFileSync(join(folder, eventFiles(folder)[0]!))).map(
    readEvent,
  );
  expect(version!.fileVersion).toBe('brain.Event:2');
  expect(scalars).toMatchObject({ step: 1, scalars: { 'loss/total': 0.5, learningRate: Math.fround(1e-4) } });
  expect(Math.abs(scalars!.wallTimeSeconds - Date.now() / 1000)).toBeLessThan(60);
  expect(picture).toMatchObject({
    step: 70_000,
    pictures: { samples: { width: 300, height: 2, channels: 3 } },
  });
  expect(picture!.pictures['samples']!.png.equals(png)).toBe(true);
});

test('a damaged record is found by its checksum', () => {
  const folder = newFolder();
  loss(new EventLog(folder, 0), 1);
  const bytes = readFileSync(join(folder, eventFiles(folder)[0]!));
  bytes[bytes.length - 8]! ^= 1;
  expect(() => readRecords(bytes)).toThrow('CRC');
});

test('a session that was killed in the middle of a record goes on in a file of its own, every step once', () => {
  const folder = newFolder();
  const killed = new EventLog(folder, 0);
  for (const step of [1, 2, 3]) loss(killed, step);
  appendFileSync(join(folder, eventFiles(folder)[0]!), Buffer.from([40, 0, 0, 0, 0]));

  const resumed = new EventLog(folder, 2);
  for (const step of [3, 4]) loss(resumed, step);
  expect(eventFiles(folder)).toHaveLength(2);
  expect(readEvents(folder).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
});

test('a new run leaves nothing of the run that was in its folder', () => {
  const folder = newFolder();
  loss(new EventLog(folder, 0), 1);
  new EventLog(folder, 0);
  expect(eventFiles(folder)).toHaveLength(1);
  expect(readEvents(folder)).toEqual([]);
});

test("TensorBoard's own reader sees the same scalars, where Python has it", () => {
  const folder = newFolder();
  const first = new EventLog(folder, 0);
  for (const step of [1, 2, 3]) loss(first, step);
  for (const step of [3, 4]) loss(new EventLog(folder, step - 1), step);
  const program = `
import json, sys
try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    sys.exit(3)
events = EventAccumulator(sys.argv[1]).Reload()
print(json.dumps([[e.step, e.value] for e in events.Scalars('loss/total')]))`;
  const { status, stdout } = spawnSync(process.env['PYTHON'] ?? 'python3', ['-c', program, folder], {
    encoding: 'utf8',
  });
  if (status === null || status === 3) {
    console.log("skipped: TensorBoard's reader: Python has no package 'tensorboard'");
    return;
  }
  expect(JSON.parse(stdout)).toEqual([1, 2, 3, 4].map((step) => [step, Math.fround(1 / step)]));
});
