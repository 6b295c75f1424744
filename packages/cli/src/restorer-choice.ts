import type { EngineName, Precision, Restorer, WorkingScale } from '@unblur/inference';
import { Option, type Command } from 'commander';
import { realNumber } from './numbers.js';
import { addRunOptions, type RunOptions } from './run-options.js';
import { noteSlowRuntime } from './slow-runtime-note.js';
import {
  addWeightsOptions,
  openNaming,
  readChosenWeights,
  type ChosenWeights,
  type WeightsOptions,
} from './weights-choice.js';

/** What a command line says about how photographs are restored. */
export interface RestorerOptions extends WeightsOptions, RunOptions {
  engine: EngineName;
  precision: Precision;
  /** With the mirror image. */
  mirrored?: boolean;
  scale: keyof typeof scales;
  /** GiB. */
  memory?: number;
}

export interface ChosenRestorer {
  weights: ChosenWeights;
  restorer: Restorer;
}

/** By what the command line calls them. */
const scales = { auto: 'auto', '1': 1, '1/2': 1 / 2, '1/4': 1 / 4, '1/8': 1 / 8 } as const satisfies Record<
  string,
  'auto' | WorkingScale
>;

/** How to call a working scale in results: `1/2`. */
export function scaleName(scale: WorkingScale): string {
  return Object.entries(scales).find(([, value]) => value === scale)![0];
}

/**
 * Adds `--threads`, `--json`, `--precision`, `--weights`, `--engine`, `--mirrored`, `--scale` and `--memory` to a
 * command.
 */
export function addRestorerOptions(command: Command): Command {
  return addWeightsOptions(addRunOptions(command))
    .addOption(
      new Option(
        '--engine <name>',
        'engine to compute with; onnxruntime-webgpu computes on a graphics device, in float32; tfjs-tensorflow needs the package @tensorflow/tfjs-node or -gpu, tfjs-cpu is very slow',
      )
        .choices(['onnxruntime', 'onnxruntime-webgpu', 'tfjs-tensorflow', 'tfjs-cpu'] satisfies EngineName[])
        .default('onnxruntime'),
    )
    .option('--mirrored', 'average each photograph with a mirrored pass: slightly better, twice the time')
    .addOption(
      new Option(
        '--scale <fraction>',
        'size to work at: a smaller one follows longer blur; auto chooses the largest that suits the blur; where the blur is long, it restores at half that size too and averages both',
      )
        .choices(['auto', '1', '1/2', '1/4', '1/8'] satisfies (keyof typeof scales)[])
        .default('auto'),
    )
    .option(
      '--memory <GiB>',
      'work in tiles and in several passes if the network and its frames would need more memory than this, 0.2 to 1024 (default: 1)',
      realNumber(0.2, 1024),
    );
}

/**
 * Makes the restorer that the options describe, of the default weights where they name none.
 *
 * @param frames how many frames to restore. Default: what the network usually gives.
 * @throws Error that says what there is when they name nothing that exists.
 */
export async function openChosenRestorer(options: RestorerOptions, frames?: number): Promise<ChosenRestorer> {
  const weights = await readChosenWeights(options);
  if (options.engine === 'onnxruntime') await noteSlowRuntime();
  const { createRestorer } = await import('@unblur/inference');
  const { engine, threads, precision, mirrored, memory } = options;
  return {
    weights,
    restorer: await openNaming(weights.name, () =>
      createRestorer({
        weights: weights.bytes,
        engine,
        threads,
        precision,
        frames,
        mirrored,
        scale: scales[options.scale],
        ...(memory !== undefined && { memoryBudgetBytes: memory * 2 ** 30 }),
      }),
    ),
  };
}
