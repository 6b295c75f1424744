import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Recipe } from './synthesizer.js';

/**
 * Marks a folder as holding what the description says, by a JSON file in it, or checks that it does: so a job that was stopped goes on
 * where it was, and two different sets never mix.
 *
 * @throws Error where the folder is marked with another description.
 */
export async function claimFolder(folder: string, fileName: string, description: unknown): Promise<void> {
  const path = join(folder, fileName);
  const text = `${JSON.stringify(description, null, 2)}\n`;
  if (existsSync(path)) {
    if (readFileSync(path, 'utf8') === text) return;
    throw new Error(`Expected ${folder} to be new or to hold samples made with the same options, but ${path} says otherwise; choose another folder.`);
  }
  await mkdir(folder, { recursive: true });
  // Several jobs may claim a folder at once, each by a file of its own.
  const staging = `${path}.${process.pid}.partial`;
  await writeFile(staging, text);
  await rename(staging, path);
}

/** What samples are made from and how; files by name, wherever they lie. */
export function describeRecipe(recipe: Recipe): Record<string, unknown> {
  const names = (paths: string[]): string[] => paths.map((path) => basename(path));
  switch (recipe.kind) {
    case 'panorama':
      return { ...recipe, panoramas: names(recipe.panoramas) };
    case 'layers':
      return { ...recipe, stills: names(recipe.stills) };
    case 'video':
      return { ...recipe, videos: recipe.videos.map(names) };
    case 'shards':
      return { ...recipe, folder: basename(recipe.folder) };
    case 'mixed':
      return { ...recipe, parts: recipe.parts.map((part) => ({ ...part, recipe: describeRecipe(part.recipe) })) };
  }
}
