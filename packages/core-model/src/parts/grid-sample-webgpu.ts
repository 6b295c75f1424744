import { registerKernel, util } from '@tensorflow/tfjs-core';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { SamplePadding } from './sample-padding.js';

interface WebGpuProgram {
  variableNames: string[];
  outputShape: number[];
  dispatchLayout: { x: number[] };
  dispatch: [number, number, number];
  workgroupSize: [number, number, number];
  shaderKey: string;
  size: boolean;
  getUserCode(): string;
}

/** The part of the TensorFlow.js `webgpu` backend that this kernel touches. */
interface WebGpuBackend extends KernelBackend {
  runWebGPUProgram(program: WebGpuProgram, inputs: TensorInfo[], dtype: 'float32'): TensorInfo;
}

const workgroupInvocations = 64;
/** What every WebGPU device allows in one dimension; a larger grid is laid out in two. */
const mostWorkgroups = 65535;

/**
 * Registers `GridSample` for the TensorFlow.js `webgpu` backend: one shader, one output value per invocation.
 */
export function registerWebGpuGridSample(): void {
  registerKernel({
    kernelName: 'GridSample',
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { image, coordinates } = inputs as { image: TensorInfo; coordinates: TensorInfo };
      const padding = attrs!['padding'] as SamplePadding;
      const outputShape = [...coordinates.shape.slice(0, 3), image.shape[3]!];
      const program: WebGpuProgram = {
        variableNames: ['image', 'coordinates'],
        outputShape,
        dispatchLayout: { x: [0, 1, 2, 3] },
        dispatch: workgroupGrid(util.sizeFromShape(outputShape)),
        workgroupSize: [workgroupInvocations, 1, 1],
        shaderKey: `gridSample_${padding}`,
        size: true,
        getUserCode: () => shader(padding),
      };
      return (backend as WebGpuBackend).runWebGPUProgram(program, [image, coordinates], 'float32');
    },
  });
}

function workgroupGrid(invocations: number): [number, number, number] {
  const workgroups = Math.ceil(invocations / workgroupInvocations);
  const columns = workgroups <= mostWorkgroups ? workgroups : Math.ceil(Math.sqrt(workgroups));
  return [columns, Math.ceil(workgroups / columns), 1];
}

const readers: Record<SamplePadding, string> = {
  border: `
  fn pixelAt(batch : i32, row : i32, column : i32, channel : i32) -> f32 {
    return getImage(batch, clamp(row, 0, uniforms.imageShape[1] - 1), clamp(column, 0, uniforms.imageShape[2] - 1), channel);
  }`,
  zeros: `
  fn pixelAt(batch : i32, row : i32, column : i32, channel : i32) -> f32 {
    if (row < 0 || row >= uniforms.imageShape[1] || column < 0 || column >= uniforms.imageShape[2]) {
      return 0.0;
    }
    return getImage(batch, row, column, channel);
  }`,
};

const shader = (padding: SamplePadding) => `${readers[padding]}
  fn main(index : i32) {
    if (index < uniforms.size) {
      let at = getCoordsFromIndex(index);
      let place = vec2<f32>(getCoordinates(at[0], at[1], at[2], 0), getCoordinates(at[0], at[1], at[2], 1));
      let corner = floor(place);
      let fraction = place - corner;
      let near = vec2<i32>(corner);
      let upper = mix(pixelAt(at[0], near.y, near.x, at[3]), pixelAt(at[0], near.y, near.x + 1, at[3]), fraction.x);
      let lower = mix(pixelAt(at[0], near.y + 1, near.x, at[3]), pixelAt(at[0], near.y + 1, near.x + 1, at[3]), fraction.x);
      setOutputAtIndex(index, mix(upper, lower, fraction.y));
    }
  }
`;
