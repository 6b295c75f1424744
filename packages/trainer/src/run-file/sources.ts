import {
  defaultAugmentation,
  layeredDefaults,
  panoramaDefaults,
  resolveLayeredOptions,
  resolvePanoramaOptions,
  resolveVideoOptions,
  sampleSourceKinds,
  videoDefaults,
} from '@unblur/datasets';
import type { AugmentationOptions, SampleSource } from '@unblur/datasets';
import { excerptOfValue } from '@unblur/files/parsed-value';
import {
  deviceOnlyKinds,
  deviceOnlyOptions,
  pairsShrink,
  readDeviceOptions,
} from './device-source-options.js';
import type { PairsSource } from './device-source-options.js';
import { cacheMegabytesField, sizePixelsField, workersField } from './fields.js';
import { expectKnownKeys, join, number, oneOf, readMapping, section, text, withDefault } from './schema.js';
import type { Field, FieldType } from './schema.js';

/** One source of training samples: a folder, how samples are made of it, and how often. */
export type WeightedSource = (SampleSource | PairsSource) & { weight: number };

const weight = withDefault(number({ min: 0 }), 1);

/** What run files have to know of a kind of source of @unblur/datasets. */
interface KnownKind {
  /** Its options. The size and number of frames, which all sources share, may be among them. */
  options: string[];
  /** With every default filled in, so that a stored run stays what it was. */
  resolve(given: SharedOptions): object;
  /** Whether its samples come with their motion, or may, as stored ones do. */
  hasMotion: boolean;
}
interface SharedOptions {
  sizePixels: number;
  augmentation?: Partial<AugmentationOptions>;
}

/** Samples that are finished: there is nothing to fill in. */
const storedKind: KnownKind = {
  options: ['augmentation'],
  resolve: (given) => given,
  hasMotion: true,
};

/** The compiler asks for a kind that is new in @unblur/datasets here. */
const knownKinds: Record<SampleSource['kind'], KnownKind> = {
  panorama: { options: Object.keys(panoramaDefaults), resolve: resolvePanoramaOptions, hasMotion: true },
  layers: { options: Object.keys(layeredDefaults), resolve: resolveLayeredOptions, hasMotion: true },
  video: {
    options: [...Object.keys(videoDefaults), 'windowFrames'],
    resolve: (given) => {
      const { windowFrames, ...resolved } = resolveVideoOptions(given);
      // How many frames are averaged follows from the frames of a sample unless the run says so.
      return 'windowFrames' in given ? { ...resolved, windowFrames } : resolved;
    },
    hasMotion: false,
  },
  shards: storedKind,
  samples: storedKind,
};

/** Kinds of sources whose samples come with their motion, or may: which stored ones do is not read here. */
export const motionKinds: readonly string[] = sampleSourceKinds.filter((kind) => knownKinds[kind].hasMotion);

const sharedOptions = ['sizePixels', 'frames'];
const kinds = [...sampleSourceKinds, ...deviceOnlyKinds];

const data = section({
  /** Side of the training pictures. */
  sizePixels: withDefault(sizePixelsField, 128),
  /** Each sample comes from one of them, as often as their weights say. */
  sources: {
    read: (value, path): unknown[] => {
      if (Array.isArray(value) && value.length > 0) return value;
      throw new Error(
        `Expected a list of sources for '${path}', such as [{ kind: panorama, folder: panoramas }], but received ${excerptOfValue(value)}.`,
      );
    },
  },
  /** Worker threads that make samples. */
  workers: withDefault(workersField, 1),
  /** Memory for decoded pictures, over all workers. */
  cacheMegabytes: withDefault(cacheMegabytesField, 1024),
});

/** Where training samples come from. */
export type DataConfig = Omit<FieldType<typeof data>, 'sources'> & { sources: WeightedSource[] };

export const dataField: Field<DataConfig> = {
  read: (value, path) => {
    const read = data.read(value, path);
    const place = join(path, 'sources');
    return {
      ...read,
      sources: read.sources.map((source, index) => readSource(source, read.sizePixels, `${place}[${index}]`)),
    };
  },
};

/** One source, with every default filled in. @param size of the training pictures. */
export function readSource(value: unknown, size: number, path: string): WeightedSource {
  const { kind: givenKind, folder, weight: givenWeight, ...options } = readMapping(value, path);
  const kind = oneOf(...kinds).read(givenKind, join(path, 'kind'));
  const known =
    kind === 'pairs'
      ? ['shrink', 'augmentation']
      : [
          ...knownKinds[kind].options.filter((name) => !sharedOptions.includes(name)),
          ...deviceOnlyOptions(kind),
        ];
  expectKnownKeys(options, known, path);
  const { onDevice, others } = readDeviceOptions(kind, options, path);
  if (others['augmentation'] !== undefined) {
    expectKnownKeys(
      readMapping(others['augmentation'], join(path, 'augmentation')),
      Object.keys(defaultAugmentation),
      join(path, 'augmentation'),
    );
  }
  const resolved =
    kind === 'pairs'
      ? { ...others, shrink: withDefault(pairsShrink, [1, 1]).read(others['shrink'], join(path, 'shrink')) }
      : resolveOptions(kind, { ...others, sizePixels: size });
  return {
    kind,
    folder: text.read(folder, join(path, 'folder')),
    weight: weight.read(givenWeight, join(path, 'weight')),
    ...resolved,
    ...onDevice,
  } as WeightedSource;
}

/** @throws if a source has a kind or an option that only synthesis on the device has. */
export function expectProcessorSources({ sources }: Pick<DataConfig, 'sources'>): void {
  for (const [index, { kind, ...options }] of sources.entries()) {
    const place = `data.sources[${index}]`;
    if ((deviceOnlyKinds as readonly string[]).includes(kind)) {
      throw new Error(
        `Expected sources that this machine's processor can make samples of but '${place}' is of kind '${kind}'; set 'synthesis: device'.`,
      );
    }
    const more = deviceOnlyOptions(kind).find((name) => name in options);
    if (more !== undefined) {
      throw new Error(
        `Expected options that this machine's processor has but '${place}.${more}' is only for samples made on the device; set 'synthesis: device', or leave it out.`,
      );
    }
  }
}

/** What a source says itself, with its defaults: without what all sources share. */
function resolveOptions(kind: SampleSource['kind'], given: SharedOptions): object {
  const resolved = knownKinds[kind].resolve(given);
  return Object.fromEntries(Object.entries(resolved).filter(([name]) => !sharedOptions.includes(name)));
}
