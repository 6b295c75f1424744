/** What files were decoded to, the least recently used dropped first once they take more than the budget. */
export class FileCache<T> {
  private readonly loaded = new Map<string, Promise<T>>();
  private readonly bytesOfPath = new Map<string, number>();
  private totalBytes = 0;

  /**
   * @param read decodes a file.
   * @param bytesOf how much memory a decoded file takes.
   */
  constructor(
    private readonly read: (path: string) => Promise<T>,
    private readonly bytesOf: (value: T) => number,
    private readonly budgetBytes: number,
  ) {}

  async load(path: string): Promise<T> {
    const known = this.loaded.get(path);
    if (known) {
      this.loaded.delete(path);
      this.loaded.set(path, known);
      return known;
    }
    const loading = this.read(path);
    this.loaded.set(path, loading);
    try {
      const value = await loading;
      this.account(path, this.bytesOf(value));
      return value;
    } catch (error) {
      this.loaded.delete(path);
      throw error;
    }
  }

  private account(path: string, bytes: number): void {
    this.bytesOfPath.set(path, bytes);
    this.totalBytes += bytes;
    for (const oldest of this.loaded.keys()) {
      if (this.totalBytes <= this.budgetBytes || oldest === path) return;
      this.totalBytes -= this.bytesOfPath.get(oldest) ?? 0;
      this.bytesOfPath.delete(oldest);
      this.loaded.delete(oldest);
    }
  }
}
