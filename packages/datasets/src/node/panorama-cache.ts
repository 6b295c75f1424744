import type { Panorama } from '../panorama.js';
import { loadPanorama } from './panorama-folder.js';

/** Decoded panoramas, the least recently used dropped first once they take more than the budget. */
export class PanoramaCache {
  private readonly loaded = new Map<string, Promise<Panorama>>();
  private readonly bytesOfPath = new Map<string, number>();
  private totalBytes = 0;

  constructor(private readonly budgetBytes: number) {}

  async load(path: string): Promise<Panorama> {
    const known = this.loaded.get(path);
    if (known) {
      this.loaded.delete(path);
      this.loaded.set(path, known);
      return known;
    }
    const loading = loadPanorama(path);
    this.loaded.set(path, loading);
    try {
      const panorama = await loading;
      this.account(path, panorama);
      return panorama;
    } catch (error) {
      this.loaded.delete(path);
      throw error;
    }
  }

  private account(path: string, panorama: Panorama): void {
    const bytes = panorama.levels.reduce((sum, level) => sum + level.pixels.byteLength, 0);
    this.bytesOfPath.set(path, bytes);
    this.totalBytes += bytes;
    for (const [oldest] of this.loaded) {
      if (this.totalBytes <= this.budgetBytes || oldest === path) return;
      this.totalBytes -= this.bytesOfPath.get(oldest) ?? 0;
      this.bytesOfPath.delete(oldest);
      this.loaded.delete(oldest);
    }
  }
}
