import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ffmpeg, hasFfmpegHere, openClipFolder, passThrough } from './clip-passes.test-tool.js';
import { probeClip } from './index.js';

const { place, remove } = openClipFolder();
afterAll(remove);

/**
 * Changes what some of the packets of a transport stream hold, which alone would still be taken for whole.
 */
function breakPackets(bytes: Buffer): void {
  const middle = Math.floor(bytes.length / 188 / 2);
  for (let packet = middle; packet < middle + 12; packet++) {
    for (let i = 40; i < 180; i++) bytes[packet * 188 + i]! ^= 0x5a;
  }
}

/** Runs the command that a message ends with. @returns the last word of it: the file that it writes. */
function followAdvice(message: string): string {
  const command = / with: ffmpeg (.+)$/.exec(message)![1]!;
  const output = command.split(' ').at(-1)!;
  ffmpeg(...command.split(' '));
  return output;
}

(hasFfmpegHere ? test : test.skip).each(['cut-repaired.mp4', 'cut.ts'])(
  'a clip that is cut short can be repaired as the message says: %s',
  async (name) => {
    ffmpeg(
      ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=1', '-c:v', 'libx264', '-crf', '10', '-g', '10'],
      ...['-pix_fmt', 'yuv420p', '-movflags', '+faststart', place(`long-${name}`)],
    );
    const bytes = readFileSync(place(`long-${name}`));
    const cut = bytes.subarray(0, Math.floor(bytes.length * 0.56));
    if (name.endsWith('.ts')) breakPackets(cut);
    writeFileSync(place(name), cut);
    const refusal = await passThrough(place(name), place('out.mkv')).then(
      () => 'it was taken',
      (error: Error) => error.message,
    );
    expect(refusal).toContain(`${place(name)} is damaged or cut short (`);
    const repaired = followAdvice(refusal);
    expect(dirname(repaired)).toBe(dirname(place(name)));
    expect(repaired).not.toBe(place(name));
    expect(await passThrough(repaired, place('out.mkv'))).toBeUndefined();
    expect((await probeClip(place('out.mkv'))).frames).toBeGreaterThan(10);
  },
);
