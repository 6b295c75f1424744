import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { claimFolder } from './folder-claim.js';

const root = mkdtempSync(join(tmpdir(), 'unblur-folder-claim-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const claim = (record: unknown) => ({ fileName: 'made.json', record, otherwise: 'choose another folder' });

test('the same work goes on in a folder, other work does not', async () => {
  const folder = mkdtempSync(join(root, 'a-'));
  await claimFolder(folder, claim({ seed: 1, from: ['x'] }));
  await claimFolder(folder, claim({ seed: 1, from: ['x'] }));
  await expect(claimFolder(folder, claim({ seed: 2, from: ['x'] }))).rejects.toThrow('choose another folder');
  await claimFolder(folder, claim({ seed: 1, from: ['x'] }));
  expect(readdirSync(folder)).toEqual(['made.json']);
});

test('a damaged record is other work, one that is written with other spaces is not', async () => {
  writeFileSync(join(root, 'made.json'), '{"seed":   1}');
  await claimFolder(root, claim({ seed: 1 }));
  writeFileSync(join(root, 'made.json'), '{"seed":');
  await expect(claimFolder(root, claim({ seed: 1 }))).rejects.toThrow('choose another folder');
});
