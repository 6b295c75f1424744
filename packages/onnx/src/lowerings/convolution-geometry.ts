import { backend_util } from '@tensorflow/tfjs-core';

/**
 * Attributes of the convolution kernels. The gradients accept `dilations` too, though TensorFlow.js does not
 * send any.
 */
export interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Sizes of a convolution; heights and paddings before widths. */
export interface ConvolutionGeometry {
  batch: number;
  inputChannels: number;
  outputChannels: number;
  inputSize: [number, number];
  outputSize: [number, number];
  filterSize: [number, number];
  strides: [number, number];
  dilations: [number, number];
  padBefore: [number, number];
  padAfter: [number, number];
}

/**
 * The sizes of a convolution.
 *
 * @param inputShape `[B, H, W, in]`.
 * @param filterShape `[height, width, in, out]`; where it is depthwise, the last is outputs for each input.
 * @throws where its attributes say channels first (NCHW).
 */
export function describeConvolution(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvolutionAttributes,
  isDepthwise = false,
): ConvolutionGeometry {
  const { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode } = attrs;
  if (dataFormat !== 'NHWC') throw new Error(`Expected a convolution in NHWC but received ${dataFormat}`);
  const info = backend_util.computeConv2DInfo(
    inputShape as never,
    filterShape as never,
    strides,
    dilations ?? 1,
    pad as never,
    dimRoundingMode,
    isDepthwise,
  );
  return {
    batch: info.batchSize,
    inputChannels: info.inChannels,
    outputChannels: info.outChannels,
    inputSize: [info.inHeight, info.inWidth],
    outputSize: [info.outHeight, info.outWidth],
    filterSize: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padBefore: [info.padInfo.top, info.padInfo.left],
    padAfter: [info.padInfo.bottom, info.padInfo.right],
  };
}
