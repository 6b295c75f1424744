/** Values parsed from files that anyone may have written: what they are, and how a message shows them. */

/** Whether a value is `{ ... }`, whatever is in it. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const excerptCharacters = 80;

/** Of a text from a file, as much as a message has room for. */
export function excerptOf(text: string): string {
  return text.length > excerptCharacters ? `${text.slice(0, excerptCharacters)}...` : text;
}

/** The beginning of a value from a file, as JSON. */
export function excerptOfValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  try {
    return excerptOf(JSON.stringify(value));
  } catch {
    // JSON is parsed to any depth but written by recursion.
    return 'lists or mappings, nested deeply';
  }
}
