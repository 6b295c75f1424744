/** A number of things as a sentence has it: `1 sample`, `2 samples`. @param noun of a plural in -s. */
export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
