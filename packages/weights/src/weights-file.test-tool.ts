import { readFileSync, statSync } from 'node:fs';
import { readSafetensors } from '@unblur/core-model';
import { expect, test } from '@jest/globals';

const largestFileBytes = 25e6;

/** What holds for every file of weights in the package, whatever its network. */
export function expectShippable({ name, url }: { name: string; url: URL }): void {
  test('is stored as float16 and takes at most 25 MB', () => {
    const { tensors } = readSafetensors(readFileSync(url));
    expect(new Set(Object.values(tensors).map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
    expect(statSync(url).size).toBeLessThanOrEqual(largestFileBytes);
  });

  test('comes with a model card that names what a user must know', () => {
    const card = readFileSync(new URL(`../files/${name}.md`, import.meta.url), 'utf8').toLowerCase();
    for (const topic of [
      'data',
      'steps',
      'samples',
      'wall time',
      'machine',
      'validation',
      'licence',
      'limits',
    ]) {
      expect(card).toContain(topic);
    }
  });
}
