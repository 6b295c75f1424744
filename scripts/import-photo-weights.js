/**
 * `node scripts/import-photo-weights.js <state-dict.safetensors> <out.safetensors> [key=value ...]`: weights
 * of the photo network as the PyTorch trainer has them, arranged as this project has them and rounded to
 * float16. Every `key=value` goes into the file's header.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { buildIfStale } from './build.js';

const [source, target, ...entries] = process.argv.slice(2);
if (!source || !target || entries.some((entry) => !entry.includes('='))) {
  console.error(
    'Usage: node scripts/import-photo-weights.js <state-dict.safetensors> <out.safetensors> [key=value ...]',
  );
  process.exit(2);
}
buildIfStale(console.error);
const { photoFamily, readTorchPhotoWeights } = await import('@unblur/core-model');
const { config, values } = readTorchPhotoWeights(new Uint8Array(readFileSync(source)));
const metadata = Object.fromEntries(
  entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
);
const bytes = photoFamily.writeWeights(values, config, { dtype: 'float16', metadata });
writeFileSync(`${target}.partial`, bytes);
renameSync(`${target}.partial`, target);
console.log(`${target}: ${Object.keys(values).length} tensors, ${(bytes.length / 1e6).toFixed(1)} MB`);
