import TestSequencer from '@jest/test-sequencer';
import { statSync } from 'node:fs';

const isSlow = ({ path }) => /\.slow\.test\.[jt]s$/.test(path);

/**
 * Slow tests first, the longest files of them before the others: otherwise one worker waits at the end while
 * the other goes through the page alone.
 */
export default class SlowTestsFirst extends TestSequencer {
  sort(tests) {
    const size = new Map(tests.map(({ path }) => [path, statSync(path).size]));
    return [...tests].sort(
      (one, other) => isSlow(other) - isSlow(one) || size.get(other.path) - size.get(one.path),
    );
  }
}
