import { add, concat, leakyRelu, mul, tensor1d } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { costVolume, normalizeChannels } from '../parts/cost-volume.js';
import { leakySlope } from '../parts/layers.js';
import type { Layer, LayerDeclarations, NamedTensors } from '../parts/layers.js';
import { warpVisible } from '../parts/motion-field.js';
import { imagePyramid, resizeBilinear } from '../parts/resolution.js';
import { flowMultiple } from './video-deblur-config.js';
import type { FlowConfig } from './video-deblur-config.js';

/** Flows inside the network are in units of this many pixels of what it sees (Sun et al. 2018, section 4). */
const pixelsPerFlowUnit = 20;

/** What a level of the decoder computes; sizes are those of the level, flows in network units. */
export interface FlowLevel {
  level: number;
  /**
   * Flow and feature of the level above, upscaled, and the second image's features warped with that flow;
   * absent at the coarsest level.
   */
  upscaledFlow?: Tensor4D;
  upscaledFeature?: Tensor4D;
  warped?: Tensor4D;
  /** The cost volume before its activation. */
  volume: Tensor4D;
  flow: Tensor4D;
}

export interface FlowEstimate {
  /** `[B, H, W, 2]`: (dx, dy) in pixels of the frames; `first(p)` shows what `second(p + flow(p))` shows. */
  flowPixels: Tensor4D;
  /** Coarsest first. */
  levels: FlowLevel[];
  /** The context network's correction and its sum with the finest flow, in network units. */
  correction: Tensor4D;
  refined: Tensor4D;
}

/** The flows from a centre frame to its neighbours, `[B, H, W, 2]` in pixels. */
export interface NeighbourFlows {
  toPrevious: Tensor4D;
  toNext: Tensor4D;
}

/** Three frames in a row, `[B, H, W, 3]`, and the flows between them. */
export interface FrameTriple extends NeighbourFlows {
  previous: Tensor4D;
  centre: Tensor4D;
  next: Tensor4D;
}

export interface FlowNetwork {
  /**
   * Flows of the levels are in units of this many pixels of frames, where these need no other size to be
   * halved.
   */
  pixelsPerUnit: number;
  /**
   * A frame `[B, H, W, 3]` as the pyramid sees it: at the config's `inputLevel`, and there at a size that can
   * be halved as often as it has levels.
   */
  resize(frame: Tensor4D): Tensor4D;
  /** Features of a resized frame, `pyramid[level - 1]`. */
  describe(resized: Tensor4D, weights: NamedTensors): Tensor4D[];
  /**
   * The flow from one frame to another, by their pyramids, of which levels below the config's `finestLevel`
   * are not read. @param size height and width of the frames themselves.
   */
  match(first: Tensor4D[], second: Tensor4D[], size: [number, number], weights: NamedTensors): FlowEstimate;
}

/**
 * Declares the flow network: PWC-Net (Sun et al. 2018), a feature pyramid, and from its coarsest level to the
 * finest a warp of the second image's features by the flow so far, a cost volume, and densely connected
 * convolutions that predict the flow anew.
 */
