import { UnblurError } from './file-error.js';
import { describeType } from './parsed-value.js';

/** An AbortSignal, for where its type is not known. */
interface Signal {
  readonly aborted: boolean;
  throwIfAborted(): void;
}

/** What is checked of an option's value here: of others it is their functions that know what they may be. */
type OptionKind<Value> = [Value] extends [boolean]
  ? 'boolean'
  : [Value] extends [Signal]
    ? 'signal'
    : [Value] extends [(...received: never[]) => unknown]
      ? 'function'
      : true;

/** The names of all options, each with what it is: TypeScript sees that none is missing, too much or wrong. */
export type OptionNames<Options> = {
  readonly [Name in keyof Options]-?: OptionKind<NonNullable<Options[Name]>>;
};

/** What values of a kind are, for messages, and how they are told. Objects of other realms count too. */
const kinds = {
  boolean: { wanted: 'true or false', isOne: (value: unknown) => typeof value === 'boolean' },
  function: { wanted: 'a function', isOne: (value: unknown) => typeof value === 'function' },
  signal: {
    wanted: 'an AbortSignal, such as the signal of an AbortController,',
    isOne: (value: unknown) => typeof (value as Partial<Signal> | null)?.throwIfAborted === 'function',
  },
};

/**
 * Checks options in calls that TypeScript has not checked.
 *
 * @param example of what is wanted.
 * @throws UnblurError if the argument is not an object of options, such as the bytes of the weights alone; if
 * an option has an unknown name and would do nothing; or if one is no boolean, function or signal as it has to
 * be.
 */
export function expectOptions<Options extends object>(
  options: Options,
  known: OptionNames<Options>,
  example: string,
): void {
  const isBytes = ArrayBuffer.isView(options) || (options as unknown) instanceof ArrayBuffer;
  if (typeof options !== 'object' || options === null || isBytes || Array.isArray(options)) {
    const received = isBytes
      ? 'bytes by themselves'
      : options === undefined
        ? 'nothing'
        : Array.isArray(options)
          ? 'a list'
          : describeType(options);
    throw new UnblurError(`Expected options, such as ${example}, but received ${received}`);
  }
  const kindOf = new Map<string, keyof typeof kinds | true>(Object.entries(known));
  for (const [name, value] of Object.entries(options)) {
    const kind = kindOf.get(name);
    if (kind === undefined) {
      throw new UnblurError(
        `Expected options among ${Object.keys(known).join(', ')} in a call such as ${example} but received '${name.slice(0, 60)}'`,
      );
    }
    if (value === undefined || kind === true || kinds[kind].isOne(value)) continue;
    throw new UnblurError(`Expected ${kinds[kind].wanted} for ${name} but received ${describeType(value)}`);
  }
}
