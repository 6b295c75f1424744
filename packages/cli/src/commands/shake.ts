import { extname, format as joinPath, parse } from 'node:path';
import { UnblurError, writeAtomically } from '@unblur/files';
import { frameFormats, type FrameFormat } from '@unblur/inference/result-names';
import type { Command } from 'commander';
import { formatName } from '../frame-encoding-choice.js';
import { abortOnInterruption } from '../interruption.js';
import { addOverwriteOption, expectNewFile } from '../new-file.js';
import { wholeNumber } from '../numbers.js';
import { describeRemainingTime } from '../remaining-time.js';
import { placeOnDisk } from '../standard-streams.js';
import { clearBar, drawProgress, printJson, printLine } from '../terminal.js';

interface ShakeOptions {
  out?: string;
  quality?: number;
  metadata: boolean;
  overwrite: boolean;
  json?: boolean;
}

/** `unblur shake`: a photograph taken with a shaking hand in, a sharp one out. */
export function defineShake(program: Command): void {
  const command = program
    .command('shake')
    .description(
      'make a photograph sharp that was taken with a shaking hand, of a scene in which nothing moved: a long exposure, such as at night',
    )
    .argument('<photo>', 'the photograph')
    .option(
      '--out <picture>',
      `the file to write: ${frameFormats.map((name) => `.${name}`).join(', ')} (default: beside the photograph, photo-unshaken.png for photo.jpg)`,
      placeOnDisk,
    )
    .option(
      '--quality <n>',
      'quality of a picture in webp, avif or jpeg, 1 to 100 (default: 92, for avif 75)',
      wholeNumber(1, 100),
    )
    .option(
      '--no-metadata',
      'leave out what the photograph says of itself: date, camera, lens and place (EXIF), title, keywords and author (XMP)',
    );
  addOverwriteOption(command).option('--json', 'print JSON for programs').action(unshake);
}

async function unshake(
  photoPath: string,
  { out, quality, metadata, overwrite, json }: ShakeOptions,
): Promise<void> {
  const signal = abortOnInterruption();
  const path = out ?? besidePhoto(photoPath);
  const format = formatOf(path);
  expectNewFile(path, overwrite);
  const { encodeFrame, expectFrameEncoding, loadPhoto, unshakePhoto } = await import('@unblur/inference');
  expectFrameEncoding({ format, quality });
  const photo = await loadPhoto(photoPath, { colors: 'own' });
  const start = performance.now();
  const { frame, kernel } = await unshakePhoto(photo, {
    signal,
    onShare: (share) =>
      drawProgress(
        share,
        1,
        [photoPath, describeRemainingTime(share, 1, performance.now() - start)]
          .filter((part) => part !== '')
          .join(', '),
      ),
  });
  const source = metadata ? photo : { ...photo, exif: undefined, xmp: undefined };
  await writeAtomically(path, await encodeFrame(frame, { format, quality }, source), signal);
  clearBar();
  const { width, height } = photo;
  const seconds = Math.round(performance.now() - start) / 1000;
  if (json) printJson({ photo: photoPath, file: path, width, height, seconds, kernel: plain(kernel) });
  else printLine(`${photoPath} (${width}x${height}) -> ${path}: ${seconds.toFixed(1)} s`);
}

function besidePhoto(path: string): string {
  const { dir, name } = parse(path);
  return joinPath({ dir, name: `${name}-unshaken`, ext: '.png' });
}

/** @throws UnblurError where a name says no format. */
function formatOf(path: string): FrameFormat {
  const wanted = formatName(extname(path).slice(1).toLowerCase());
  const format = frameFormats.find((name) => name === wanted);
  if (format === undefined) {
    throw new UnblurError(
      `Expected a name ending in ${frameFormats.map((name) => `.${name}`).join(', ')} for --out but received ${path}`,
    );
  }
  return format;
}

const plain = ({ sizePixels, data }: { sizePixels: number; data: Float64Array }) => ({
  sizePixels,
  data: Array.from(data, (value) => Number(value.toPrecision(4))),
});
