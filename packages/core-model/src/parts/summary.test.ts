import { describe, expect, test } from '@jest/globals';
import { narrowedPaper } from '../paper/narrowed-paper.test-tool.js';
import { paperFamily } from '../paper/paper-network.js';
import { photoPreset } from '../photo/photo-config.js';
import { photoFamily } from '../photo/photo-network.js';
import { summarize } from './summary.js';

describe('summarize', () => {
  test('counts the parameters that the weights have', () => {
    const config = narrowedPaper();
    const held = Object.values(paperFamily.initialWeights(config, 1)).reduce(
      (sum, { values }) => sum + values.length,
      0,
    );
    expect(summarize(paperFamily.declare(config), { height: 64, width: 64 }).parameters).toBe(held);
  });

  test('counts multiply-adds by hand: the last level of the encoder', () => {
    const [only, more] = [4, 8].map((width) =>
      summarize(paperFamily.declare(narrowedPaper({ encoderChannels: [4, 4, 4, 4, width] })), {
        height: 64,
        width: 64,
      }),
    );
    const ofLevel5 =
      more!.levels.find(({ level }) => level === 5)!.multiplyAdds -
      only!.levels.find(({ level }) => level === 5)!.multiplyAdds;
    // At level 5 (2x2 pixels): 3x3 from 4 to 8 and from 8 to 8, instead of from 4 to 4 and from 4 to 4.
    expect(ofLevel5).toBe(2 * 2 * 9 * (4 * 8 + 8 * 8 - 4 * 4 - 4 * 4));
  });

  test('of the photo network: what its preset says, and four times as much for four times the area', () => {
    const network = photoFamily.declare(photoPreset);
    const [small, large] = [128, 256].map((size) => summarize(network, { height: size, width: size }));
    expect(small!.parameters / 1e6).toBeCloseTo(11.6, 1);
    expect(large!.multiplyAdds).toBe(4 * small!.multiplyAdds);
    // For seven frames: all layers once, and those of a frame five times more.
    const ofFrame = summarize(
      { costs: network.costs.filter(({ name }) => /^frame\.(enter|correct|block)/.test(name)) },
      { height: 128, width: 128 },
    );
    expect((small!.multiplyAdds + 5 * ofFrame.multiplyAdds) / 128 ** 2 / 1e3).toBeCloseTo(433.5, 0);
  });
});
