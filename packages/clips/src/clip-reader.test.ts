import { expect, test } from '@jest/globals';
import { UnblurError } from '@unblur/files';
import { readClip } from './index.js';

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
