import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import { ffmpeg, hasFfmpegHere, openClipFolder, passThrough } from './clip-passes.test-tool.js';
import { hasFfmpeg, probeClip, startFfmpeg } from './index.js';

const { place, remove } = openClipFolder();
afterAll(remove);

test.each([
  ['Linux and macOS', '[mov,mp4 @ 0x55d0c8] [error] moov atom not found\n'],
  ['Windows', '[mov,mp4 @ 000002034C4359c0] [error] moov atom not found\r\n'],
])('an error of ffmpeg on %s is told without its addresses', async (_system, line) => {
  // Node in the place of ffmpeg.
  const printing = startFfmpeg(['-e', `process.stderr.write(${JSON.stringify(line)})`], {
    ffmpegPath: process.execPath,
  });
  await printing.finished;
  expect(printing.errorLines()).toEqual(['moov atom not found']);
});

(hasFfmpegHere ? describe : describe.skip)('a clip', () => {
  beforeAll(() => {
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=32x32:r=10:d=0.3', '-c:v', 'libx264', place('plain.mp4'));
  });

  test('is a file, whatever its name looks like', async () => {
    const home = process.cwd();
    mkdirSync(place('http:'));
    process.chdir(place('.'));
    try {
      for (const name of ['clip:1.mp4', '-y.mp4', '-version', 'http:/clip.mp4', 'pipe:0', '50%d.mp4']) {
        copyFileSync('plain.mp4', `./${name}`);
        expect((await probeClip(name)).frames).toBe(3);
      }
      expect(await passThrough('-y.mp4', 'out:1 %06d.mkv')).toBeUndefined();
      expect((await probeClip('out:1 %06d.mkv')).frames).toBe(3);
    } finally {
      process.chdir(home);
    }
  });

  test('reads no other file and asks no server, whatever it holds', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.ts`;
    try {
      const lists = [
        `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${place('plain.mp4')}\n#EXT-X-ENDLIST\n`,
        `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${url}\n#EXT-X-ENDLIST\n`,
        `ffconcat version 1.0\nfile ${place('plain.mp4')}\n`,
      ];
      for (const list of lists) {
        writeFileSync(place('list.mp4'), list);
        await expect(probeClip(place('list.mp4'))).rejects.toThrow(
          /list\.mp4 is not a clip but a picture, a list of other files or something else/,
        );
      }
      expect(asked).toBe(0);
    } finally {
      server.close();
    }
  });
});

test.each([
  [null, 'null'],
  ['', 'an empty text'],
  [7, 'a value of type number'],
])('an ffmpegPath of %j is none', async (ffmpegPath, received) => {
  const message = `Expected the path of a program for ffmpegPath but received ${received}`;
  const options = { ffmpegPath } as never;
  await expect(probeClip(import.meta.filename, options)).rejects.toThrow(new UnblurError(message));
  await expect(hasFfmpeg(ffmpegPath as never)).rejects.toThrow(new UnblurError(message));
  expect(() => startFfmpeg([], options)).toThrow(new UnblurError(message));
});
