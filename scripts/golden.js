/**
 * `npm run golden -- cdvd-tsp <case.safetensors> [--json] [--engine onnxruntime|wasm] [--no-gradients]`:
 * recomputes a golden case, made with the reference implementation, and prints the largest absolute
 * difference of every tensor that the file names.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfStale } from './build.js';

const usage =
  'Usage: npm run golden -- cdvd-tsp <case.safetensors> [--json] [--engine onnxruntime|wasm] [--no-gradients]';
const systems = ['cdvd-tsp'];
const engines = ['onnxruntime', 'wasm'];

try {
  const { file, json, engine, gradients } = readOptions();
  buildIfStale(console.error);
  const { compareCase } = await import('./golden-comparison.js');
  const tensors = await compareCase(new Uint8Array(readFileSync(file)), { engine, gradients });
  if (json) {
    console.log(JSON.stringify({ tensors }, null, 1));
  } else {
    for (const [name, maxAbs] of Object.entries(tensors)) {
      console.log(`${maxAbs.toExponential(2).padStart(10)}  ${name}`);
    }
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readOptions() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        engine: { type: 'string', default: 'onnxruntime' },
        'no-gradients': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`, { cause: error });
  }
  const { positionals, values } = parsed;
  const [system, path] = positionals;
  if (!systems.includes(system) || path === undefined || positionals.length > 2) {
    throw new Error(`Expected one of ${systems.join(', ')} and a case file.\n${usage}`);
  }
  if (!engines.includes(values.engine)) {
    throw new Error(
      `Expected one of ${engines.join(', ')} for --engine but received '${values.engine}'.\n${usage}`,
    );
  }
  // npm runs scripts in the repository's root; INIT_CWD is where the user stands.
  const file = [resolve(path), resolve(process.env.INIT_CWD ?? '.', path)].find((candidate) =>
    existsSync(candidate),
  );
  if (!file) throw new Error(`Expected a golden case at ${path} but there is no such file.`);
  return { file, json: values.json, engine: values.engine, gradients: !values['no-gradients'] };
}