export function declareFlowNetwork(layers: LayerDeclarations, config: FlowConfig): FlowNetwork {
  const { inputLevel = 0, finestLevel, searchRadiusPixels } = config;
  const toCompare = config.normalizedFeatures ? normalizeChannels : (features: Tensor4D) => features;
  const pyramid = declarePyramid(layers, config);
  const decoders = declareDecoders(layers, config);
  const channels = decoders.at(-1)!.channels;
  const refine = layers.chain('flow.refiner.convolution', {
    from: channels,
    chain: config.refiner,
    level: levelOfFrame(config, finestLevel),
  });
  const correct = layers.head('flow.refiner.flow', {
    from: config.refiner.at(-1)?.channels ?? channels,
    to: 2,
    level: levelOfFrame(config, finestLevel),
  });

  return {
    pixelsPerUnit: pixelsPerFlowUnit * 2 ** inputLevel,
    resize: (frame) => {
      const smaller = imagePyramid(frame, inputLevel)[inputLevel]!;
      const multiple = flowMultiple(config) / 2 ** inputLevel;
      return resizeBilinear(
        smaller,
        [1, 2].map((axis) => Math.ceil(smaller.shape[axis]! / multiple) * multiple) as [number, number],
      );
    },
    describe: (resized, weights) => {
      let feature = resized;
      return pyramid.map(
        (convolutions) =>
          (feature = convolutions.reduce((x, convolution) => convolution(x, weights), feature)),
      );
    },
    match: (first, second, [height, width], weights) => {
      const levels: FlowLevel[] = [];
      let seen: Tensor4D | undefined;
      for (const { level, upscale, dense, predict } of decoders) {
        const [ofFirst, ofSecond] = [first[level - 1]!, second[level - 1]!];
        const record: Partial<FlowLevel> = { level };
        if (upscale) {
          record.upscaledFlow = upscale.flow(levels.at(-1)!.flow, weights);
          record.upscaledFeature = upscale.feature(seen!, weights);
          record.warped = warpVisible(
            ofSecond,
            mul(record.upscaledFlow, pixelsPerFlowUnit / 2 ** level),
            'zeros',
          ).warped;
        }
        const volume = costVolume(
          toCompare(ofFirst),
          toCompare(record.warped ?? ofSecond),
          searchRadiusPixels,
        );
        seen = leakyRelu(volume, leakySlope);
        if (upscale) seen = concat([seen, ofFirst, record.upscaledFlow!, record.upscaledFeature!], 3);
        for (const layer of dense) seen = concat([layer(seen, weights), seen], 3);
        levels.push({ ...record, level, volume, flow: predict(seen, weights) });
      }
      const correction = correct(refine(seen!, weights), weights);
      const refined = add(levels.at(-1)!.flow, correction) as Tensor4D;
      const [resizedHeight, resizedWidth] = [1, 2].map((axis) => refined.shape[axis]! * 2 ** finestLevel);
      const scale = tensor1d([
        (pixelsPerFlowUnit * width) / resizedWidth!,
        (pixelsPerFlowUnit * height) / resizedHeight!,
      ]);
      return {
        flowPixels: mul(resizeBilinear(refined, [height, width]), scale),
        levels,
        correction,
        refined,
      };
    },
  };
}

/** Layers are counted by levels of the frame, which the network sees at its `inputLevel`. */
const levelOfFrame = ({ inputLevel = 0 }: FlowConfig, level: number): number => inputLevel + level;

/** The convolutions of each level of the feature pyramid, finest first. */
function declarePyramid(layers: LayerDeclarations, config: FlowConfig): Layer[][] {
  const { pyramidChannels, pyramidConvolutions } = config;
  return pyramidChannels.map((to, index) =>
    Array.from({ length: pyramidConvolutions }, (_, position) => {
      const from = position > 0 ? to : (pyramidChannels[index - 1] ?? 3);
      return layers.convolution(`flow.pyramid.level${index + 1}.convolution${position}`, {
        from,
        to,
        stride: position === 0 ? 2 : 1,
        level: levelOfFrame(config, index + 1),
        padding: 'symmetric',
      });
    }),
  );
}

/** What finds the flow of a level from features of both images and the level above. */
interface FlowDecoder {
  level: number;
  /** Of the level above; undefined at the coarsest. */
  upscale: { flow: Layer; feature: Layer } | undefined;
  dense: Layer[];
  predict: Layer;
  /** Of what the flow is predicted from. */
  channels: number;
}

/** Coarsest first. */
function declareDecoders(layers: LayerDeclarations, config: FlowConfig): FlowDecoder[] {
  const { pyramidChannels, finestLevel, searchRadiusPixels } = config;
  const coarsestLevel = pyramidChannels.length;
  const volumeChannels = (2 * searchRadiusPixels + 1) ** 2;
  let channelsAbove = 0;
  return Array.from({ length: coarsestLevel - finestLevel + 1 }, (_, step) => {
    const level = coarsestLevel - step;
    const name = `flow.level${level}`;
    const upscale =
      step === 0
        ? undefined
        : {
            flow: layers.upscaling(`${name}.upscale-flow`, {
              from: 2,
              to: 2,
              level: levelOfFrame(config, level),
              activation: 'none',
              padding: 'symmetric',
            }),
            feature: layers.upscaling(`${name}.upscale-feature`, {
              from: channelsAbove,
              to: 2,
              level: levelOfFrame(config, level),
              activation: 'none',
              padding: 'symmetric',
            }),
          };
    let channels = volumeChannels + (upscale ? pyramidChannels[level - 1]! + 4 : 0);
    const dense = config.denseChannels.map((to, index) => {
      const layer = layers.convolution(`${name}.dense${index}`, {
        from: channels,
        to,
        level: levelOfFrame(config, level),
      });
      channels += to;
      return layer;
    });
    const predict = layers.head(`${name}.flow`, {
      from: channels,
      to: 2,
      level: levelOfFrame(config, level),
    });
    channelsAbove = channels;
    return { level, upscale, dense, predict, channels };
  });
}
