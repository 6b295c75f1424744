import { engine, getGradient, registerGradient, unregisterGradient } from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';

/**
 * TensorFlow.js refuses the gradient of a dilated convolution, since its kernels for it know no dilation. The
 * lowerings do; so while `body` runs, such a convolution has a gradient that states its dilation.
 */
export function withDilatedConvolutionGradient(body: () => void): void {
  const original = getGradient('Conv2D');
  if (!original) return body();
  replaceGradient({
    ...original,
    gradFunc: (dy, saved, attrs) =>
      isDilated(attrs)
        ? dilatedGradient(dy as Tensor, saved as [Tensor, Tensor], attrs)
        : original.gradFunc(dy, saved, attrs),
  });
  try {
    body();
  } finally {
    replaceGradient(original);
  }
}

function replaceGradient(config: GradConfig): void {
  unregisterGradient(config.kernelName);
  registerGradient(config);
}

function isDilated({ dilations }: NamedAttrMap): boolean {
  return [dilations].flat().some((dilation) => dilation !== 1);
}

function dilatedGradient(
  dy: Tensor,
  [x, filter]: [Tensor, Tensor],
  attrs: NamedAttrMap,
): Record<string, () => Tensor> {
  const run = (kernelName: string, inputs: Record<string, Tensor>, shape: NamedAttrMap) =>
    engine().runKernel(kernelName, inputs as NamedTensorMap, { ...attrs, ...shape }) as Tensor;
  return {
    x: () => run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
    filter: () => run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape }),
  };
}
