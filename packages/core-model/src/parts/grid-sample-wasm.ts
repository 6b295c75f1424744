import { registerKernel } from '@tensorflow/tfjs-core';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { SamplePadding } from './sample-padding.js';

/** The part of the TensorFlow.js `wasm` backend that this kernel touches. */
interface WasmBackend extends KernelBackend {
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
  /**
   * The tensor's values where they lie on the WebAssembly heap. A new tensor may move the heap: ask after
   * making it.
   */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
}

/**
 * Registers `GridSample` for the TensorFlow.js `wasm` backend. It reads and writes the WebAssembly heap in
 * place.
 */
export function registerWasmGridSample(): void {
  registerKernel({
    kernelName: 'GridSample',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { image, coordinates } = inputs as { image: TensorInfo; coordinates: TensorInfo };
      const wasm = backend as WasmBackend;
      const output = wasm.makeOutput([...coordinates.shape.slice(0, 3), image.shape[3]!], 'float32');
      const [pixels, places, out] = [image, coordinates, output].map((tensor) =>
        wasm.typedArrayFromHeap(tensor),
      ) as [Float32Array, Float32Array, Float32Array];
      if (attrs!['padding'] === ('border' satisfies SamplePadding)) {
        sampleRepeatingEdges(pixels, image.shape, places, out);
      } else {
        sampleWithinZeros(pixels, image.shape, places, out);
      }
      return output;
    },
  });
}

/** Every place lies among four pixels once it is clamped to the image: one blend of four rows of channels. */
function sampleRepeatingEdges(
  pixels: Float32Array,
  [batch, height, width, channels]: number[],
  places: Float32Array,
  out: Float32Array,
): void {
  const [lastColumn, lastRow, imageSize] = [width! - 1, height! - 1, height! * width! * channels!];
  const placesPerImage = places.length / 2 / batch!;
  let to = 0;
  for (let place = 0; place < places.length / 2; place++) {
    const image = Math.floor(place / placesPerImage) * imageSize;
    const x = Math.min(Math.max(places[2 * place]!, 0), lastColumn);
    const y = Math.min(Math.max(places[2 * place + 1]!, 0), lastRow);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [fractionX, fractionY] = [x - left, y - top];
    const [upper, lower] = [
      image + top * width! * channels!,
      image + Math.min(top + 1, lastRow) * width! * channels!,
    ];
    const [before, after] = [left * channels!, Math.min(left + 1, lastColumn) * channels!];
    blend(
      pixels,
      out,
      to,
      channels!,
      upper + before,
      upper + after,
      lower + before,
      lower + after,
      fractionX,
      fractionY,
    );
    to += channels!;
  }
}

function blend(
  pixels: Float32Array,
  out: Float32Array,
  to: number,
  channels: number,
  a: number,
  b: number,
  c: number,
  d: number,
  fractionX: number,
  fractionY: number,
): void {
  const [weightA, weightB] = [(1 - fractionX) * (1 - fractionY), fractionX * (1 - fractionY)];
  const [weightC, weightD] = [(1 - fractionX) * fractionY, fractionX * fractionY];
  for (let channel = 0; channel < channels; channel++) {
    out[to + channel] =
      weightA * pixels[a + channel]! +
      weightB * pixels[b + channel]! +
      weightC * pixels[c + channel]! +
      weightD * pixels[d + channel]!;
  }
}

/** Neighbours outside the image count as zero. */
function sampleWithinZeros(
  pixels: Float32Array,
  [batch, height, width, channels]: number[],
  places: Float32Array,
  out: Float32Array,
): void {
  const placesPerImage = places.length / 2 / batch!;
  out.fill(0);
  for (let place = 0; place < places.length / 2; place++) {
    const image = Math.floor(place / placesPerImage);
    const [x, y] = [places[2 * place]!, places[2 * place + 1]!];
    for (const row of [Math.floor(y), Math.floor(y) + 1]) {
      for (const column of [Math.floor(x), Math.floor(x) + 1]) {
        if (!(column >= 0 && column < width! && row >= 0 && row < height!)) continue;
        const weight = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
        const from = ((image * height! + row) * width! + column) * channels!;
        for (let channel = 0; channel < channels!; channel++) {
          out[place * channels! + channel]! += weight * pixels[from + channel]!;
        }
      }
    }
  }
}
