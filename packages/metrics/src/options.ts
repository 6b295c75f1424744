import { describe } from './received.js';

/**
 * Checks options in calls that TypeScript has not checked.
 *
 * @param known the names of all options.
 * @throws RangeError unless options are `{ ... }`, and where one has an unknown name and would do nothing,
 * unless it is undefined.
 */
export function assertOptions<Options extends object>(
  options: Options,
  known: Readonly<Record<keyof Options, true>>,
): void {
  const names = Object.keys(known).join(', ');
  if (typeof options !== 'object' || options === null) {
    throw new RangeError(`Expected options as { ${names} } but received ${describe(options)}`);
  }
  const unknown = Object.entries(options).find(
    ([name, value]) => value !== undefined && !Object.hasOwn(known, name),
  );
  if (!unknown) return;
  throw new RangeError(`Expected options among ${names} but received '${unknown[0]}'`);
}
