import { describe, expect, it } from '@jest/globals';
import { blurToVideoPresets } from './blur-to-video/config.js';
import { narrowed } from './blur-to-video/narrow-network.test-tool.js';
import { summarize } from './summary.js';
import { initialWeights } from './weights/initial-weights.js';

describe('summarize', () => {
  it('counts the parameters that the weights have', () => {
    const config = narrowed('small');
    const held = Object.values(initialWeights(config, 1)).reduce((sum, { values }) => sum + values.length, 0);
    expect(summarize(config, { height: 64, width: 64 }).parameters).toBe(held);
  });

  it('counts multiply-adds by hand: the first level of the encoder', () => {
    const [only, more] = [4, 8].map((width) => summarize(narrowed('small', { encoderChannels: [4, 4, 4, 4, width] }), { height: 64, width: 64 }));
    const encoderAndReaders = more!.levels.find(({ level }) => level === 5)!.multiplyAdds - only!.levels.find(({ level }) => level === 5)!.multiplyAdds;
    // At level 5 (2x2 pixels): 3x3 from 4 to 8 and from 8 to 8, instead of from 4 to 4 and from 4 to 4.
    expect(encoderAndReaders).toBe(2 * 2 * 9 * (4 * 8 + 8 * 8 - 4 * 4 - 4 * 4));
  });

  it('grows with the area, and tells the presets apart', () => {
    const at = (preset: keyof typeof blurToVideoPresets, size: number) => summarize(blurToVideoPresets[preset], { height: size, width: size });
    expect(at('small', 512).multiplyAdds / at('small', 256).multiplyAdds).toBeCloseTo(4, 2);
    expect(at('small', 256).multiplyAdds).toBeLessThan(at('base', 256).multiplyAdds);
    expect(at('base', 256).multiplyAdds).toBeLessThan(at('paper', 256).multiplyAdds);
    // Shipped weights take at most 16 MB in float16.
    for (const preset of ['small', 'base'] as const) expect(at(preset, 256).parameters * 2).toBeLessThan(16e6);
  });
});
