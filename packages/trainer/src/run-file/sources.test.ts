import { expect, test } from '@jest/globals';
import { layeredDefaults, panoramaDefaults, sampleSourceKinds, videoDefaults } from '@unblur/datasets';
import type { SampleSource } from '@unblur/datasets';
import { motionKinds, readSource } from './sources.js';

const defaultsOfKind: Record<SampleSource['kind'], object> = {
  panorama: panoramaDefaults,
  layers: layeredDefaults,
  video: videoDefaults,
  shards: {},
  samples: {},
};

test.each(sampleSourceKinds)('a source of kind %s is completed with the defaults of its own kind', (kind) => {
  const { sizePixels: _size, frames: _frames, ...own } = defaultsOfKind[kind] as Record<string, unknown>;
  expect(readSource({ kind, folder: 'pictures' }, 64, 'source')).toEqual({
    kind,
    folder: 'pictures',
    weight: 1,
    ...own,
  });
});

test('the frames that a video exposes are kept where the run says them', () => {
  const source = { kind: 'video', folder: 'videos', windowFrames: [13] };
  expect(readSource(source, 64, 'source')).toMatchObject({ windowFrames: [13] });
});

test('the kinds whose motion is known move the camera themselves, or store samples of such', () => {
  expect(motionKinds).toEqual(['panorama', 'layers', 'shards', 'samples']);
});
