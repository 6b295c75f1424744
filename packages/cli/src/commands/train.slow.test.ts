import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { photoFamily } from '@unblur/core-model';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { bin, openWorkplace, untrainedConfig } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
const photo = join(folder, 'photo.png');

beforeAll(async () => {
  const noise = (width: number, height: number) =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: 'grey',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    })
      .blur(2)
      .png();
  mkdirSync(join(folder, 'panoramas'));
  await noise(256, 128).toFile(join(folder, 'panoramas', 'noise.png'));
  await noise(48, 40).toFile(photo);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A run that does nothing useful, quickly. YAML is a superset of JSON. */
function writeRunFile(name: string, steps: number, changes = {}): void {
  const run = {
    network: { preset: 'photo', ...untrainedConfig },
    data: { sizePixels: 32, sources: [{ kind: 'panorama', folder: 'panoramas', photoPixels: 64 }] },
    validation: { panoramas: 'panoramas', sizePixels: 32, count: 1, everySteps: 100_000 },
    steps,
    batchSize: 1,
    checkpointEverySteps: 100_000,
    samplesEverySteps: 100_000,
    ...changes,
  };
  write(name, JSON.stringify(run));
}

describe('unblur train', () => {
  test('leaves weights that unblur restore takes', () => {
    writeRunFile('short.yaml', 3, { torch: { compile: true } });
    const { code, stdout, stderr } = unblur(['train', 'short.yaml', '--out', 'short']);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('trained 3 steps');
    expect(stderr).toContain("note: the engine onnxruntime ignores 'torch.compile'");
    expect(
      photoFamily.readWeights(new Uint8Array(readFileSync(join(folder, 'short', 'weights.safetensors'))))
        .config,
    ).toEqual(untrainedConfig);
    expect(
      unblur(['restore', photo, '--weights', 'short/weights.safetensors', '--out', 'restored']).code,
    ).toBe(0);
    expect(readdirSync(join(folder, 'restored', 'photo'))).toContain('frame-2.png');
  });

  test('stops at Ctrl-C with a checkpoint and code 130, and goes on from there', async () => {
    writeRunFile('long.yaml', 50_000);
    const first = await interruptAfterFirstSteps(['train', 'long.yaml', '--out', 'long']);
    expect(first.code).toBe(130);
    expect(existsSync(join(folder, 'long', 'checkpoint.safetensors'))).toBe(true);
    const second = await interruptAfterFirstSteps(['train', 'long.yaml', '--out', 'long', '--resume']);
    expect(second.code).toBe(130);
    expect(second.step).toBeGreaterThan(first.step);
  });

  test('ends with code 143 where it is told to end, with a checkpoint too', async () => {
    writeRunFile('ended.yaml', 50_000);
    const log = join(folder, 'ended', 'metrics.jsonl');
    // By the signal itself it would end without a code.
    const { code } = await interruptWhen(
      () => existsSync(log) && readFileSync(log).length > 0,
      ['train', 'ended.yaml', '--out', 'ended'],
      'SIGTERM',
    );
    expect(code).toBe(143);
    expect(existsSync(join(folder, 'ended', 'checkpoint.safetensors'))).toBe(true);
  });

  test('says at Ctrl-C that a step is finished first; a second one ends it at once', async () => {
    writeRunFile('heavy.yaml', 50_000, { batchSize: 64 });
    const log = join(folder, 'heavy', 'metrics.jsonl');
    const child = spawn(process.execPath, [bin, 'train', 'heavy.yaml', '--out', 'heavy'], { cwd: folder });
    const watch = setInterval(() => {
      if (!existsSync(log) || readFileSync(log).length === 0) return;
      clearInterval(watch);
      child.kill('SIGINT');
    }, 10);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('A second Ctrl-C stops at once.')) child.kill('SIGINT');
    });
    const ended = await new Promise((resolve) => child.on('close', (...how) => resolve(how)));
    clearInterval(watch);
    expect(ended).toEqual([null, 'SIGINT']);
    expect(existsSync(join(folder, 'heavy', 'checkpoint.safetensors'))).toBe(false);
  });

  test('advises nothing that cannot be done where Ctrl-C comes before the first step', async () => {
    writeRunFile('early.yaml', 50_000);
    const log = join(folder, 'early', 'metrics.jsonl');
    const { code, notes } = await interruptWhen(
      () => existsSync(log),
      ['train', 'early.yaml', '--out', 'early'],
    );
    expect(code).toBe(130);
    expect(notes).toContain('unblur: interrupted before the first step; nothing was trained.');
    expect(notes).not.toContain('--resume');
    expect(existsSync(join(folder, 'early', 'checkpoint.safetensors'))).toBe(false);
  });

  test('names the file on a full disk, leaves nothing half-written and goes on when there is room', () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', disk]).status !== 0) {
      return console.log('skipped: a full disk (mounting a small one needs root)');
    }
    try {
      writeRunFile('disk.yaml', 4, { checkpointEverySteps: 2 });
      const { code, stderr } = unblur(['train', 'disk.yaml', '--out', 'disk/run']);
      expect(code).toBe(1);
      expect(stderr.trim().split('\n').at(-1)).toMatch(
        /^unblur: Could not write .*disk\/run\/checkpoint\.safetensors: the disk is full/,
      );
      expect(readdirSync(join(disk, 'run')).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(readFileSync(join(disk, 'run', 'metrics.jsonl'), 'utf8')).toMatch(/^(\{.*\}\n)+$/);
      spawnSync('mount', ['-o', 'remount,size=2m', disk]);
      expect(unblur(['train', 'disk.yaml', '--out', 'disk/run', '--resume'])).toMatchObject({ code: 0 });
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

/** Sends the signal once the log of the run has grown. */
async function interruptAfterFirstSteps(
  commandLine: string[],
): Promise<{ code: number | null; step: number }> {
  const log = join(folder, 'long', 'metrics.jsonl');
  const logLength = () => (existsSync(log) ? readFileSync(log).length : 0);
  const lengthBefore = logLength();
  const { code, notes } = await interruptWhen(() => logLength() > lengthBefore, commandLine);
  return { code, step: Number(/interrupted after step (\d+)/.exec(notes)?.[1]) };
}

async function interruptWhen(
  isTime: () => boolean,
  commandLine: string[],
  signal: 'SIGINT' | 'SIGTERM' = 'SIGINT',
): Promise<{ code: number | null; notes: string }> {
  const child = spawn(process.execPath, [bin, ...commandLine], { cwd: folder });
  let notes = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (notes += text));
  const watch = setInterval(() => {
    if (isTime()) {
      clearInterval(watch);
      child.kill(signal);
    }
  }, 50);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(watch);
  return { code, notes };
}
