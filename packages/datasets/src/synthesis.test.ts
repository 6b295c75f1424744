import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

/** Entries that run anywhere. */
const allowed = ['quaternion', '@unblur/files/options', '@unblur/files/parsed-value'];

test('the mathematics needs no Node: it imports what runs anywhere only, besides types', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(new URL(`./${file}`, import.meta.url), 'utf8');
    for (const [, from] of source.matchAll(/^(?:import|export)(?! type )[^;]*? from '([^']+)';/gm)) {
      if (/^\.\.?\//.test(from!) && !from!.endsWith('.node.js')) {
        visit(join(dirname(file), from!).replace(/\.js$/, '.ts'));
      } else {
        expect([file, allowed.includes(from!) || from]).toEqual([file, true]);
      }
    }
  };
  visit('synthesis.ts');
  expect(seen.size).toBeGreaterThan(15);
});
