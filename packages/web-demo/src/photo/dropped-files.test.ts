import { expect, test } from '@jest/globals';
import { filesIn } from './dropped-files.js';

const file = (name: string) =>
  ({
    name,
    isDirectory: false,
    file: (done: (file: unknown) => void) => done({ name }),
  }) as unknown as FileSystemEntry;

/** As browsers do: two at a time. */
function folder(name: string, children: FileSystemEntry[]): FileSystemEntry {
  const left = [...children];
  const readEntries = (done: (some: FileSystemEntry[]) => void) => done(left.splice(0, 2));
  return { name, isDirectory: true, createReader: () => ({ readEntries }) } as unknown as FileSystemEntry;
}

test('opens folders, however deep, in the order of the names, without hidden files', async () => {
  const holiday = folder('holiday', [
    file('photo-10.jpg'),
    file('.DS_Store'),
    folder('beach', [file('b.jpg'), file('a.jpg')]),
    file('photo-9.jpg'),
  ]);
  const files = await filesIn([file('z.jpg'), holiday]);
  expect(files.map(({ name }) => name)).toEqual(['a.jpg', 'b.jpg', 'photo-9.jpg', 'photo-10.jpg', 'z.jpg']);
});
