const excerptCharacters = 80;

/** Of a text from a file, as much as a message has room for. */
export function excerptOf(text: string): string {
  return text.length > excerptCharacters ? `${text.slice(0, excerptCharacters)}...` : text;
}

/** The beginning of a value from a JSON text, as a message shows it. */
export function excerptOfValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  try {
    return excerptOf(JSON.stringify(value));
  } catch {
    // JSON is parsed to any depth but written by recursion.
    return 'lists or mappings, nested deeply';
  }
}
