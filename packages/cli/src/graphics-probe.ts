import { measureConvolution } from './convolution-speed.js';

/** What `unblur doctor` finds out of ONNX Runtime on a graphics device. */
export type GraphicsProbe = { convolutionGflops: number } | { failure: string };

// A program of its own, which sends a GraphicsProbe to the one that started it.
const { graphicsFailure } = await import('@unblur/onnx/node');
const failure = await graphicsFailure();
const probe: GraphicsProbe =
  failure === undefined ? { convolutionGflops: await measureConvolution('webgpu') } : { failure };
process.send!(probe);
