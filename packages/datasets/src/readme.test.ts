import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import * as datasets from './index.js';

test('the README names nothing that does not exist', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const imported = /import \{ ([^}]*) \} from '@unblur\/datasets'/.exec(readme)![1]!.split(', ');
  const named = [...readme.matchAll(/`((?:\w+(?:Batches|Shards|Set|Samples|Scenes|Videos|Folder|Defaults|Frames))|noAugmentation)\b/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(10);
  for (const name of [...imported, ...named]) expect(Object.keys(datasets)).toContain(name);
});
