import { spawnSync, type SpawnSyncOptions } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  clipFamily,
  photoFamily,
  videoDeblurFamily,
  videoDeblurPresets,
  type PhotoConfig,
  type VideoDeblurConfig,
} from '@unblur/core-model';
import { expect } from '@jest/globals';
import { narrowedClip } from '../../core-model/src/clip/narrowed-clip.test-tool.js';

/** The command as a user starts it. */
export const bin = fileURLToPath(new URL('../bin/unblur.js', import.meta.url));

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder to work in, readable for everyone, and the command run inside it. */
export interface Workplace {
  folder: string;
  /** Writes a file into the folder and returns its path. */
  write(name: string, content: string | Uint8Array): string;
  unblur(commandLine: string[], startedAs?: Pick<SpawnSyncOptions, 'uid' | 'gid' | 'env'>): Run;
}

export function openWorkplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'unblur-cli-'));
  chmodSync(folder, 0o755);
  return {
    folder,
    write(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    unblur(commandLine, startedAs = undefined) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...commandLine], {
        encoding: 'utf8',
        cwd: folder,
        ...startedAs,
      });
      return { code: status, stdout, stderr };
    },
  };
}

/** A failure as a user should see it: its exit code and one line that says what was wrong. */
export function expectOneLine({ code, stderr }: Run, message: RegExp, expectedCode = 1): void {
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(expectedCode);
}

/** Standard error without the lines that say how far a command is, which it prints where it takes long. */
export function withoutProgress(stderr: string): string {
  return stderr.replace(/^\d+\/\d+ .*left\n/gm, '');
}

/** The network of `untrainedWeights`. */
export const untrainedConfig: PhotoConfig = {
  channels: [4, 4, 4, 4],
  encoderBlocks: [1, 1, 1],
  bottleneckBlocks: 1,
  decoderBlocks: [1, 1, 1],
  trajectoryChannels: 4,
  trajectoryBlocks: 1,
  frameChannels: 4,
  frameBlocks: 1,
};

/**
 * A small untrained network as a weights file: it runs in milliseconds and gives the photograph back as every
 * frame.
 */
export function untrainedWeights(): Uint8Array {
  return photoFamily.writeWeights(photoFamily.initialWeights(untrainedConfig, 1), untrainedConfig, {
    dtype: 'float32',
  });
}

/** As `untrainedWeights`, of the clip network of three frames. */
export function untrainedClipWeights(): Uint8Array {
  const config = narrowedClip();
  return clipFamily.writeWeights(clipFamily.initialWeights(config, 1), config, { dtype: 'float32' });
}

/**
 * A small untrained network for videos as a weights file: it runs in milliseconds, and its output is its
 * input, since corrections start at zero. @param flow what its flow network has otherwise.
 */
export function untrainedVideoWeights(flow: Partial<VideoDeblurConfig['flow']> = {}): Uint8Array {
  const { small } = videoDeblurPresets;
  const config: VideoDeblurConfig = {
    ...small,
    scaleFusion: null,
    flow: {
      ...small.flow,
      pyramidChannels: [2, 2],
      pyramidConvolutions: 1,
      finestLevel: 2,
      searchRadiusPixels: 1,
      denseChannels: [2],
      refiner: [],
      ...flow,
    },
    reconstruction: {
      kernelSize: 3,
      channels: [2, 2, 2],
      residualBlocks: [1, 1, 1],
      finestLevel: 1,
      residualImage: true,
    },
  };
  return videoDeblurFamily.writeWeights(videoDeblurFamily.initialWeights(config, 1), config, {
    dtype: 'float32',
  });
}
