import { expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import {
  codingOfFrames,
  containerOf,
  extractFrames,
  openClipWriter,
  probeClip,
  readClip,
  type ClipFacts,
} from './index.js';

const choice = { hdr: 'keep' as const, deinterlace: true };

test.each([
  ['no facts', undefined, choice],
  ['facts that are not awaited', Promise.resolve(), choice],
  ['no choice', { picture: {} }, undefined],
])('reading with %s: what was wanted', async (_, facts, chosen) => {
  const reading = readClip('clip.mp4', facts as never, chosen as never).next();
  await expect(reading).rejects.toThrow(UnblurError);
  await expect(reading).rejects.toThrow('with what await probeClip(path) gives, but received something else');
});

const facts = { picture: { bitDepth: 8 } } as ClipFacts;

test.each([
  [{ ...choice, from: 2 }, "but received 'from'"],
  [{ ...choice, hdr: 'tone-map' }, 'Expected keep or tonemap for hdr but received tone-map'],
  [{ hdr: 'keep' }, 'Expected true or false for deinterlace but received nothing'],
  [{ ...choice, fromSeconds: -1 }, 'Expected seconds from 0 on for fromSeconds but received -1'],
  [{ ...choice, fromSeconds: '2' }, 'Expected seconds from 0 on for fromSeconds but received "2"'],
])('reading with the choice %j: what was wanted', async (chosen, message) => {
  const reading = readClip('clip.mp4', facts, chosen as never).next();
  await expect(reading).rejects.toThrow(UnblurError);
  await expect(reading).rejects.toThrow(message);
});

test.each([
  ['probeClip', (options: never) => probeClip('clip.mp4', options)],
  ['readClip', (options: never) => readClip('clip.mp4', facts, choice, options).next()],
  ['extractFrames', (options: never) => extractFrames('clip.mp4', facts, 'frames', options)],
  [
    'openClipWriter',
    (options: never) =>
      openClipWriter('a.mp4', 'a.mp4', containerOf('a.mp4')!, codingOfFrames(9), undefined, options),
  ],
])('%s refuses an option that is none', async (_, call) => {
  await expect(call({ ffmpeg: '/usr/bin/ffmpeg' } as never)).rejects.toThrow(UnblurError);
  await expect(call({ ffmpeg: '/usr/bin/ffmpeg' } as never)).rejects.toThrow(
    /^Expected options among ffmpegPath, signal.* but received 'ffmpeg'$/,
  );
  await expect(call(null as never)).rejects.toThrow(/^Expected options, such as .*, but received null$/);
});

test.each([
  [undefined, 'a value of type undefined'],
  [new URL('file:///clip.mp4'), 'an object of type URL'],
])('probing %p: what was wanted', async (path, received) => {
  await expect(probeClip(path as never)).rejects.toThrow(
    new UnblurError(`Expected probeClip('clip.mp4'), with the path of a clip, but received ${received}`),
  );
});

test('extracting without the facts of the clip: what was wanted', async () => {
  await expect(extractFrames('clip.mp4', Promise.resolve(facts) as never, 'frames')).rejects.toThrow(
    /^Expected extractFrames\('clip\.mp4', facts, 'frames'\), .* but received something else$/,
  );
});
