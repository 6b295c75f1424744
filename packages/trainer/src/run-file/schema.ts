import { excerptOf, excerptOfValue, isMapping } from '@unblur/files/parsed-value';
import { closestMatch } from 'leven';

/** How one value of a run file is read: checked, completed, given its type. */
export interface Field<T> {
  /**
   * @param value as the YAML has it; `undefined`: absent.
   * @param path where it stands, such as `loss.norm`, for messages.
   * @throws with the path, what was wanted and what came.
   */
  read(value: unknown, path: string): T;
}

export type FieldType<F> = F extends Field<infer T> ? T : never;

/** Absent values take this default; the default itself needs no check. */
export function withDefault<T>(field: Field<T>, value: NoInfer<T>): Field<T> {
  return { read: (received, path) => (received === undefined ? value : field.read(received, path)) };
}

/** `null` and absence are allowed, and mean `null`. */
export function optional<T>(field: Field<T>): Field<T | null> {
  return {
    read: (received, path) =>
      received === undefined || received === null ? null : field.read(received, path),
  };
}

/** A number from `min` to `max`, or beyond `above` or `below`, which it may not be itself. */
export function number({
  min = -Infinity,
  above = -Infinity,
  max = Infinity,
  below = Infinity,
  integer = false,
}: { min?: number; above?: number; max?: number; below?: number; integer?: boolean } = {}): Field<number> {
  const bounds = Number.isFinite(max)
    ? [`from ${min} to ${max}`]
    : [
        ...(Number.isFinite(min) ? [`of at least ${min}`] : []),
        ...(Number.isFinite(above) ? [`above ${above}`] : []),
        ...(Number.isFinite(below) ? [`below ${below}`] : []),
      ];
  const range = bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`;
  return {
    read: (value, path) => {
      const fits =
        typeof value === 'number' &&
        Number.isFinite(value) &&
        value >= min &&
        value > above &&
        value <= max &&
        value < below &&
        (!integer || Number.isInteger(value));
      return fits ? value : refuse(path, `${integer ? 'a whole number' : 'a number'}${range}`, value);
    },
  };
}

/** A text that is not empty. */
export const text: Field<string> = {
  read: (value, path) => (typeof value === 'string' && value !== '' ? value : refuse(path, 'a text', value)),
};

/** `true` or `false`. */
export const boolean: Field<boolean> = {
  read: (value, path) => (typeof value === 'boolean' ? value : refuse(path, 'true or false', value)),
};

/** One of some texts. */
export function oneOf<const T extends string>(...choices: T[]): Field<T> {
  return {
    read: (value, path) =>
      choices.find((choice) => choice === value) ??
      refuse(path, choices.map((choice) => `'${choice}'`).join(' or '), value),
  };
}

/** A list, each item as the field has it. @param length how many they must be; any number if not said. */
export function list<T>(item: Field<T>, length?: number): Field<T[]> {
  return {
    read: (value, path) =>
      Array.isArray(value) && (length === undefined || value.length === length)
        ? value.map((entry, index) => item.read(entry, `${path}[${index}]`))
        : refuse(path, length === undefined ? 'a list' : `a list of ${length}`, value),
  };
}

/** The ends of a range, the lower one first. */
export function range(end: Field<number>): Field<[number, number]> {
  const ends = list(end, 2);
  return {
    read(value, path) {
      const [low, high] = ends.read(value, path) as [number, number];
      return low <= high ? [low, high] : refuse(path, 'a range from its lower end to its higher one', value);
    },
  };
}

/** The first of the fields that takes the value; `wanted` describes them all. */
export function either<A, B>(first: Field<A>, second: Field<B>, wanted: string): Field<A | B> {
  return {
    read: (value, path) => {
      for (const field of [first, second]) {
        try {
          return field.read(value, path);
        } catch {
          continue;
        }
      }
      return refuse(path, wanted, value);
    },
  };
}

/** A mapping with known keys. An unknown key is an error that names the nearest known one. */
export function section<F extends Record<string, Field<unknown>>>(
  fields: F,
): Field<{ [K in keyof F]: FieldType<F[K]> }> {
  return {
    read: (value = {}, path) => {
      const mapping = readMapping(value, path);
      expectKnownKeys(mapping, Object.keys(fields), path);
      return Object.fromEntries(
        Object.entries(fields).map(([key, field]) => [key, field.read(mapping[key], join(path, key))]),
      ) as { [K in keyof F]: FieldType<F[K]> };
    },
  };
}

/**
 * A field whose value must also pass a check of what no single part of it can say. @param check throws where
 * it does not.
 */
export function checked<T>(field: Field<T>, check: (value: T) => void): Field<T> {
  return {
    read: (value, path) => {
      const read = field.read(value, path);
      check(read);
      return read;
    },
  };
}

/** @throws unless the value is a mapping. */
export function readMapping(value: unknown, path: string): Record<string, unknown> {
  return isMapping(value) ? value : refuse(path, 'a mapping of keys to values', value);
}

/** @throws at the first key that is not known, naming the nearest that is, or all where none is near. */
export function expectKnownKeys(mapping: Record<string, unknown>, known: string[], path: string): void {
  for (const key of Object.keys(mapping)) {
    if (!known.includes(key)) {
      const nearest = nearestKey(key, known);
      const advice =
        nearest === undefined
          ? `the keys ${path === '' ? 'of a run' : `of '${path}'`} are ${known.join(', ')}.`
          : `did you mean '${join(path, nearest)}'?`;
      throw new Error(`Unknown key '${join(path, excerptOf(key))}'; ${advice}`);
    }
  }
}

/**
 * Whatever the case of letters; of keys that contain this one, as `stageSteps` does `steps`, the nearest;
 * otherwise none from which more than a third of the letters differ.
 */
function nearestKey(key: string, known: readonly string[]): string | undefined {
  const given = key.toLowerCase();
  const names = known.map((name) => name.toLowerCase());
  const containing = names.filter((name) => name.includes(given));
  const nearest =
    containing.length > 0
      ? closestMatch(given, containing)
      : closestMatch(given, names, { maxDistance: Math.max(2, Math.floor(given.length / 3)) });
  return known.find((name) => name.toLowerCase() === nearest);
}

/** The path of a key in the mapping at `path`, such as `loss.norm`; at the top, the key alone. */
export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function refuse(path: string, wanted: string, received: unknown): never {
  throw new Error(
    `Expected ${wanted} for '${path === '' ? 'the run' : path}' but received ${excerptOfValue(received)}.`,
  );
}
