import { expect, test } from '@jest/globals';
import { unshakePhoto } from './unshaking.js';

test('a photograph that is larger than what is worked on comes back at its own size', async () => {
  const [width, height] = [2200, 66];
  const data = new Float32Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = 0.5 + 0.4 * Math.sin(Math.floor(i / 3) / 9);
  // Its shorter side is 61 pixels where the longer one is 2048.
  await expect(unshakePhoto({ width, height, data })).rejects.toThrow('at least 64x64 pixels');

  const taller = { width, height: 140, data: new Float32Array(width * 140 * 3).fill(0.5) };
  const enlarged = await unshakePhoto(taller);
  expect([enlarged.frame.width, enlarged.frame.height]).toEqual([width, 140]);
  expect(enlarged.frame.data).toBeInstanceOf(Uint16Array);
});
