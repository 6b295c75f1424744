import { expect, test } from '@jest/globals';
import { windowDataField } from './window-run.js';

const read = (source: object) => windowDataField.read({ sources: [{ folder: 'walks', ...source }] }, 'data');

test('a source without a kind is a folder of videos, one with a kind is rendered', () => {
  expect(read({}).sources[0]).toMatchObject({ folder: 'walks', strideFrames: [1, 4] });
  expect(read({ kind: 'layers' }).sources[0]).toMatchObject({ kind: 'layers', shutterShare: [0.3, 1] });
});

test('one of another kind is told what a folder of videos is', () => {
  expect(() => read({ kind: 'video' })).toThrow(
    "Expected 'panorama' or 'layers' for 'data.sources[0].kind', or no kind for a folder of videos, but received \"video\".",
  );
});
