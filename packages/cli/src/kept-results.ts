/** What a line of results says of those that an earlier job had made; nothing where there were none. */
export function describeKept(count: number): string {
  return count === 0 ? '' : ` (${count} already existed)`;
}
