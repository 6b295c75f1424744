import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

/** What ESLint says about `source` if it stood in that file. */
function lint(path, source) {
  const { stdout } = spawnSync(
    process.execPath,
    [
      join(workspaceRoot, 'node_modules/eslint/bin/eslint.js'),
      '--stdin',
      '--stdin-filename',
      path,
      '--format=json',
    ],
    {
      cwd: workspaceRoot,
      input: source,
      encoding: 'utf8',
      env: { ...process.env, NX_DAEMON: 'false' },
    },
  );
  return JSON.parse(stdout)[0].messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

describe('lint', () => {
  test('refuses an import against the flow of data', () => {
    const messages = lint('packages/core-model/src/probe.ts', "export { psnr } from '@unblur/datasets';\n");
    expect(messages).toContainEqual(
      expect.stringContaining(
        'A project tagged with "layer:core" can only depend on libs tagged with "layer:core"',
      ),
    );
  });

  test('keeps what needs Node out of packages that run anywhere', () => {
    const messages = lint('packages/core-model/src/probe.ts', "export { default } from 'sharp';\n");
    expect(messages).toContainEqual(
      expect.stringContaining('A project tagged with "platform:any" is not allowed to import "sharp"'),
    );
  });

  test('lets data flow forward', () => {
    expect(
      lint('packages/inference/src/probe.ts', "export { photoPreset } from '@unblur/core-model';\n"),
    ).toEqual([]);
  });

  test('refuses leftovers', () => {
    expect(lint('packages/core-model/src/probe.ts', `// ${'TO' + 'DO'} later\nexport {};\n`)).toContainEqual(
      expect.stringContaining('no-warning-comments'),
    );
  });
});
