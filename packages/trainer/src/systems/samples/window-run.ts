import { averagingSpaces } from '@unblur/datasets';
import type { AveragingChoice } from '@unblur/datasets';
import { excerptOfValue } from '@unblur/files/parsed-value';
import {
  cacheMegabytesField,
  positive,
  share,
  sizePixelsField,
  validationCount,
  wholeNumber,
} from '../../run-file/fields.js';
import { readSource } from '../../run-file/sources.js';
import type { WeightedSource } from '../../run-file/sources.js';
import {
  either,
  join,
  list,
  number,
  oneOf,
  optional,
  range,
  readMapping,
  section,
  text,
  withDefault,
} from '../../run-file/schema.js';
import type { Field, FieldType } from '../../run-file/schema.js';

// What run files of systems have in common that learn from windows of consecutive frames.

const framesRange = range(number({ min: 1, max: 1000, integer: true }));

const averagingField: Field<AveragingChoice> = either(
  oneOf(...averagingSpaces),
  section(Object.fromEntries(averagingSpaces.map((space) => [space, withDefault(number({ min: 0 }), 0)]))),
  `${averagingSpaces.join(' or ')}, or weights of these`,
);

const source = section({
  /** Folder of videos as pictures, relative to the run file: see `videoWindowBatches` of @unblur/datasets. */
  folder: text,
  /** Names of the folders in it that are used; all if not said. */
  videos: optional(list(text)),
  /** How often it is drawn from, relative to the other sources. */
  weight: withDefault(number({ min: 0 }), 1),
  exposureFrames: withDefault(framesRange, [3, 9]),
  steadyShare: withDefault(share, 0.5),
  strideFrames: withDefault(framesRange, [1, 4]),
  halvedShare: withDefault(share, 0.3),
  averaging: withDefault(averagingField, 'display'),
  softnessPixels: optional(range(number({ min: 0 }))),
});

/**
 * Windows rendered from pictures in place of videos, on the device alone: see `open_window_source` of the
 * Python program.
 */
const rendered: Field<RenderedWindowSource> = {
  read: (value, path) => {
    const { shutterShare, steadyShare, ...own } = readMapping(value, path);
    return {
      ...(readSource(own, windowSourceSizePixels, path) as WeightedSource & {
        kind: 'panorama' | 'layers';
      }),
      shutterShare: withDefault(range(share), [0.3, 1]).read(shutterShare, join(path, 'shutterShare')),
      steadyShare: withDefault(share, 0.5).read(steadyShare, join(path, 'steadyShare')),
    };
  },
};

/** As far as options of such sources depend on the size of pictures. */
const windowSourceSizePixels = 256;

/** Windows of panoramas or still photographs before a camera that moves. */
export type RenderedWindowSource = WeightedSource & {
  kind: 'panorama' | 'layers';
  /** The part of the time between two frames that the shutter is open. */
  shutterShare: [number, number];
  /** Share of the windows whose frames are exposed alike. */
  steadyShare: number;
};

const anySource: Field<FieldType<typeof source> | RenderedWindowSource> = {
  read: (value, path) => {
    const { kind } = readMapping(value, path);
    if (kind === undefined) return source.read(value, path);
    if (kind !== 'panorama' && kind !== 'layers') {
      throw new Error(
        `Expected 'panorama' or 'layers' for '${join(path, 'kind')}', or no kind for a folder of videos, but received ${excerptOfValue(kind)}.`,
      );
    }
    return rendered.read(value, path);
  },
};

/** Where windows of a run come from. */
export const windowDataField = section({
  sources: list(anySource),
  sizePixels: withDefault(sizePixelsField, 128),
  cacheMegabytes: withDefault(cacheMegabytesField, 512),
});

/** Windows that are always the same ones. */
export const windowValidationField = section({
  /** Folder of videos that no training sample comes from, relative to the run file. */
  folder: text,
  videos: optional(list(text)),
  everySteps: withDefault(positive, 500),
  count: withDefault(validationCount, 24),
  sizePixels: withDefault(sizePixelsField, 128),
  exposureFrames: withDefault(framesRange, [7, 7]),
  strideFrames: withDefault(framesRange, [1, 1]),
  seed: withDefault(wholeNumber, 1),
});

/** Where the windows of a run come from, those it learns from and those it is measured on. */
export interface WindowSettings {
  data: FieldType<typeof windowDataField>;
  validation: FieldType<typeof windowValidationField>;
}
