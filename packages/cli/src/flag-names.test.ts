import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nameFlags } from './flag-names.js';

const packages = fileURLToPath(new URL('../../', import.meta.url));
const librarySources = readdirSync(packages)
  .filter((name) => name !== 'cli')
  .flatMap((name) => readdirSync(join(packages, name, 'src'), { recursive: true, withFileTypes: true }))
  .filter((file) => file.isFile() && /(?<!\.test)\.ts$/.test(file.name))
  .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
  .join('\n');

// Words of the libraries; in braces, what they fill in.
test.each([
  [
    'scale it down first, or allow it with a maximumPixels of {2} million, for about {2} GB of memory',
    'scale it down first, or allow it with --max-megapixels 2, for about 2 GB of memory',
    'scale it down first',
  ],
  [
    'scale the clip down first, or allow more with a memoryBudgetBytes of {4 GiB}',
    'scale the clip down first, or allow more with --memory 4',
    'scale the clip down first',
  ],
  [
    'lower the memory budget, with a memoryBudgetBytes of {0.6} GiB, or raise the limit',
    'lower the memory budget to 0.6 GiB (--memory 0.6) or raise the limit',
    'lower the memory budget to 0.6 GiB or raise the limit',
  ],
  [
    ' exists; choose another name, or replace it with overwrite: true',
    ' exists; choose another name, or replace it with --overwrite',
    undefined,
  ],
  ["leave out hdr: 'keep'", 'leave out --hdr keep', undefined],
  ["hdr: 'tonemap' makes it an ordinary clip", '--hdr tonemap makes it an ordinary clip', undefined],
  ['leave out format, bitDepth and quality', 'leave out --format, --bit-depth and --quality', undefined],
  [
    'another choice of mirrored, precision, deinterlace, format, bitDepth or quality',
    'another choice of --mirrored, --precision, --no-deinterlace, --format, --bit-depth or --quality',
    undefined,
  ],
  [
    'say how many degrees across it shows (coverageDegrees)',
    'say how many degrees across it shows (--crop)',
    undefined,
  ],
  [
    '{Expected windowFrames to be }numbers that are 1 above multiples of {6} (frames - 1), at most {1025 but received [9].}',
    'Expected --window to be 1 above a multiple of 6 (--frames less 1), at most 1025, but received 9.',
    undefined,
  ],
  ['choose another folder of results.', 'choose another --out.', undefined],
  ['name another folder of experiments.', 'name another folder (--from).', undefined],
  ["use: deblurVideo({'a (1).gif'}, sharp.mp4)", "use: unblur video 'a (1).gif' --out sharp.mp4", undefined],
])('%s: said by a library, and on a command line with and without the flag', (words, named, elsewhere) => {
  for (const said of words.split(/\{.*?\}/)) expect(librarySources).toContain(said);
  const line = words.replace(/[{}]/g, '');
  expect(nameFlags(line)).toBe(named);
  expect(nameFlags(line, () => false)).toBe(elsewhere ?? line);
});
