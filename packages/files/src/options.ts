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
 * @returns the options that are given, as an object of their own: with those that a prototype holds, such as
 * getters of a class, which `...rest` and `{ ...options }` leave out; without those that are undefined.
 * @throws UnblurError if the argument is not an object of options, such as the bytes of the weights alone; if
 * an option has an unknown name and would do nothing, unless it is undefined; or if one is no boolean,
 * function or signal as it has to be.
 */
export function expectOptions<Options extends object>(
  options: Options,
  known: OptionNames<Options>,
  example: string,
): Options {
  const isBytes = ArrayBuffer.isView(options) || (options as unknown) instanceof ArrayBuffer;
  if (typeof options !== 'object' || options === null || isBytes || Array.isArray(options)) {
    const received = isBytes
      ? 'bytes by themselves'
      : options === undefined
        ? 'nothing'
        : describeType(options);
    throw new UnblurError(`Expected options, such as ${example}, but received ${received}`);
  }
  const unknown = Object.entries(options).find(
    ([name, value]) => value !== undefined && !Object.hasOwn(known, name),
  );
  if (unknown) {
    throw new UnblurError(
      `Expected options among ${Object.keys(known).join(', ')} in a call such as ${example} but received '${unknown[0].slice(0, 60)}'`,
    );
  }
  const given: Partial<Options> = {};
  for (const name of Object.keys(known) as (keyof Options & string)[]) {
    const value = options[name];
    const kind: keyof typeof kinds | true = known[name];
    if (value === undefined) continue;
    if (kind !== true && !kinds[kind].isOne(value)) {
      throw new UnblurError(`Expected ${kinds[kind].wanted} for ${name} but received ${describeType(value)}`);
    }
    given[name] = value;
  }
  return given as Options;
}
