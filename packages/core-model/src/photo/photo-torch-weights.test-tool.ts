import { packedImageChannels } from '../parts/resolution.js';
import type { WeightValues } from '../weights/initial-weights.js';
import { expectFit } from '../weights/network-file.js';
import { readSafetensors } from '../weights/safetensors.js';
import { torchShape, weightFromTorch } from '../weights/torch-weights.js';
import type { PhotoConfig } from './photo-config.js';
import { photoFamily } from './photo-network.js';

/** A config as the PyTorch prototype has it, from which the golden cases were recorded. */
interface TorchConfig {
  c: PhotoConfig['channels'];
  enc: PhotoConfig['encoderBlocks'];
  mid: number;
  dec: PhotoConfig['decoderBlocks'];
  cm: number;
  cf: number;
  nf: number;
}

const torchTrajectoryBlocks = 2;

/**
 * Reads weights as the PyTorch prototype has them, a `.safetensors` file of its `state_dict` with `config` in
 * the header, and arranges them as they are here: kernels `[out, in, kh, kw]` become `[kh, kw, in, out]`, and
 * channels that stand for 2x2 pixels change their order.
 */
export function readTorchPhotoWeights(bytes: Uint8Array): { config: PhotoConfig; values: WeightValues } {
  const { tensors, metadata } = readSafetensors(bytes);
  const { c, enc, mid, dec, cm, cf, nf } = JSON.parse(metadata['config']!) as TorchConfig;
  const config: PhotoConfig = {
    channels: c,
    encoderBlocks: enc,
    bottleneckBlocks: mid,
    decoderBlocks: dec,
    trajectoryChannels: cm,
    trajectoryBlocks: torchTrajectoryBlocks,
    frameChannels: cf,
    frameBlocks: nf,
  };
  return { config, values: arrangeTorchWeights(tensors as WeightValues, config) };
}

function arrangeTorchWeights(parameters: WeightValues, config: PhotoConfig): WeightValues {
  const shapes = photoFamily.shapesOf(config);
  expectFit(
    parameters,
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [torchKey(name), torchShape(shape)])),
  );
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const { values } = parameters[torchKey(name)]!;
      const order = channelOrder(name, shape, config);
      return [name, reorder(weightFromTorch(values, shape), order)];
    }),
  );
}

const layerOf = (name: string): string => name.replace(/\.(kernel|bias)$/, '');

/** The parameter of the prototype's network that becomes a weight. */
function torchKey(name: string): string {
  return `${torchLayer(layerOf(name))}.${name.endsWith('.kernel') ? 'weight' : 'bias'}`;
}

/** The parameter of the prototype's network that becomes a layer, without `.weight` or `.bias`. */
function torchLayer(name: string): string {
  const block = /^(encoder|decoder)?(bottleneck|trajectory|frame)?(\d)?\.block(\d+)\.(first|second)$/.exec(
    name,
  );
  if (block) {
    const [, coder, part, scale, index, position] = block;
    const chain = coder
      ? `${{ encoder: 'enc', decoder: 'dec' }[coder]!}.${scale}`
      : { bottleneck: 'mid', trajectory: 'motion', frame: 'frame' }[part!]!;
    return `${chain}.${index}.${position === 'first' ? 'a' : 'b'}`;
  }
  const renamed: Record<string, string> = {
    'trajectory.enter': 'motion_in',
    'trajectory.predict': 'path',
    'frame.feature': 'moved',
    'frame.enter': 'frame_in',
    'frame.correct': 'frame_out',
  };
  return renamed[name] ?? name.replace(/^reduce(\d)$/, 'down.$1').replace(/^enlarge(\d)$/, 'up.$1');
}

/** For each channel of the prototype in turn, the channel here that it becomes; the same ones if not given. */
interface ChannelOrder {
  outputs?: readonly number[];
  inputs?: readonly number[];
}

/** A weight `[..., in, out]`, or `[out]`, with its channels in another order. */
function reorder({ shape, values }: WeightValues[string], { outputs, inputs }: ChannelOrder) {
  const [outputCount, inputCount] = [shape.at(-1)!, shape.at(-2) ?? 1];
  const arranged = new Float32Array(values.length);
  values.forEach((value, index) => {
    const output = index % outputCount;
    const row = Math.floor(index / outputCount);
    const input = row % inputCount;
    const place = (row - input + (inputs?.[input] ?? input)) * outputCount + (outputs?.[output] ?? output);
    arranged[place] = value;
  });
  return { shape, values: arranged };
}

/** Which of a weight's channels are packed pixels. */
function channelOrder(name: string, shape: readonly number[], { frameChannels }: PhotoConfig): ChannelOrder {
  const layer = layerOf(name);
  const [outputs, inputs] = [shape.at(-1)!, shape.at(-2) ?? 1];
  const order: ChannelOrder = {};
  if (/^(enlarge\d|middle|frame\.correct)$/.test(layer)) order.outputs = packedOrder(outputs, 0, outputs);
  if (layer === 'stem') order.inputs = packedOrder(inputs, 0, inputs);
  if (layer === 'frame.enter') order.inputs = packedOrder(inputs, frameChannels, packedImageChannels);
  return order;
}

const pixelsPerCell = 4;

/**
 * The order in which PyTorch's `pixel_shuffle` and `pixel_unshuffle` keep packed channels, as the channel of
 * ours that each becomes: there the four pixels of a channel lie side by side, here all channels of a pixel
 * (see `packPixels`). Channels from `first` to `first + count` are packed.
 */
function packedOrder(channels: number, first: number, count: number): number[] {
  const perPixel = count / pixelsPerCell;
  return Array.from({ length: channels }, (_, channel) => {
    const packed = channel - first;
    if (packed < 0 || packed >= count) return channel;
    return first + (packed % pixelsPerCell) * perPixel + Math.floor(packed / pixelsPerCell);
  });
}
