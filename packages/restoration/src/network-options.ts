import { UnblurError } from '@unblur/files/file-error';
import { describeType } from '@unblur/files/parsed-value';

/** How any network is run. */
export interface NetworkOptions {
  threads?: number;
  memoryBudgetBytes?: number;
}

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

/** @throws UnblurError that names the option that makes no sense, what it must be and what came. */
export function expectNetworkOptions({ threads, memoryBudgetBytes }: NetworkOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new UnblurError(`Expected a whole number of at least 1 for threads but received ${threads}`);
  }
  if (memoryBudgetBytes !== undefined && !(memoryBudgetBytes > 0)) {
    throw new UnblurError(
      `Expected a number above 0 for memoryBudgetBytes but received ${memoryBudgetBytes}`,
    );
  }
}
