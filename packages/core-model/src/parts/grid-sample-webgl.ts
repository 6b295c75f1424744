import { registerKernel } from '@tensorflow/tfjs-core';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { SamplePadding } from './sample-padding.js';

/** The part of the TensorFlow.js `webgl` backend that this kernel touches. */
interface WebGlBackend extends KernelBackend {
  runWebGLProgram(
    program: { variableNames: string[]; outputShape: number[]; userCode: string },
    inputs: TensorInfo[],
    dtype: 'float32',
  ): TensorInfo;
}

/**
 * Registers `GridSample` for the TensorFlow.js `webgl` backend: one shader, one output value per invocation.
 */
export function registerWebGlGridSample(): void {
  registerKernel({
    kernelName: 'GridSample',
    backendName: 'webgl',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { image, coordinates } = inputs as { image: TensorInfo; coordinates: TensorInfo };
      const [, height, width, channels] = image.shape as [number, number, number, number];
      const program = {
        variableNames: ['image', 'coordinates'],
        outputShape: [...coordinates.shape.slice(0, 3), channels],
        userCode:
          attrs!['padding'] === ('border' satisfies SamplePadding)
            ? edgeRepeatingShader(height, width)
            : zeroPaddedShader(height, width),
      };
      return (backend as WebGlBackend).runWebGLProgram(program, [image, coordinates], 'float32');
    },
  });
}

const edgeRepeatingShader = (height: number, width: number) => `
  void main() {
    ivec4 at = getOutputCoords();
    vec2 last = vec2(${width - 1}.0, ${height - 1}.0);
    vec2 place = clamp(vec2(getCoordinates(at.x, at.y, at.z, 0), getCoordinates(at.x, at.y, at.z, 1)), vec2(0.0), last);
    vec2 corner = floor(place);
    vec2 fraction = place - corner;
    ivec2 near = ivec2(corner);
    ivec2 far = ivec2(min(corner + 1.0, last));
    float upper = mix(getImage(at.x, near.y, near.x, at.w), getImage(at.x, near.y, far.x, at.w), fraction.x);
    float lower = mix(getImage(at.x, far.y, near.x, at.w), getImage(at.x, far.y, far.x, at.w), fraction.x);
    setOutput(mix(upper, lower, fraction.y));
  }
`;

const zeroPaddedShader = (height: number, width: number) => `
  float read(int batch, int row, int column, int channel) {
    bool inside = row >= 0 && row < ${height} && column >= 0 && column < ${width};
    return inside ? getImage(batch, row, column, channel) : 0.0;
  }
  void main() {
    ivec4 at = getOutputCoords();
    vec2 place = vec2(getCoordinates(at.x, at.y, at.z, 0), getCoordinates(at.x, at.y, at.z, 1));
    vec2 corner = floor(place);
    vec2 fraction = place - corner;
    ivec2 near = ivec2(corner);
    float upper = mix(read(at.x, near.y, near.x, at.w), read(at.x, near.y, near.x + 1, at.w), fraction.x);
    float lower = mix(read(at.x, near.y + 1, near.x, at.w), read(at.x, near.y + 1, near.x + 1, at.w), fraction.x);
    setOutput(mix(upper, lower, fraction.y));
  }
`;
