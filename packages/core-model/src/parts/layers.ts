import { add, conv2d, conv2dTranspose, leakyRelu, matMul, relu, util } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** A network's weights by name. */
export type NamedTensors = Record<string, Tensor>;

/** A layer, or several in a row: `[B, h, w, C]` to another size or other channels. */
export type Layer = (x: Tensor4D, weights: NamedTensors) => Tensor4D;

/** One of several 3x3 convolutions in a row. */
export interface DilatedLayer {
  channels: number;
  dilation: number;
}

/** The context network of PWC-Net (Sun et al. 2018), which refines what was found at the finest level. */
export const contextNetwork: DilatedLayer[] = [
  { channels: 128, dilation: 1 },
  { channels: 128, dilation: 2 },
  { channels: 128, dilation: 4 },
  { channels: 96, dilation: 8 },
  { channels: 64, dilation: 16 },
  { channels: 32, dilation: 1 },
];

/**
 * How a weight starts: He et al. 2015 for layers followed by a leaky ReLU, or zero for heads that start by
 * predicting nothing.
 */
export type Initialization = 'he' | 'zero';

/** One weight as its layer declares it. */
export interface WeightDeclaration {
  shape: number[];
  initialization: Initialization;
  /** Inputs that one output value sums over. */
  fanIn: number;
}

/** What a layer costs on an image, for `summarize`. */
export interface LayerCost {
  name: string;
  /**
   * The layer's output is 1/2^level of the image in height and width; `null`: its size does not depend on the
   * image.
   */
  level: number | null;
  parameters: number;
  multiplyAddsPerOutputPixel: number;
  outputChannels: number;
}

interface LayerOptions {
  from: number;
  to: number;
  /** Of the output: 1/2^level of the image. */
  level: number;
  activation?: Activation;
  initialization?: Initialization;
  /**
   * What a strided layer sees beyond the edges of an even size. `same` (TensorFlow's): one row or column more
   * at the far side. `symmetric` (PyTorch's `padding = (kernel - 1) / 2`): as much on either side. The same
   * thing where the stride is 1.
   */
  padding?: 'same' | 'symmetric';
}

type Activation = 'leaky-relu' | 'relu' | 'none';

/** Of every leaky ReLU, for values below zero. */
export const leakySlope = 0.1;

/**
 * Collects the layers that a network is made of. Declaring a layer notes its weights and cost, and returns
 * the function that applies it; so shapes are stated once, where the layer is made.
 */
export class LayerDeclarations {
  readonly weights: Record<string, WeightDeclaration> = {};
  readonly costs: LayerCost[] = [];

