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

function describeRange(lowest: number, highest: number): string {
  return highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
}
