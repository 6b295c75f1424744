import { extname } from 'node:path';
import { writeAtomically } from '@unblur/files';
import type { Precision } from '@unblur/inference';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { addOverwriteOption, expectNewFile } from '../new-file.js';
import { wholeNumber } from '../numbers.js';
import { placeOnDisk } from '../standard-streams.js';
import { printJson, printLine } from '../terminal.js';
import { openNaming, readWeightsOfAnyNetwork, weightsArgument } from '../weights-choice.js';

interface ExportOptions {
  size: ImageSize;
  frames?: number;
  precision: Precision;
  overwrite: boolean;
  json?: boolean;
}

interface ImageSize {
  heightPixels: number;
  widthPixels: number;
}

const largestSidePixels = 16_384;
/** Tables of places in the graph take some 10 bytes a pixel. */
const mostPixels = 1e8;
/** Of a protobuf message. */
const mostFileBytes = 2 ** 31 - 1;

/** `unblur export`: a network that restores, as an ONNX file for other programs. */
export function defineExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a network as an ONNX file, for ONNX Runtime and other programs')
    .addArgument(weightsArgument())
    .argument('<model.onnx>', 'the file to write', placeOnDisk)
    .requiredOption(
      '--size <HxW>',
      'height and width, in pixels, of the images that the file is for, such as 480x640; one file serves one size',
      imageSize,
    )
    .option(
      '--frames <n>',
      'how many frames to restore from a photograph, 1 to 1001, evenly spaced over the exposure; 1 is its middle (default: 7, or those of the network)',
      wholeNumber(1, 1001),
    )
    .addOption(
      new Option(
        '--precision <numbers>',
        'number format to compute in: with calibrated weights, int8 halves the size and is about 1.6 times as fast on processors; restore and video use it',
      )
        .choices(['float32', 'int8'] satisfies Precision[])
        .default('float32' satisfies Precision),
    )
    .option('--json', 'print JSON for programs')
    .action(exportRestoration);
  addOverwriteOption(command);
}

async function exportRestoration(
  weights: string,
  file: string,
  { size, frames, precision, overwrite, json = false }: ExportOptions,
): Promise<void> {
  if (extname(file) !== '.onnx') {
    throw new Error(`Expected a file that ends in .onnx to write the network to, but received ${file}.`);
  }
  expectNewFile(file, overwrite);
  const { bytes } = await readWeightsOfAnyNetwork(weights);
  const { traceRestoration } = await import('@unblur/inference');
  const graph = await openNaming(weights, () => traceRestoration(bytes, { ...size, frames, precision }));
  if (graph.bytes.length > mostFileBytes) {
    throw new Error(
      `The file would take ${(graph.bytes.length / 1e9).toFixed(1)} GB, more than an ONNX file may (2.1 GB); export for a smaller size and cut larger images into tiles.`,
    );
  }
  await writeAtomically(file, graph.bytes);
  const { network, inputs, outputs, times } = graph;
  if (json) return printJson({ file, network, inputs, outputs, times, bytes: graph.bytes.length });
  printLine(
    `${weights} -> ${file}: the ${network} network for images of height ${size.heightPixels} and width ${size.widthPixels}, ${(graph.bytes.length / 1e6).toFixed(1)} MB`,
  );
  for (const [role, tensors] of [
    ['takes', inputs],
    ['gives', outputs],
  ] as const) {
    for (const [name, { shape, meaning }] of Object.entries(tensors)) {
      printLine(`  ${role} ${name}: float32 [${shape.join(', ')}], ${meaning}`);
    }
  }
}

/** A parser of `480x640`: height, then width. */
function imageSize(text: string): ImageSize {
  if (text === 'dynamic') {
    throw new InvalidArgumentError(
      'Expected one height and width, such as 480x640: a file serves one size, which its shapes and coordinate tables depend on. Export a file for each size, or cut larger images into tiles.',
    );
  }
  const [, heightPixels, widthPixels] = (/^(\d+)x(\d+)$/i.exec(text) ?? []).map(Number);
  if (!heightPixels || !widthPixels || Math.max(heightPixels, widthPixels) > largestSidePixels) {
    throw new InvalidArgumentError(
      `Expected a height and a width from 1 to ${largestSidePixels} pixels, such as 480x640.`,
    );
  }
  if (heightPixels * widthPixels > mostPixels) {
    throw new InvalidArgumentError(
      `Expected at most ${mostPixels / 1e6} megapixels. Cut larger images into tiles.`,
    );
  }
  return { heightPixels, widthPixels };
}
