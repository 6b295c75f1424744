/** The first so many values of a stream, which is left then. */
export async function firstOf<T>(count: number, stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) {
    values.push(value);
    if (values.length === count) break;
  }
  return values;
}
