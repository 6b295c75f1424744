import { expect, test } from '@jest/globals';
import { FileCache, type FileDecoder } from './file-cache.node.js';

test('what is dropped while it is being decoded is not counted', async () => {
  const decoded: string[] = [];
  const finish = new Map<string, () => void>();
  const tenBytes: FileDecoder<string> = {
    name: 'ten bytes',
    decode: (path) => {
      decoded.push(path);
      return new Promise((resolve) => finish.set(path, () => resolve(path)));
    },
    bytesOf: () => 10,
  };
  const cache = new FileCache(25);
  const loadNow = async (path: string) => {
    const loading = cache.load(tenBytes, path);
    finish.get(path)!();
    await loading;
  };
  const slow = cache.load(tenBytes, 'slow');
  for (const path of ['a', 'b', 'c']) await loadNow(path);
  finish.get('slow')!();
  await slow;

  // There is room for two.
  await loadNow('d');
  await loadNow('c');
  expect(decoded).toEqual(['slow', 'a', 'b', 'c', 'd']);
});
