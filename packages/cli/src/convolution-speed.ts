import type { Tensor4D } from '@tensorflow/tfjs-core';

/** Width and height of what is measured; the larger one where that takes no time. */
const measuredSizesPixels = [32, 256];
const noTimeSeconds = 1;

/**
 * The best of a few runs of a 3x3 convolution of 64 to 64 channels; on the processor, on all threads.
 *
 * @returns billions of floating-point operations per second.
 */
export async function measureConvolution(device: 'cpu' | 'webgpu'): Promise<number> {
  const tf = await import('@tensorflow/tfjs-core');
  const { trace } = await import('@unblur/onnx');
  const { createSession } = await import('@unblur/onnx/node');
  const channels = 64;
  let gflops = Infinity;
  for (const sizePixels of measuredSizesPixels) {
    const gigaOperations = (2 * 9 * channels ** 2 * sizePixels ** 2) / 1e9;
    if (gigaOperations / gflops > noTimeSeconds) break;
    const graph = trace(
      ({ image }) => ({
        feature: tf.conv2d(image as Tensor4D, tf.fill([3, 3, channels, channels], 0.01), 1, 'same'),
      }),
      { image: { shape: [1, sizePixels, sizePixels, channels] } },
    );
    const session = await createSession(graph, { device });
    const image = new Float32Array(sizePixels * sizePixels * channels).fill(0.5);
    let shortestSeconds = Infinity;
    for (let run = 0; run < 5; run++) {
      const start = performance.now();
      await session.run({ image });
      shortestSeconds = Math.min(shortestSeconds, (performance.now() - start) / 1000);
    }
    await session.release();
    gflops = gigaOperations / shortestSeconds;
  }
  return gflops < 10 ? Math.round(gflops * 10) / 10 : Math.round(gflops);
}
