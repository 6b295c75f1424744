import { afterAll, beforeAll, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeSampleSet } from '@unblur/datasets';
import { createRestorer } from '@unblur/inference';
import { train } from '@unblur/trainer';
import sharp from 'sharp';
import { tinyNetwork } from '../../trainer/src/systems/photo/tiny-network.test-tool.js';
import { evaluateFolder } from './photographs.js';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'unblur-agreement-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const size = 32;

test('training scores motion in validation as evaluation scores it', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  await sharp({ create: { width: 32, height: 16, channels: 3, background: 'black', noise } })
    .resize(512, 256, { kernel: 'cubic' })
    .png()
    .toFile(join(folder, 'noise.png'));
  const set = join(folder, 'set');
  await synthesizeSampleSet({
    source: { kind: 'panorama', folder, sizePixels: size, frames: 3, photoPixels: 64, angleDegrees: [8, 10] },
    out: set,
    count: 2,
    seed: 1,
    flow: true,
    workers: 0,
  });
  const runFile = join(folder, 'run.yaml');
  writeFileSync(
    runFile,
    JSON.stringify({
      network: tinyNetwork,
      frames: 3,
      data: { sizePixels: size, sources: [{ kind: 'samples', folder: 'set' }], workers: 0 },
      validation: { folder: 'set', sizePixels: size, everySteps: 40 },
      optimizer: { learningRate: 0.01 },
      emaDecay: 0.5,
      steps: 40,
      batchSize: 2,
    }),
  );
  const { runFolder } = await train(runFile, { out: join(folder, 'run') });
  const rows = readFileSync(join(runFolder, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const { motion: validated } = JSON.parse(rows.at(-1)!) as { motion: { found: Figures; still: Figures } };

  const weights = readFileSync(join(runFolder, 'weights.safetensors'));
  const restorer = await createRestorer({ weights });
  const { motion } = await evaluateFolder(set, restorer);
  await restorer.release();
  for (const figure of ['found', 'still'] as const) {
    for (const frame of ['first', 'last', 'mean'] as const) {
      expect(motion![figure][frame]).toBeCloseTo(validated[figure][frame], 3);
    }
  }
  // Something was found, or agreement would say nothing.
  expect(Math.abs(validated.found.mean - validated.still.mean)).toBeGreaterThan(0.05);
});

interface Figures {
  first: number;
  last: number;
  mean: number;
}
