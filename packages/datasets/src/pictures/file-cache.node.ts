/** How a kind of file is decoded. */
export interface FileDecoder<T> {
  /** Tells apart what one file is decoded to in two ways. */
  name: string;
  decode: (path: string) => Promise<T>;
  /** How much memory a decoded file takes. */
  bytesOf: (value: T) => number;
}

/**
 * What files were decoded to, the least recently used dropped first once all of them take more than the
 * budget.
 */
export class FileCache {
  readonly #loaded = new Map<string, Promise<unknown>>();
  readonly #bytesOfKey = new Map<string, number>();
  #totalBytes = 0;

  readonly #budgetBytes: number;
  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  async load<T>({ name, decode, bytesOf }: FileDecoder<T>, path: string): Promise<T> {
    const key = `${name}:${path}`;
    const known = this.#loaded.get(key) as Promise<T> | undefined;
    if (known) {
      this.#loaded.delete(key);
      this.#loaded.set(key, known);
      return known;
    }
    const loading = decode(path);
    this.#loaded.set(key, loading);
    try {
      const value = await loading;
      // What was dropped while it was being decoded takes no room.
      if (this.#loaded.get(key) === loading) this.#account(key, bytesOf(value));
      return value;
    } catch (error) {
      this.#loaded.delete(key);
      throw error;
    }
  }

  #account(key: string, bytes: number): void {
    this.#bytesOfKey.set(key, bytes);
    this.#totalBytes += bytes;
    for (const oldest of this.#loaded.keys()) {
      if (this.#totalBytes <= this.#budgetBytes || oldest === key) return;
      this.#totalBytes -= this.#bytesOfKey.get(oldest) ?? 0;
      this.#bytesOfKey.delete(oldest);
      this.#loaded.delete(oldest);
    }
  }
}
