import {
  maxChannels,
  maxDilation,
  maxLayers,
  maxMultiple,
  expectField,
  expectMapping,
  expectOddFrames,
  expectWholeNumber,
  isListOf,
  isWithin,
} from '../weights/config-checks.js';

/** Everything that decides the shape of the networks of Jin et al. 2018. Plain JSON. */
export interface FrameExtractionConfig {
  /** Frames restored from one photograph: odd, 3 or more. The paper has 7. */
  frames: number;
  /** The network of the middle frame. */
  middle: ExtractorConfig;
  /** The two networks of the frames next to it. */
  innerPair: ExtractorConfig;
  /** The network of every further pair; both its frames are made by the same weights. */
  outerPair: ExtractorConfig;
}

/** One network: residual blocks at a fraction of the size, a few convolutions at full size. */
export interface ExtractorConfig {
  /** The blocks work at 1/factor of the height and width: factor^2 pixels of a colour become channels. */
  factor: number;
  /** Channels of the blocks. */
  channels: number;
  /**
   * Groups of residual blocks, each the dilations of its two 3x3 convolutions; the image is corrected after
   * every group.
   */
  groups: [number, number][][];
  /** Channels at full size. */
  refinementChannels: number;
}

const plain = (count: number): [number, number][] => Array.from({ length: count }, () => [1, 1]);

/**
 * The presets.
 * - `paper`: widths and dilations as the authors have them; a factor of 4 throughout (theirs is 5 for the
 *   pairs) and no instance normalization, which makes every pixel depend on the whole photograph.
 * - `small`: 142 thousand multiply-adds per pixel of the photograph, a third of what the photo network takes
 *   for seven frames.
 */
export const frameExtractionPresets: Record<'paper' | 'small', FrameExtractionConfig> = {
  paper: {
    frames: 7,
    middle: {
      factor: 4,
      channels: 144,
      groups: [
        plain(3),
        [
          [1, 2],
          [2, 4],
          [4, 8],
        ],
        [
          [8, 4],
          [4, 2],
          [2, 1],
        ],
        plain(3),
      ],
      refinementChannels: 64,
    },
    innerPair: {
      factor: 4,
      channels: 128,
      groups: [
        plain(4),
        [
          [1, 2],
          [4, 8],
          [8, 4],
          [2, 1],
        ],
        plain(4),
      ],
      refinementChannels: 32,
    },
    outerPair: {
      factor: 4,
      channels: 128,
      groups: [
        plain(2),
        [
          [1, 2],
          [4, 8],
          [8, 4],
          [2, 1],
        ],
        plain(2),
      ],
      refinementChannels: 32,
    },
  },
  small: {
    frames: 7,
    middle: {
      factor: 4,
      channels: 40,
      groups: [
        plain(2),
        [
          [1, 2],
          [4, 2],
        ],
        plain(2),
      ],
      refinementChannels: 16,
    },
    innerPair: { factor: 4, channels: 24, groups: [plain(1), [[1, 2]], plain(1)], refinementChannels: 16 },
    outerPair: { factor: 4, channels: 24, groups: [plain(1), [[1, 2]], plain(1)], refinementChannels: 16 },
  },
};

/** Far above what makes sense; see `config-checks.ts` for the others. */
const maxFactor = 16;

/** @throws with the field, what it may be and what it was. */
export function validateFrameExtractionConfig(config: FrameExtractionConfig): void {
  expectMapping(config, '', Object.keys(frameExtractionPresets.paper));
  expectOddFrames(config.frames);
  const areDilations = (value: unknown) =>
    isListOf(value, [2, 2], (dilation) => isWithin(dilation, [1, maxDilation]));
  for (const part of ['middle', 'innerPair', 'outerPair'] as const) {
    expectMapping(config[part], part, Object.keys(frameExtractionPresets.paper[part]));
    const { factor, channels, groups, refinementChannels } = config[part];
    expectWholeNumber(factor, `${part}.factor`, [1, maxFactor]);
    expectWholeNumber(channels, `${part}.channels`, [1, maxChannels]);
    expectWholeNumber(refinementChannels, `${part}.refinementChannels`, [1, maxChannels]);
    const fits = isListOf(groups, [1, maxLayers], (blocks) => isListOf(blocks, [1, maxLayers], areDilations));
    expectField(
      fits,
      `${part}.groups`,
      `1 to ${maxLayers} lists of as many blocks, each the dilations (1 to ${maxDilation}) of two convolutions,`,
      groups,
    );
  }
  const multiple = frameExtractionMultiple(config);
  expectField(
    multiple <= maxMultiple,
    'factor',
    `factors whose least common multiple is at most ${maxMultiple}`,
    multiple,
  );
}

/** Height and width of the input must be multiples of this. */
export function frameExtractionMultiple({ middle, innerPair, outerPair }: FrameExtractionConfig): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return [middle, innerPair, outerPair].reduce(
    (multiple, { factor }) => (multiple * factor) / divisor(multiple, factor),
    1,
  );
}
