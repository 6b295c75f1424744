import { InvalidArgumentError } from 'commander';

/** A parser of option values: whole numbers from `lowest` to `highest`. */
export function wholeNumber(lowest: number, highest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < lowest || value > highest) {
      throw new InvalidArgumentError(`Expected a whole number ${describeRange(lowest, highest)}.`);
    }
    return value;
  };
}

/** A parser of option values: numbers from `lowest` to `highest`. */
export function realNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= lowest && value <= highest)) {
      throw new InvalidArgumentError(`Expected a number ${describeRange(lowest, highest)}.`);
    }
    return value;
  };
}

/** A parser of option values: odd numbers of frames, 3 or more. */
export function frameCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 3 || value % 2 === 0) {
    throw new InvalidArgumentError('Expected an odd number of frames, 3 or more.');
  }
  return value;
}

/**
 * A part of a clip: its first seconds (`5`, `5s`), or from one time to another (`0:10-0:15`, `90-95.5`), in
 * seconds, minutes and seconds, or hours, minutes and seconds.
 */
export function clipPart(text: string): { fromSeconds: number; toSeconds: number } {
  const times = text.split('-').map(secondsOf);
  const [fromSeconds, toSeconds] = times.length === 1 ? [0, times[0]!] : times;
  if (times.length > 2 || !(toSeconds! > fromSeconds!)) {
    throw new InvalidArgumentError('Expected a length such as 5s or a part such as 0:10-0:15.');
  }
  return { fromSeconds: fromSeconds!, toSeconds: toSeconds! };
}

/** Not a number where the text is no time. */
function secondsOf(text: string): number {
  if (!/^(\d{1,5}(:\d{1,2}){0,2}(\.\d+)?)s?$/.test(text)) return NaN;
  return text
    .replace('s', '')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}

function describeRange(lowest: number, highest: number): string {
  return highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
}
