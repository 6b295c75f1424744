import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

/**
 * Prints what ESLint says of each `[path, source]` on its command line if that source stood in that file.
 * What it knows of the packages comes from the graph that Nx keeps.
 */
const program = `
import devkit from '@nx/devkit';
import { ESLint } from 'eslint';

await devkit.createProjectGraphAsync({ exitOnError: true });
const eslint = new ESLint();
const messages = [];
for (const [filePath, source] of JSON.parse(process.argv[1])) {
  const [result] = await eslint.lintText(source, { filePath });
  messages.push(result.messages.map(({ ruleId, message }) => ruleId + ': ' + message));
}
console.log(JSON.stringify(messages));
process.exit();
`;

/** What ESLint says of each source if it stood in that file. */
function lint(sources) {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program, JSON.stringify(sources)],
    { cwd: workspaceRoot, encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false' } },
  );
  const line = stdout.trim().split('\n').at(-1);
  if (!line.startsWith('[')) throw new Error(`ESLint printed no messages:\n${stdout}${stderr}`);
  return JSON.parse(line);
}

describe('lint', () => {
  let againstTheFlow, needsNode, forward, leftover;
  beforeAll(() => {
    [againstTheFlow, needsNode, forward, leftover] = lint([
      ['packages/core-model/src/probe.ts', "export { psnr } from '@unblur/datasets';\n"],
      ['packages/core-model/src/probe.ts', "export { default } from 'sharp';\n"],
      ['packages/inference/src/probe.ts', "export { photoPreset } from '@unblur/core-model';\n"],
      ['packages/core-model/src/probe.ts', `// ${'TO' + 'DO'} later\nexport {};\n`],
    ]);
  }, 120_000);

  test('refuses an import against the flow of data', () => {
    expect(againstTheFlow).toContainEqual(
      expect.stringContaining(
        'A project tagged with "layer:core" can only depend on libs tagged with "layer:core"',
      ),
    );
  });

  test('keeps what needs Node out of packages that run anywhere', () => {
    expect(needsNode).toContainEqual(
      expect.stringContaining('A project tagged with "platform:any" is not allowed to import "sharp"'),
    );
  });

  test('lets data flow forward', () => {
    expect(forward).toEqual([]);
  });

  test('refuses leftovers', () => {
    expect(leftover).toContainEqual(expect.stringContaining('no-warning-comments'));
  });
});
