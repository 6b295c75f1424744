import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { tinyWeights } from '../../restoration/src/photo/tiny-network.test-tool.js';

const compiled = new URL('../dist/index.js', import.meta.url);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unblur-server-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the README example of a server restores on a worker thread, says what failed and through whom, and stops', async () => {
  if (!existsSync(compiled)) {
    throw new Error(`Expected the compiled package at ${compiled}; run npm run build first.`);
  }
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  for (const [, name, code] of readme.matchAll(/```js\n\/\/ (\w+\.js)\n([\s\S]*?)```/g)) {
    await writeFile(join(folder, name!), code!.replace("'@unblur/inference'", `'${compiled.href}'`));
  }
  const restoring = join(folder, 'restoring.js');
  await writeFile(restoring, `import './watched-ports.js';\n${await readFile(restoring, 'utf8')}`);
  await writeFile(
    join(folder, 'watched-ports.js'),
    `import { appendFileSync } from 'node:fs';
    import { MessagePort } from 'node:worker_threads';
    const { postMessage } = MessagePort.prototype;
    MessagePort.prototype.postMessage = function (message, transfer) {
      if (message.frames?.length === 3) throw new TypeError('a mistake in the program');
      // Written before the message goes: once it has arrived, the program may end this thread.
      for (const { data } of message.frames ?? []) {
        appendFileSync('handed-over.txt', transfer.includes(data.buffer) + ' ');
      }
      postMessage.call(this, message, transfer);
    };`,
  );
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'weights.safetensors'), tinyWeights());
  const photo = sharp({ create: { width: 40, height: 24, channels: 3, background: 'teal' } });
  await photo.jpeg().toFile(join(folder, 'photo.jpg'));
  await photo.resize(2000, 1200).jpeg().toFile(join(folder, 'large.jpg'));
  await writeFile(
    join(folder, 'app.js'),
    `import { readFile } from 'node:fs/promises';
    import { restore, stop } from './server.js';
    const told = (promise) => promise.then(
      ({ frames, motionsPixels, scale }) => [frames.map(({ width, height, data }) => [width, height, data.length]), motionsPixels.length, typeof scale],
      ({ message, userError }) => ({ message, userError }),
    );
    const answers = await Promise.all([
      told(restore('photo.jpg', [0.5])),
      told(restore(await readFile('photo.jpg'))),
      told(restore('none.jpg')),
      told(restore('photo.jpg', [-1, 0, 1])),
    ]);
    const waiting = told(restore('large.jpg'));
    await stop();
    console.log(JSON.stringify([...answers, await waiting, await told(restore('photo.jpg'))]));`,
  );
  const output = execFileSync(process.execPath, ['app.js'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  const frame = [40, 24, 40 * 24 * 3];
  expect(JSON.parse(output)).toEqual([
    [[frame], 1, 'number'],
    [Array.from({ length: 7 }, () => frame), 7, 'number'],
    { message: expect.stringMatching(/none\.jpg: there is no such file/), userError: true },
    { message: 'a mistake in the program', userError: false },
    { message: 'The worker has ended', userError: false },
    { message: 'The worker has ended' },
  ]);
  expect(await readFile(join(folder, 'handed-over.txt'), 'utf8')).toBe('true '.repeat(8));
});
