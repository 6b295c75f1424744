import { excerptOfValue, isMapping } from '@unblur/files/parsed-value';

/**
 * Bounds of what the config in a weights file may ask for: far above what can be trained, so that an absurd
 * file is refused at once.
 */
export const maxChannels = 1024;
/** Frames of a network that has them at times of its own: each makes the graph longer. */
export const maxFrames = 31;
/** What the height and width of a picture may have to be multiples of: smaller pictures are padded to it. */
export const maxMultiple = 256;
/** Layers, blocks or groups in a row. */
export const maxLayers = 32;
export const maxDilation = 64;

/** The least and the most that a number may be. */
export type Bounds = [least: number, most: number];

/** @throws with the field, what it may be and what it was, unless the condition holds. */
export function expectField(holds: boolean, field: string, wanted: string, received: unknown): asserts holds {
  if (holds) return;
  throw new Error(
    `Expected ${wanted} for network${field && `.${field}`} but received ${excerptOfValue(received)}.`,
  );
}

/**
 * @param known the names of all that may be in it; whatever is in it, if not said.
 * @throws unless the value is `{ ... }`, and where something in it has an unknown name and would do nothing.
 */
export function expectMapping(value: unknown, field: string, known?: readonly string[]): void {
  expectField(isMapping(value), field, 'a mapping', value);
  const unknown = known && Object.keys(value).find((name) => !known.includes(name));
  expectField(unknown === undefined, field, `nothing but ${known?.join(', ')}`, unknown);
}

/** @throws unless the value is a whole number in the range. */
export function expectWholeNumber(value: unknown, field: string, range: Bounds): void {
  expectField(isWithin(value, range), field, `a whole number from ${range[0]} to ${range[1]}`, value);
}

/** @throws unless the value is true or false. */
export function expectBoolean(value: unknown, field: string): void {
  expectField(typeof value === 'boolean', field, 'true or false', value);
}

/** @throws unless the value is a list, of a length in the one range, of whole numbers in the other. */
export function expectWholeNumbers(values: unknown, field: string, length: Bounds, range: Bounds): void {
  const count = length[0] === length[1] ? `${length[0]}` : `${length[0]} to ${length[1]}`;
  expectField(
    isListOf(values, length, (value) => isWithin(value, range)),
    field,
    `a list of ${count} whole numbers from ${range[0]} to ${range[1]}`,
    values,
  );
}

/** @throws unless the value is a list of convolutions as `{ channels, dilation }`; it may be empty. */
export function expectDilatedLayers(values: unknown, field: string): void {
  const fits = isListOf(
    values,
    [0, maxLayers],
    (value) =>
      isMapping(value) &&
      isWithin(value['channels'], [1, maxChannels]) &&
      isWithin(value['dilation'], [1, maxDilation]),
  );
  expectField(
    fits,
    field,
    `a list of at most ${maxLayers} { channels (1 to ${maxChannels}), dilation (1 to ${maxDilation}) }`,
    values,
  );
}

/** @throws unless the value is an odd number of frames. */
export function expectOddFrames(value: unknown): void {
  expectField(
    isWithin(value, [3, maxFrames]) && (value as number) % 2 === 1,
    'frames',
    `an odd number of frames, 3 or more and at most ${maxFrames},`,
    value,
  );
}

/** Whether a value is a whole number in the range. */
export function isWithin(value: unknown, [least, most]: Bounds): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Whether a value is a list of a length in the range, all of whose elements fit. */
export function isListOf(values: unknown, length: Bounds, fits: (value: unknown) => boolean): boolean {
  return Array.isArray(values) && isWithin(values.length, length) && values.every(fits);
}
