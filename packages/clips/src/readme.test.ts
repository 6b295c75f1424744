import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { ffmpeg, hasFfmpegHere } from './clip-passes.test-tool.js';
import * as clips from './index.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'clips-readme-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Runs the example. @param api what it finds in place of what the package exports. @returns what it prints.
 */
async function runExample(api: Partial<typeof clips> = {}): Promise<string[]> {
  const code = /```ts\n([\s\S]*?)```/.exec(
    readFileSync(new URL('../README.md', import.meta.url), 'utf8'),
  )![1]!;
  ffmpeg('-f', 'lavfi', '-i', 'color=white:s=32x32:r=10:d=0.3', join(folder, 'clip.mp4'));
  const { code: program } = transformSync(code.replace(/^import [\s\S]*?;$/m, ''), {
    swcrc: false,
    isModule: true,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  const body = program.replaceAll(/['"](clip\.mp4|darker\.mkv)['"]/g, (_, name: string) =>
    JSON.stringify(join(folder, name)),
  );
  const said: string[] = [];
  const run = new Function(...Object.keys(clips), 'console', `return (async () => { ${body} })();`) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(...Object.values({ ...clips, ...api }), { log: (line: string) => said.push(line) });
  return said;
}

const testWithFfmpeg = hasFfmpegHere ? test : test.skip;

testWithFfmpeg('the README example writes a darker clip', async () => {
  expect(await runExample()).toEqual(['everything was kept']);
  expect(readdirSync(folder).sort()).toEqual(['clip.mp4', 'darker.mkv']);
  const darker = join(folder, 'darker.mkv');
  for await (const { data } of clips.readClip(darker, await clips.probeClip(darker), {
    hdr: 'keep',
    deinterlace: true,
  })) {
    expect(data[500]).toBeCloseTo(0.5, 2);
  }
});

testWithFfmpeg('an error in the loop of the README example leaves no file and no ffmpeg', async () => {
  async function* failing(...clip: Parameters<typeof clips.readClip>) {
    for await (const frame of clips.readClip(...clip)) {
      yield frame;
      throw new Error('the filter failed');
    }
  }
  await expect(runExample({ readClip: failing })).rejects.toThrow('the filter failed');
  expect(readdirSync(folder)).toEqual(['clip.mp4']);
  const { stdout } = spawnSync('ps', ['--ppid', String(process.pid), '-o', 'args='], { encoding: 'utf8' });
  expect(stdout ?? '').not.toContain('darker.mkv');
});
