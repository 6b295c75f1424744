import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { windowDataField } from '../systems/samples/window-run.js';
import { withDeviceDefaults } from './device-source-options.js';
import { readSource } from './sources.js';

/** Options as the tests of the Python program give them. */
const sentToPython = JSON.parse(
  readFileSync(new URL('../../python/source_options_test_data.json', import.meta.url), 'utf8'),
) as Record<string, object>;

const sourceOf = (kind: string) => readSource({ kind, folder: 'x' }, 32, 'source');
const windowsOf = (source: object) =>
  windowDataField.read({ sources: [{ folder: 'x', ...source }] }, 'data').sources[0]!;
const rendered = (kind: string) => ({ ...sentToPython[kind], ...sentToPython['rendered windows'] });

test.each<[string, object, object]>([
  ['panorama', sourceOf('panorama'), sentToPython['panorama']!],
  ['layers', sourceOf('layers'), sentToPython['layers']!],
  ['video', sourceOf('video'), sentToPython['video']!],
  ['pairs', sourceOf('pairs'), sentToPython['pairs']!],
  ['windows', windowsOf({}), sentToPython['windows']!],
  ['windows of panorama', windowsOf({ kind: 'panorama' }), rendered('panorama')],
  ['windows of layers', windowsOf({ kind: 'layers' }), rendered('layers')],
])('the Python program is sent every option of %s, whatever the run file says', (_, source, sent) => {
  const { folder, weight, ...options } = withDeviceDefaults({ ...source } as Record<string, unknown>);
  expect([folder, weight, options]).toEqual(['x', 1, sent]);
});

test('what a run file says stays', () => {
  expect(withDeviceDefaults({ kind: 'layers', parallax: 0.5 })).toMatchObject({
    parallax: 0.5,
    acceleration: 0,
  });
  expect(withDeviceDefaults({ kind: 'pairs', augmentation: { flips: false } })).toMatchObject({
    augmentation: { flips: false, quarterTurns: true },
  });
});
