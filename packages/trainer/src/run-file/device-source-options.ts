import { defaultAugmentation } from '@unblur/datasets';
import { expectKnownKeys, join, list, number, optional, range, readMapping, withDefault } from './schema.js';
import type { Field } from './schema.js';
import { share } from './fields.js';

// What sources can be asked for beside the options of @unblur/datasets where samples are made on the device, by
// `python/unblur_torch/synthesis`. Where a run file asks for nothing, all of it is off.

const within = (min: number, max: number) => range(number({ min, max }));

/** Names of drawn masks of objects, and how often each is taken. */
const shapes: Field<Record<string, number>> = {
  read: (value, path) => {
    const mapping = readMapping(value, path);
    const known = ['blob', 'box', 'pole', 'person', 'foliage'];
    expectKnownKeys(mapping, known, path);
    return Object.fromEntries(
      Object.entries(mapping).map(([name, weight]) => [
        name,
        number({ min: 0, max: 1e6 }).read(weight, join(path, name)),
      ]),
    );
  },
};

const scene = {
  /** Share of the samples before a still camera, in which at least one thing moves by itself. */
  stillCameraShare: withDefault(share, 0),
  /** Share of the samples in which nothing moves. */
  sharpShare: withDefault(share, 0),
  /**
   * Lengths of paths are minimum + (maximum - minimum) * u^pathExponent with u uniform: above 1 favours short
   * ones.
   */
  pathExponent: withDefault(number({ min: 0.1, max: 10 }), 1),
  /**
   * How much the speed at the ends of the exposure differs from that in its middle, at most, as a share of
   * it.
   */
  acceleration: withDefault(share, 0),
  /** Largest share by which near and far places are shifted more or less than the rest. */
  parallax: withDefault(share, 0),
  objectShapes: withDefault(shapes, { blob: 1 }),
  /** Share of the objects that move within the scene, on top of its own motion; the others only by themselves. */
  followShare: withDefault(share, 1),
  /**
   * Share of the samples that are means of the kept frames alone, as of a high-speed video, where these are
   * close enough.
   */
  sparseShare: withDefault(share, 0),
  /** Share of the samples whose brightest places are brighter than white can be, and how much, at most. */
  highlightShare: withDefault(share, 0),
  highlightBoost: withDefault(within(1, 100), [1, 1]),
  /** Standard deviation of a Gaussian blur of photograph and frames alike. */
  softnessPixels: optional(within(0, 4)),
};

const fieldsOfKind: Record<string, Record<string, Field<unknown>>> = {
  panorama: {
    ...scene,
    /** Shift of the camera beside its turn. */
    shiftPixels: withDefault(within(0, 4096), [0, 0]),
    // And objects, as layers have them.
    bend: withDefault(share, 0),
    objects: withDefault(list(number({ min: 0, max: 20, integer: true }), 2), [0, 0]),
    objectRadius: withDefault(within(0.01, 1), [0.12, 0.35]),
    objectPixels: withDefault(within(0, 4096), [2, 20]),
    turnDegrees: withDefault(number({ min: 0, max: 45 }), 4),
    zoomPercent: withDefault(number({ min: 0, max: 50 }), 3),
  },
  layers: scene,
  video: { sharpShare: scene.sharpShare, softnessPixels: scene.softnessPixels },
};

/**
 * Recorded pairs in a layout of `listPairedVideos` of @unblur/datasets: of pictures of the same names the
 * sharp one shows the middle of the exposure.
 */
export interface PairsSource {
  kind: 'pairs';
  folder: string;
  shrink: [number, number];
}

/** Kinds of sources that only synthesis on the device has. */
export const deviceOnlyKinds = ['pairs'] as const;

export const deviceOnlyOptions = (kind: string): string[] => Object.keys(fieldsOfKind[kind] ?? {});

/** Takes out what only synthesis on the device has. @throws if a value is not right. */
export function readDeviceOptions(
  kind: string,
  options: Record<string, unknown>,
  path: string,
): { onDevice: Record<string, unknown>; others: Record<string, unknown> } {
  const fields = fieldsOfKind[kind] ?? {};
  const given = Object.entries(options);
  return {
    onDevice: Object.fromEntries(
      given.flatMap(([name, value]) =>
        name in fields ? [[name, fields[name]!.read(value, join(path, name))]] : [],
      ),
    ),
    others: Object.fromEntries(given.filter(([name]) => !(name in fields))),
  };
}

/**
 * A source with every option that synthesis on the device has: those that its run file does not give are at
 * their defaults.
 */
export function withDeviceDefaults<Source extends Record<string, unknown>>(source: Source): Source {
  const { kind, augmentation } = source as { kind?: string; augmentation?: object };
  const fields = fieldsOfKind[kind ?? ''] ?? {};
  const defaults = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.read(undefined, name)]),
  );
  return {
    ...defaults,
    ...source,
    ...(kind === 'pairs' && { augmentation: { ...defaultAugmentation, ...augmentation } }),
  };
}

export const pairsShrink = within(1, 8);
