import type { WeightValues } from '../weights/initial-weights.js';
import { videoDeblurPresets } from './video-config.js';
import { videoDeblurFamily } from './video-network.js';

/** The published checkpoint's names of pyramid levels and dense layers. */
const ordinals = ['One', 'Two', 'Thr', 'Fou', 'Fiv', 'Six'];

/**
 * One parameter of the published PyTorch checkpoint (github.com/csbhr/CDVD-TSP), and the weight of this
 * package that it becomes.
 */
export interface PublishedParameter {
  /** Its name in the `state_dict`. */
  key: string;
  /** Its shape there: convolutions `[out, in, kh, kw]`, transposed ones `[in, out, kh, kw]`. */
  shape: number[];
  /** Whether it is the kernel of a transposed convolution. */
  transposed: boolean;
  /** Its name here. */
  name: string;
}

/**
 * All parameters of the published network in the order of its `state_dict`, which has the flow decoders from
 * fine to coarse.
 */
export function publishedParameters(): PublishedParameter[] {
  const sections = [
    'flow.pyramid',
    ...ordinals.map((_, index) => `flow.level${index + 1}`),
    'flow.refiner',
    'reconstruction',
  ];
  const sectionOf = (name: string) => sections.findIndex((section) => name.startsWith(section));
  return Object.entries(videoDeblurFamily.declare(videoDeblurPresets.paper).weights)
    .sort(([a], [b]) => sectionOf(a) - sectionOf(b))
    .map(([name, { shape }]) => ({
      key: keyOf(name),
      // Kernels here are [kh, kw, in, out], transposed ones [kh, kw, out, in]: both become the last axes
      // first.
      shape: shape.length === 4 ? [shape[3]!, shape[2]!, shape[0]!, shape[1]!] : shape,
      transposed: /\.upscale(-flow|-feature)?\.kernel$/.test(name),
      name,
    }));
}

/**
 * The published checkpoint as weights of the `paper` preset.
 *
 * @param parameters the `state_dict`: values in C order. A prefix `module.` of every name, which PyTorch's
 * DataParallel adds, is taken off.
 * @throws with the names and shapes that differ from the published network's.
 */
export function fromPublishedCheckpoint(parameters: WeightValues): WeightValues {
  const received = new Map(
    Object.entries(parameters).map(([key, parameter]) => [key.replace(/^module\./, ''), parameter]),
  );
  const differences: string[] = [];
  const weights: WeightValues = {};
  for (const { key, shape, name } of publishedParameters()) {
    const parameter = received.get(key);
    received.delete(key);
    if (!parameter) {
      differences.push(`'${key}' [${shape}] is missing`);
    } else if (parameter.shape.join() !== shape.join()) {
      differences.push(`'${key}' is [${parameter.shape}], not [${shape}]`);
    } else {
      weights[name] =
        shape.length === 4 ? kernelFromTorch(parameter.values, shape) : { shape, values: parameter.values };
    }
  }
  for (const [key, { shape }] of received) differences.push(`'${key}' [${shape}] is not part of the network`);
  if (differences.length > 0) {
    const more = differences.length > 5 ? `; and ${differences.length - 5} more` : '';
    throw new Error(
      `Expected the parameters of the published CDVD-TSP network but received others: ${differences.slice(0, 5).join('; ')}${more}.`,
    );
  }
  return weights;
}

/** `[a, b, kh, kw]` to `[kh, kw, b, a]`. */
function kernelFromTorch(
  values: Float32Array,
  [outer, inner, height, width]: number[],
): { shape: number[]; values: Float32Array } {
  const area = height! * width!;
  const kernel = new Float32Array(values.length);
  for (let a = 0; a < outer!; a++) {
    for (let b = 0; b < inner!; b++) {
      for (let place = 0; place < area; place++) {
        kernel[(place * inner! + b) * outer! + a] = values[(a * inner! + b) * area + place]!;
      }
    }
  }
  return { shape: [height!, width!, inner!, outer!], values: kernel };
}

function keyOf(name: string): string {
  const kind = name.endsWith('.kernel') ? 'weight' : 'bias';
  return `${layerKeyOf(name.slice(0, name.lastIndexOf('.')))}.${kind}`;
}

/** The layers' names there, by the patterns of their names here. */
const layerKeys: [RegExp, (...parts: string[]) => string][] = [
  [
    /^flow\.pyramid\.level(\d)\.convolution(\d)$/,
    (level, position) =>
      `flow_net.moduleNetwork.moduleExtractor.module${ordinals[+level! - 1]}.${2 * +position!}`,
  ],
  [
    /^flow\.level(\d)\.upscale-flow$/,
    (level) => `flow_net.moduleNetwork.module${ordinals[+level! - 1]}.moduleUpflow`,
  ],
  [
    /^flow\.level(\d)\.upscale-feature$/,
    (level) => `flow_net.moduleNetwork.module${ordinals[+level! - 1]}.moduleUpfeat`,
  ],
  [
    /^flow\.level(\d)\.dense(\d)$/,
    (level, index) => `flow_net.moduleNetwork.module${ordinals[+level! - 1]}.module${ordinals[+index!]}.0`,
  ],
  [/^flow\.level(\d)\.flow$/, (level) => `flow_net.moduleNetwork.module${ordinals[+level! - 1]}.moduleSix.0`],
  [
    /^flow\.refiner\.convolution(\d)$/,
    (index) => `flow_net.moduleNetwork.moduleRefiner.moduleMain.${2 * +index!}`,
  ],
  [/^flow\.refiner\.flow$/, () => 'flow_net.moduleNetwork.moduleRefiner.moduleMain.12'],
  [
    /^reconstruction\.encoder(\d)\.enter$/,
    (scale) => `recons_net.${['inBlock', 'encoder_first', 'encoder_second'][+scale!]}.0.0`,
  ],
  [
    /^reconstruction\.encoder(\d)\.block(\d)\.(\w+)$/,
    (scale, block, part) =>
      `recons_net.${['inBlock', 'encoder_first', 'encoder_second'][+scale!]}.${+block! + 1}.${convolutionOf(part!)}`,
  ],
  [
    /^reconstruction\.decoder(\d)\.block(\d)\.(\w+)$/,
    (scale, block, part) =>
      `recons_net.${['outBlock', 'decoder_first', 'decoder_second'][+scale!]}.${block}.${convolutionOf(part!)}`,
  ],
  [
    /^reconstruction\.decoder(\d)\.upscale$/,
    (scale) => `recons_net.${['outBlock', 'decoder_first', 'decoder_second'][+scale!]}.3.0`,
  ],
  [/^reconstruction\.decoder0\.image$/, () => 'recons_net.outBlock.3'],
];

const convolutionOf = (part: string) => (part === 'first' ? 'conv1' : 'conv2');

function layerKeyOf(layer: string): string {
  for (const [pattern, toKey] of layerKeys) {
    const match = pattern.exec(layer);
    if (match) return toKey(...match.slice(1));
  }
  throw new Error(`Expected a layer of the published network but received '${layer}'.`);
}
