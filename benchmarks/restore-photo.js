/**
 * Restores one photograph with `createRestorer`, once for every line on standard input; see `startPeer`. The
 * frames are left in the results file as float32 [frames, height, width, 3].
 *
 *   node restore-photo.js --weights W.safetensors --inputs I.safetensors --results R.bin \
 *     --frames 7 --threads N --precision float32|int8
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { readSafetensors } from '@unblur/core-model';
import { createRestorer } from '@unblur/inference';

const warmUpRuns = 2;

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: { weights: text, inputs: text, results: text, frames: text, threads: text, precision: text },
});
const {
  shape: [, height, width],
  values: data,
} = readSafetensors(readFileSync(options.inputs)).tensors.blurred;
const photo = { width, height, data };

const start = performance.now();
const restorer = await createRestorer({
  weights: readFileSync(options.weights),
  threads: Number(options.threads),
  frames: Number(options.frames),
  precision: options.precision,
  scale: 1,
});
const { frames } = await restorer.restore(photo);
const firstMilliseconds = performance.now() - start;
writeFileSync(
  options.results,
  Buffer.concat(
    frames.map((frame) => Buffer.from(frame.data.buffer, frame.data.byteOffset, frame.data.byteLength)),
  ),
);
let runs = 0;
/** Every time another photograph, by one value: of the same one, what frames are made from is known already. */
const restoreAnother = () => {
  data[0] = (runs++ % 2) / 255;
  return restorer.restore(photo);
};
for (let run = 0; run < warmUpRuns; run++) await restoreAnother();
console.log(JSON.stringify({ firstMilliseconds }));
for await (const _ of createInterface({ input: process.stdin })) {
  const runStart = performance.now();
  await restoreAnother();
  console.log(JSON.stringify({ milliseconds: performance.now() - runStart }));
}
await restorer.release();
