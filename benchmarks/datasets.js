import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { listPanoramas } from '@unblur/datasets';
import { comparePerspectives } from './perspective.js';
import { choosePanoramaFolder } from './synthesis.js';
import { printTable } from './table.js';

const ROUNDS = 3;
const folder = await mkdtemp(join(tmpdir(), 'unblur-bench-'));
try {
  const shared = process.env.UNBLUR_SHARED ?? join(import.meta.dirname, '..', '..', 'shared');
  const { panoramaFolder } = await choosePanoramaFolder([join(shared, 'data', 'panoramas', 'train')], folder);
  const [panoramaPath] = listPanoramas(panoramaFolder);

  console.log(`256x256 perspectives out of a 4096x2048 panorama, 60 degrees across; processor time of one core, load ${loadavg()[0].toFixed(1)}`);
  const { ours, numpy, v360Turning, v360Fixed, differenceToNumpy } = await comparePerspectives({ panoramaPath, folder, rounds: ROUNDS });
  const row = (name, rate) => [name, rate === undefined ? 'not installed' : rate.toFixed(1), rate === undefined ? '' : `${(ours / rate).toFixed(2)}x`];
  printTable([
    ['', 'frames/s', 'ours is'],
    row('ours, the camera turning', ours),
    row('numpy, the same sampling, the camera turning', numpy),
    row('ffmpeg v360, the camera turning', v360Turning),
    row('ffmpeg v360, one view for all frames', v360Fixed),
  ]);
  if (differenceToNumpy !== undefined) console.log(`numpy's picture differs from ours by at most ${differenceToNumpy.toFixed(2)} of 255`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
