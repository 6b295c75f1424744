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
  /** Groups of residual blocks, each the dilations of its two 3x3 convolutions; the image is corrected after every group. */
  groups: [number, number][][];
  /** Channels at full size. */
  refinementChannels: number;
}

const plain = (count: number): [number, number][] => Array.from({ length: count }, () => [1, 1]);

/**
 * The presets.
 * - `paper`: widths and dilations as the authors have them; a factor of 4 throughout (theirs is 5 for the pairs) and no
 *   instance normalization, which makes every pixel depend on the whole photograph.
 * - `small`: 142 thousand multiply-adds per pixel of the photograph, beside 124 thousand of the blur-to-video preset `small`.
 */
export const frameExtractionPresets: Record<'paper' | 'small', FrameExtractionConfig> = {
  paper: {
    frames: 7,
    middle: { factor: 4, channels: 144, groups: [plain(3), [[1, 2], [2, 4], [4, 8]], [[8, 4], [4, 2], [2, 1]], plain(3)], refinementChannels: 64 },
    innerPair: { factor: 4, channels: 128, groups: [plain(4), [[1, 2], [4, 8], [8, 4], [2, 1]], plain(4)], refinementChannels: 32 },
    outerPair: { factor: 4, channels: 128, groups: [plain(2), [[1, 2], [4, 8], [8, 4], [2, 1]], plain(2)], refinementChannels: 32 },
  },
  small: {
    frames: 7,
    middle: { factor: 4, channels: 40, groups: [plain(2), [[1, 2], [4, 2]], plain(2)], refinementChannels: 16 },
    innerPair: { factor: 4, channels: 24, groups: [plain(1), [[1, 2]], plain(1)], refinementChannels: 16 },
    outerPair: { factor: 4, channels: 24, groups: [plain(1), [[1, 2]], plain(1)], refinementChannels: 16 },
  },
};

/** @throws with the field, what it may be and what it was. */
export function validateFrameExtractionConfig(config: FrameExtractionConfig): void {
  const expect = (holds: boolean, field: string, wanted: string, received: unknown) => {
    if (!holds) throw new Error(`Expected ${wanted} for network.${field} but received ${JSON.stringify(received)}.`);
  };
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
  expect(isCount(config.frames) && config.frames >= 3 && config.frames % 2 === 1, 'frames', 'an odd number of frames, 3 or more,', config.frames);
  for (const part of ['middle', 'innerPair', 'outerPair'] as const) {
    const { factor, channels, groups, refinementChannels } = config[part] ?? {};
    for (const [field, value] of Object.entries({ factor, channels, refinementChannels })) expect(isCount(value), `${part}.${field}`, 'a whole number of at least 1', value);
    const fits = Array.isArray(groups) && groups.length > 0 && groups.every((blocks) => Array.isArray(blocks) && blocks.length > 0 && blocks.every((dilations) => dilations.length === 2 && dilations.every(isCount)));
    expect(fits, `${part}.groups`, 'lists of blocks, each the dilations of two convolutions,', groups);
  }
}

/** Height and width of the input must be multiples of this. */
export function frameExtractionMultiple({ middle, innerPair, outerPair }: FrameExtractionConfig): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return [middle, innerPair, outerPair].reduce((multiple, { factor }) => (multiple * factor) / divisor(multiple, factor), 1);
}
