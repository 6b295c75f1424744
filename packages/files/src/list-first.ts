const mostNamed = 5;

/**
 * The first few of a list as a sentence has them, and how many more there are: `a, b, c, d, e and 2 more`.
 *
 * @param count of all, where only the first of them are given.
 */
export function listFirst(names: readonly string[], count = names.length): string {
  const first = names.slice(0, mostNamed);
  return `${first.join(', ')}${count > first.length ? ` and ${count - first.length} more` : ''}`;
}
