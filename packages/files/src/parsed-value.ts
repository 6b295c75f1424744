/** Values from files and callers of whom nothing is known: what they are, and how a message shows them. */

/** Whether a value is `{ ... }`, whatever is in it. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping that a text is as JSON; undefined where it is something else. */
export function parseMapping(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isMapping(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What came in place of a value of another type, for a message. */
export function describeType(value: unknown): string {
  if (value instanceof Promise) return 'a promise';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const kind: unknown = typeof value === 'object' ? value.constructor?.name : undefined;
  return typeof kind === 'string' && kind !== 'Object'
    ? `an object of type ${kind}`
    : `a value of type ${typeof value}`;
}

const excerptCharacters = 80;

/** Of a text from a file, as much as a message has room for. */
export function excerptOf(text: string): string {
  return text.length > excerptCharacters ? `${text.slice(0, excerptCharacters)}...` : text;
}

/** Numbers that JSON has no word for, between characters that it writes otherwise. */
const marked = /"\\u0000(NaN|-?Infinity)\\u0000"/g;

/** Kinds of values that JSON does not have at all. */
const besideJson = new Set(['function', 'symbol', 'bigint']);

/** The beginning of a value, as JSON: texts in quotes; what is no finite number by its name. */
export function excerptOfValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (besideJson.has(typeof value)) return describeType(value);
  try {
    const json = JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'number' && !Number.isFinite(part) ? `\0${part}\0` : part,
    );
    return excerptOf(json.replace(marked, '$1'));
  } catch {
    // JSON is parsed to any depth but written by recursion.
    return 'lists or mappings, nested deeply';
  }
}
