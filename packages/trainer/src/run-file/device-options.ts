import { expectKnownKeys, join, list, number, optional, range, readMapping } from './schema.js';
import type { Field } from './schema.js';
import { share } from './fields.js';

// What sources can be asked for beside the options of @unblur/datasets where samples are made on the device;
// see `python/unblur_torch/synthesis/options.py`.

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
  /**
   * Share of the samples before a still camera, in which something moves by itself; and of those in which
   * nothing does.
   */
  stillCameraShare: share,
  sharpShare: share,
  /**
   * Lengths of paths are minimum + (maximum - minimum) * u^pathExponent with u uniform: above 1 favours short
   * ones.
   */
  pathExponent: number({ min: 0.1, max: 10 }),
  /**
   * How much the speed at the ends of the exposure differs from that in its middle, at most, as a share of
   * it.
   */
  acceleration: share,
  /** Largest share by which near and far places are shifted more or less than the rest. */
  parallax: share,
  objectShapes: shapes,
  /** Share of the objects that move within the scene, on top of its own motion. */
  followShare: share,
  /** Share of the samples that are means of the kept frames alone, as of a high-speed video. */
  sparseShare: share,
  /** Share of the samples whose brightest places are brighter than white can be, and how much, at most. */
  highlightShare: share,
  highlightBoost: within(1, 100),
  /** Gaussian blur of photograph and frames alike. */
  softnessPixels: optional(within(0, 4)),
};

const fieldsOfKind: Record<string, Record<string, Field<unknown>>> = {
  panorama: {
    ...scene,
    shiftPixels: within(0, 4096),
    bend: share,
    objects: list(number({ min: 0, max: 20, integer: true }), 2),
    objectRadius: within(0.01, 1),
    objectPixels: within(0, 4096),
    turnDegrees: number({ min: 0, max: 45 }),
    zoomPercent: number({ min: 0, max: 50 }),
  },
  layers: scene,
  video: { sharpShare: share, softnessPixels: scene.softnessPixels },
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

export const pairsShrink = within(1, 8);