  /** A convolution with bias that keeps the size, divided by the stride. */
  convolution(
    name: string,
    options: LayerOptions & { kernelSize?: number; stride?: number; dilation?: number },
  ): Layer {
    const {
      from,
      to,
      kernelSize = 3,
      stride = 1,
      dilation = 1,
      activation = 'leaky-relu',
      padding = 'same',
    } = options;
    const pad = padding === 'same' ? 'same' : (dilation * (kernelSize - 1)) / 2;
    this.#declare(
      name,
      [kernelSize, kernelSize, from, to],
      to,
      kernelSize * kernelSize * from,
      kernelSize * kernelSize * from * to,
      options,
    );
    return (x, weights) =>
      activate(
        add(
          conv2d(x, weightOf<Tensor4D>(weights, `${name}.kernel`), stride, pad, 'NHWC', dilation),
          weightOf(weights, `${name}.bias`),
        ),
        activation,
      );
  }

  /** A 3x3 convolution without activation that starts by predicting nothing. */
  head(name: string, options: { from: number; to: number; level: number }): Layer {
    return this.convolution(name, { ...options, activation: 'none', initialization: 'zero' });
  }

  /**
   * 3x3 convolutions one after the other, `<name>0`, `<name>1` and so on; none: the identity.
   *
   * @param chain of each its channels, or these with a dilation; the last one's channels are those of the
   * result.
   */
  chain(
    name: string,
    { from, chain, level }: { from: number; chain: readonly (number | DilatedLayer)[]; level: number },
  ): Layer {
    let channels = from;
    const links = chain.map((link, index) => {
      const { channels: to, dilation } = typeof link === 'number' ? { channels: link, dilation: 1 } : link;
      const layer = this.convolution(`${name}${index}`, { from: channels, to, dilation, level });
      channels = to;
      return layer;
    });
    return (x, weights) => links.reduce((feature, link) => link(feature, weights), x);
  }

  /**
   * Pairs of convolutions, each pair a correction of what it is given (He et al. 2016, without
   * normalization): `<name>.block0.first`, `<name>.block0.second` and so on. They start as the identity:
   * features would otherwise double with each pair.
   */
  residualBlocks(
    name: string,
    options: {
      count: number;
      channels: number;
      level: number;
      kernelSize?: number;
      activation?: Activation;
    },
  ): Layer {
    const { count, channels, level, kernelSize = 3, activation = 'leaky-relu' } = options;
    const shared = { from: channels, to: channels, kernelSize, level };
    const blocks = Array.from({ length: count }, (_, index): Layer => {
      const first = this.convolution(`${name}.block${index}.first`, { ...shared, activation });
      const second = this.convolution(`${name}.block${index}.second`, {
        ...shared,
        activation: 'none',
        initialization: 'zero',
      });
      return (x, weights) => add(x, second(first(x, weights), weights));
    });
    return (x, weights) => blocks.reduce((feature, block) => block(feature, weights), x);
  }

  /**
   * A transposed convolution of stride 2 with bias, 4x4 unless told otherwise: twice the height and width.
   */
  upscaling(name: string, options: LayerOptions & { kernelSize?: 3 | 4 }): Layer {
    const { from, to, kernelSize = 4, activation = 'leaky-relu', padding = 'same' } = options;
    const pad = padding === 'same' ? 'same' : 1;
    const contributions = (kernelSize * kernelSize) / 4;
    this.#declare(
      name,
      [kernelSize, kernelSize, to, from],
      to,
      contributions * from,
      contributions * from * to,
      options,
    );
    return (x, weights) => {
      const [batch, height, width] = x.shape;
      const upscaled = conv2dTranspose(
        x,
        weightOf<Tensor4D>(weights, `${name}.kernel`),
        [batch, 2 * height, 2 * width, to],
        2,
        pad,
      );
      return activate(add(upscaled, weightOf(weights, `${name}.bias`)), activation);
    };
  }

  /** A fully connected layer with bias and no activation, `[B, from]` to `[B, to]`. */
  dense(
    name: string,
    options: Omit<LayerOptions, 'level' | 'activation'>,
  ): (x: Tensor2D, weights: NamedTensors) => Tensor2D {
    const { from, to } = options;
    this.#declare(name, [from, to], to, from, from * to, { ...options, level: null });
    return (x, weights) =>
      add(matMul(x, weightOf<Tensor2D>(weights, `${name}.kernel`)), weightOf(weights, `${name}.bias`));
  }

  #declare(
    name: string,
    kernelShape: number[],
    to: number,
    fanIn: number,
    multiplyAddsPerOutputPixel: number,
    { level, initialization = 'he' }: { level: number | null; initialization?: Initialization },
  ): void {
    if (this.weights[`${name}.kernel`]) {
      throw new Error(`Expected every layer to have its own name but received '${name}' twice.`);
    }
    this.weights[`${name}.kernel`] = { shape: kernelShape, initialization, fanIn };
    this.weights[`${name}.bias`] = { shape: [to], initialization: 'zero', fanIn };
    this.costs.push({
      name,
      level,
      parameters: util.sizeFromShape(kernelShape) + to,
      multiplyAddsPerOutputPixel,
      outputChannels: to,
    });
  }
}

/** @throws where there is none of that name. */
function weightOf<T extends Tensor>(weights: NamedTensors, name: string): T {
  const weight: Tensor | undefined = weights?.[name];
  if (weight === undefined) {
    throw new Error(
      `Expected weights with '${name}', a tensor for each name that the network's \`weights\` declare, but received none of that name; make them of what initialWeights or readWeights gives.`,
    );
  }
  return weight as T;
}

function activate(x: Tensor4D, activation: Activation): Tensor4D {
  switch (activation) {
    case 'leaky-relu':
      return leakyRelu(x, leakySlope);
    case 'relu':
      return relu(x);
    case 'none':
      return x;
  }
}
