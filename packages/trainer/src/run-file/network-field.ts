import { expectKnownKeys, join, oneOf, readMapping } from './schema.js';
import type { Field } from './schema.js';

/**
 * A preset's name, with whatever keys of it are to differ, at any depth: `{ preset: paper, frames: 3 }`.
 * Absent: the standard preset. @param validate throws where they do not hold together.
 */
export function networkField<T extends object>(
  presets: Record<string, T>,
  standard: string,
  validate: (config: T) => void,
): Field<T> {
  return {
    read: (value = {}, path) => {
      const { preset = standard, ...changes } = readMapping(
        typeof value === 'string' ? { preset: value } : value,
        path,
      );
      const name = oneOf(...Object.keys(presets)).read(preset, join(path, 'preset'));
      const config = merge(presets[name]!, changes, path);
      validate(config);
      return config;
    },
  };
}

/**
 * A preset with some of its keys changed, at any depth; lists are replaced whole, and `null` leaves a part
 * out.
 */
function merge<T extends object>(preset: T, changes: Record<string, unknown>, path: string): T {
  expectKnownKeys(changes, Object.keys(preset), path);
  const merged = { ...preset } as Record<string, unknown>;
  for (const [key, value] of Object.entries(changes)) {
    const original = merged[key];
    const nested =
      value !== null && typeof original === 'object' && original !== null && !Array.isArray(original);
    merged[key] = nested ? merge(original, readMapping(value, join(path, key)), join(path, key)) : value;
  }
  return merged as T;
}
