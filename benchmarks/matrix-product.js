/**
 * The product of two square matrices on ONNX Runtime, once for every line on standard input; see `startPeer`.
 *
 *   node matrix-product.js --size 2048 --threads N
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { matMul } from '@tensorflow/tfjs-core';
import { trace } from '@unblur/onnx';
import { createSession } from '@unblur/onnx/node';

const warmUpRuns = 2;

const text = { type: 'string' };
const { values: options } = parseArgs({ options: { size: text, threads: text } });
const size = Number(options.size);
const graph = trace(({ a, b }) => ({ product: matMul(a, b) }), {
  a: { shape: [size, size] },
  b: { shape: [size, size] },
});
const session = await createSession(graph, { threads: Number(options.threads), outputSets: 1 });
const matrix = Float32Array.from({ length: size * size }, (_, index) => Math.sin(index));
const run = () => session.run({ a: matrix, b: matrix });
for (let warmUp = 0; warmUp < warmUpRuns; warmUp++) await run();
console.log(JSON.stringify({}));
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await run();
  console.log(JSON.stringify({ milliseconds: performance.now() - start }));
}
await session.release();
