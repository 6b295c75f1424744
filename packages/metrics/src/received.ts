const longest = 80;

/** What came in place of something else, for a message: texts in quotes, numbers as they are, of others what they are. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `'${value.slice(0, longest)}'`;
  if (typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
