import type { WeightValues } from '../weights/initial-weights.js';
import { expectFit } from '../weights/network-file.js';
import { torchShape, weightFromTorch } from '../weights/torch-weights.js';
import { videoDeblurPresets } from './video-deblur-config.js';
import { videoDeblurFamily } from './video-deblur-network.js';

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
  return Object.entries(videoDeblurFamily.shapesOf(videoDeblurPresets.paper))
    .sort(([a], [b]) => sectionOf(a) - sectionOf(b))
    .map(([name, shape]) => ({
      key: keyOf(name),
      shape: torchShape(shape),
      transposed: /\.upscale(-flow|-feature)?\.kernel$/.test(name),
      name,
    }));
}

/**
 * The published checkpoint as weights of the `paper` preset.
 *
 * @param parameters the `state_dict`: values in C order. A prefix `module.` of every name, which PyTorch's
 * DataParallel adds, is taken off.
 * @throws with the names and shapes that differ from the published network's, or the first value that is not
 * finite.
 */
export function fromPublishedCheckpoint(parameters: WeightValues): WeightValues {
  const published = publishedParameters();
  const received = Object.fromEntries(
    Object.entries(parameters).map(([key, parameter]) => [key.replace(/^module\./, ''), parameter]),
  );
  expectFit(
    received,
    Object.fromEntries(published.map(({ key, shape }) => [key, shape])),
    'the parameters of the published CDVD-TSP network',
  );
  const shapes = videoDeblurFamily.shapesOf(videoDeblurPresets.paper);
  return Object.fromEntries(
    published.map(({ key, name }) => [name, weightFromTorch(received[key]!.values, shapes[name]!)]),
  );
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
