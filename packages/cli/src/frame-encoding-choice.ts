import type { FrameEncoding } from '@unblur/inference';
import { frameFormats, type FrameFormat } from '@unblur/inference/result-names';
import { Option, type Command } from 'commander';
import { wholeNumber } from './numbers.js';

/** What a command line says about how frames are written. */
export interface FrameEncodingOptions {
  format?: FrameFormat;
  bitDepth?: '8' | '16';
  quality?: number;
}

/** Adds `--format`, `--bit-depth` and `--quality` to a command. */
export function addFrameEncodingOptions(command: Command): Command {
  const format = new Option('--format <format>', 'format of the frames (default: png)').choices(frameFormats);
  const expectChoice = format.parseArg!;
  format.argParser((name: string, previous) => expectChoice(formatName(name), previous));
  return command
    .addOption(format)
    .addOption(
      new Option(
        '--bit-depth <bits>',
        'bits per channel of the frames; only png has 16 (default: as the input, if the format allows)',
      ).choices(['8', '16']),
    )
    .option(
      '--quality <n>',
      'quality of frames in webp, avif and jpeg, 1 to 100 (default: 92, for avif 75)',
      wholeNumber(1, 100),
    );
}

/** What a format is called here that people call otherwise too: `jpg` is `jpeg`. */
export function formatName(name: string): string {
  return name === 'jpg' ? 'jpeg' : name;
}

export function frameEncodingOf({ format, bitDepth, quality }: FrameEncodingOptions): FrameEncoding {
  return { format, quality, bitDepth: bitDepth === undefined ? undefined : bitDepth === '16' ? 16 : 8 };
}
