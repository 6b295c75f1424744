/** The shape of a weight here, `[kh, kw, in, out]` for kernels, as PyTorch has it: `[out, in, kh, kw]`. */
export function torchShape(shape: readonly number[]): number[] {
  const [height, width, inputs, outputs] = shape;
  return shape.length === 4 ? [outputs!, inputs!, height!, width!] : [...shape];
}

/**
 * A weight of PyTorch, a kernel `[out, in, kh, kw]` or a bias `[out]`, with its axes as they are here. A
 * transposed convolution's kernel is `[in, out, kh, kw]` there and `[kh, kw, out, in]` here, which is the
 * same change of axes.
 *
 * @param shape of the weight here.
 */
export function weightFromTorch(
  values: Float32Array,
  shape: readonly number[],
): { shape: number[]; values: Float32Array } {
  const [height, width, inputs, outputs] = shape.length === 4 ? shape : [1, 1, 1, shape[0]];
  const taps = height! * width!;
  const arranged = new Float32Array(values.length);
  for (let output = 0; output < outputs!; output++) {
    for (let input = 0; input < inputs!; input++) {
      for (let tap = 0; tap < taps; tap++) {
        arranged[(tap * inputs! + input) * outputs! + output] =
          values[(output * inputs! + input) * taps + tap]!;
      }
    }
  }
  return { shape: [...shape], values: arranged };
}
