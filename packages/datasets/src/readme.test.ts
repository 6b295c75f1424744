import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import sharp from 'sharp';
import * as datasets from './index.js';
import { makePanoramaFolder, newFolder } from './pictures/picture-folder.test-tool.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

const folder = newFolder();
const before = process.cwd();

/** The folders that the examples read. */
beforeAll(async () => {
  const panoramas = await makePanoramaFolder(2);
  for (const name of ['panoramas', 'stills']) {
    await files.cp(panoramas, join(folder, name), { recursive: true });
  }
  const texture = await sharp(join(panoramas, 'panorama-0.png')).toBuffer();
  const videos = [
    'videos/walk',
    ...['blur', 'sharp'].map((kind) => `gopro/test/GOPR0001/${kind}`),
    'own/blur/street',
    'own/gt/street',
  ];
  for (const [index, video] of videos.entries()) {
    mkdirSync(join(folder, video), { recursive: true });
    for (let frame = 0; frame < (index === 0 ? 13 : 2); frame++) {
      await sharp(texture)
        .extract({ left: frame, top: 0, width: 80, height: 80 })
        .png()
        .toFile(join(folder, video, `${frame}.png`));
    }
  }
  process.chdir(folder);
});
afterAll(() => process.chdir(before));

test.each(examples.map((code, index) => [/import \{\s*(\w+)/.exec(code)![1]!, index] as const))(
  'the README example with %s prints what its comments say',
  async (_, index) => {
    // Tests run on source, without the compiled worker, which sets are made with by default.
    const source = examples[index]!.replace(/workers: 1/g, 'workers: 0').replace(
      /(synthesize\w+\(\{)/g,
      '$1 workers: 0,',
    );
    const claims = [...source.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, claim]) => claim);
    const { code } = transformSync(source.replace(/^import [^;]*;$/gm, ''), {
      swcrc: false,
      isModule: true,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    });
    const printed: string[] = [];
    const scope = {
      ...datasets,
      ...files,
      console: { log: (...values: unknown[]) => printed.push(values.join(' ')) },
    };
    const run = new Function(
      'scope',
      `with (scope) { return (async () => { ${code.replace(/^export \{\};?$/gm, '')} })(); }`,
    ) as (scope: object) => Promise<void>;
    await run(scope);
    expect(claims.length).toBeGreaterThan(0);
    expect(printed).toEqual(claims);
  },
);

test('the README names nothing that does not exist', () => {
  const imported = [...readme.matchAll(/import \{([^}]*)\} from '@unblur\/datasets/g)].flatMap(([, names]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  );
  const named = [
    ...readme.matchAll(
      /`((?:\w+(?:Batches|Shards|Set|Samples|Scenes|Videos|Folder|Defaults|Frames))|noAugmentation)\b/g,
    ),
  ]
    .map(([, name]) => name!)
    .filter((name) => name !== 'windowFrames');
  expect(named.length).toBeGreaterThan(10);
  for (const name of [...imported, ...named]) expect(Object.keys(datasets)).toContain(name);
});
