import { UnblurError } from './file-error.js';
import { describeType } from './parsed-value.js';

/** The names of all options of a kind, each with `true`: TypeScript sees that none is missing or too much. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Checks options in calls that TypeScript has not checked.
 *
 * @param example of what is wanted.
 * @throws UnblurError if the argument is not an object of options, such as the bytes of the weights alone, or
 * if an option has an unknown name and would do nothing.
 */
export function expectOptions<Options extends object>(
  options: Options,
  known: OptionNames<Options>,
  example: string,
): void {
  const isBytes = ArrayBuffer.isView(options) || (options as unknown) instanceof ArrayBuffer;
  if (typeof options === 'object' && options !== null && !isBytes) {
    const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
    if (unknown === undefined) return;
    throw new UnblurError(
      `Expected options among ${Object.keys(known).join(', ')} in a call such as ${example} but received '${unknown.slice(0, 60)}'`,
    );
  }
  const received = isBytes
    ? 'bytes by themselves'
    : options === undefined
      ? 'nothing'
      : describeType(options);
  throw new UnblurError(`Expected options, such as ${example}, but received ${received}`);
}
