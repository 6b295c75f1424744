import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { writeAtomically } from '@unblur/files';
import { printJson, printLine } from '../terminal.js';
import { readWeightsFile } from '../weights-choice.js';

interface ImportOptions {
  out?: string;
  float16?: boolean;
  json?: boolean;
}

/** `unblur import`: weights that others trained, as a file of ours. */
export function defineImport(program: Command): void {
  const command = program
    .command('import')
    .description('turn weights that others published into a .safetensors file')
    .helpCommand(false);
  command
    .command('cdvd-tsp')
    .description('the video-deblurring checkpoint of Pan, Bai and Tang 2020; nothing in it is executed')
    .argument('<checkpoint.pt>', 'a PyTorch checkpoint')
    .option('--out <file>', 'the file to write (default: <name of the checkpoint>.safetensors)')
    .option('--float16', 'half the size; values are rounded')
    .option('--json', 'print JSON for programs')
    .action(importVideoDeblur);
}

async function importVideoDeblur(
  checkpoint: string,
  { out, float16 = false, json = false }: ImportOptions,
): Promise<void> {
  const { fromPublishedCheckpoint, videoDeblurFamily, videoDeblurPresets } =
    await import('@unblur/core-model');
  const { readTorchCheckpoint } = await import('../checkpoint/torch-checkpoint.js');
  const bytes = await readWeightsFile(checkpoint);
  const parameters = explainRefusal(checkpoint, () => readTorchCheckpoint(bytes));
  const weights = fromPublishedCheckpoint(parameters);
  const file = out ?? `${basename(checkpoint, extname(checkpoint))}.safetensors`;
  const written = videoDeblurFamily.writeWeights(weights, videoDeblurPresets.paper, {
    dtype: float16 ? 'float16' : 'float32',
    metadata: { source: 'CDVD-TSP checkpoint (Pan, Bai and Tang 2020)' },
  });
  await writeAtomically(file, written);
  const tensors = Object.keys(weights).length;
  if (json) {
    printJson({ file, tensors, bytes: written.length });
  } else {
    printLine(
      `${checkpoint} -> ${file}: ${tensors} tensors, ${(written.length / 1e6).toFixed(1)} MB; use it with: unblur video <clip> --weights ${file}`,
    );
  }
}

function explainRefusal<T>(checkpoint: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(
      `Expected a PyTorch checkpoint of tensors, but ${checkpoint} is none: ${(cause as Error).message}. Nothing in it was executed.`,
      { cause },
    );
  }
}
