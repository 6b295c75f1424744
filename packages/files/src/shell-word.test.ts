import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { shellWord } from './shell-word.js';

describe('shellWord', () => {
  test('leaves plain paths as they are', () => {
    expect(shellWord('/home/a_b/clip-1.mp4')).toBe('/home/a_b/clip-1.mp4');
    expect(shellWord('C:\\Users\\a_b\\clip-1.mp4', 'win32')).toBe('C:\\Users\\a_b\\clip-1.mp4');
  });

  test.each(['C:\\My Clips\\a.mov', "it's.mp4", 'a&b.mp4', '@a,b.mp4', ''])(
    'is in quotes that the shells of Windows know: %s',
    (path) => expect(shellWord(path, 'win32')).toBe(`"${path}"`),
  );

  const hostile = ['My Clip.mov', "it's.mp4", '$HOME `id` "a" \\ !.mp4', 'a*?[b].mp4', 'ä;&|<>#~.mp4', ''];
  const hasShell = spawnSync('sh', ['-c', ':']).status === 0;
  (hasShell ? test : test.skip).each(hostile)('is read back by a shell: %s', (path) => {
    expect(spawnSync('sh', ['-c', `printf %s ${shellWord(path)}`], { encoding: 'utf8' }).stdout).toBe(path);
  });
});
