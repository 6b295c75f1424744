import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { writeAtomically } from '@unblur/files';
import { addOverwriteOption, expectNewFile } from '../new-file.js';
import { placeOnDisk } from '../standard-streams.js';
import { printJson, printLine } from '../terminal.js';
import { readWeightsFile } from '../weights-choice.js';

interface ImportOptions {
  out?: string;
  float16?: boolean;
  overwrite: boolean;
  json?: boolean;
}

/** `unblur import`: weights that others trained, as a file of ours. */
export function defineImport(program: Command): void {
  const command = program
    .command('import')
    .description('convert published weights to a .safetensors file')
    .helpCommand(false);
  const published = command
    .command('cdvd-tsp')
    .description('the video-deblurring checkpoint of Pan, Bai and Tang 2020; nothing in it is executed')
    .argument('<checkpoint.pt>', 'a PyTorch checkpoint')
    .option('--out <file>', 'the file to write (default: <name of the checkpoint>.safetensors)', placeOnDisk)
    .option('--float16', 'half the size; values are rounded')
    .option('--json', 'print JSON for programs')
    .action(importVideoDeblur);
  addOverwriteOption(published);
}

async function importVideoDeblur(
  checkpoint: string,
  { out, float16 = false, overwrite, json = false }: ImportOptions,
): Promise<void> {
  const file = out ?? `${basename(checkpoint, extname(checkpoint))}.safetensors`;
  expectNewFile(file, overwrite);
  const { importVideoWeights } = await import('../checkpoint/published-video-weights.js');
  const bytes = await readWeightsFile(checkpoint);
  const { written, tensors } = importVideoWeights(bytes, checkpoint, float16 ? 'float16' : 'float32');
  await writeAtomically(file, written);
  if (json) {
    printJson({ file, tensors, bytes: written.length });
  } else {
    printLine(
      `${checkpoint} -> ${file}: ${tensors} tensors, ${(written.length / 1e6).toFixed(1)} MB; use it with: unblur video <clip> --weights ${file}`,
    );
  }
}
