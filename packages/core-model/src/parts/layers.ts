import { add, conv2d, conv2dTranspose, leakyRelu, matMul, relu } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** A network's weights by name. */
export type NamedTensors = Record<string, Tensor>;

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

const leakySlope = 0.1;

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
  ): (x: Tensor4D, weights: NamedTensors) => Tensor4D {
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
          conv2d(x, weights[`${name}.kernel`] as Tensor4D, stride, pad, 'NHWC', dilation),
          weights[`${name}.bias`]!,
        ),
        activation,
      );
  }

  /**
   * 3x3 convolutions one after the other, `<name>0`, `<name>1` and so on. @param channels of each; the last
   * one's are those of the result.
   */
  chain(
    name: string,
    { from, channels, level }: { from: number; channels: readonly number[]; level: number },
  ): (x: Tensor4D, weights: NamedTensors) => Tensor4D {
    const links = channels.map((to, index) =>
      this.convolution(`${name}${index}`, { from: index === 0 ? from : channels[index - 1]!, to, level }),
    );
    return (x, weights) => links.reduce((feature, link) => link(feature, weights), x);
  }

  /**
   * A transposed convolution of stride 2 with bias, 4x4 unless told otherwise: twice the height and width.
   */
  upscaling(
    name: string,
    options: LayerOptions & { kernelSize?: 3 | 4 },
  ): (x: Tensor4D, weights: NamedTensors) => Tensor4D {
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
        weights[`${name}.kernel`] as Tensor4D,
        [batch, 2 * height, 2 * width, to],
        2,
        pad,
      );
      return activate(add(upscaled, weights[`${name}.bias`]!), activation);
    };
  }

  /** A fully connected layer with bias and no activation, `[B, from]` to `[B, to]`. */
  dense(
    name: string,
    options: Omit<LayerOptions, 'level' | 'activation'>,
  ): (x: Tensor2D, weights: NamedTensors) => Tensor2D {
    const { from, to } = options;
    this.#declare(name, [from, to], to, from, from * to, { ...options, level: null });
    return (x, weights) => add(matMul(x, weights[`${name}.kernel`] as Tensor2D), weights[`${name}.bias`]!);
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
      parameters: kernelShape.reduce((product, size) => product * size, 1) + to,
      multiplyAddsPerOutputPixel,
      outputChannels: to,
    });
  }
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
