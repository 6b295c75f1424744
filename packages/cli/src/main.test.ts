import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { expectOneLine, openWorkplace } from './unblur-command.test-tool.js';

const { folder, unblur } = openWorkplace();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a command line that is not understood', () => {
  it.each([
    [['restor', 'a.jpg'], /unknown command 'restor'.*Did you mean restore\?/],
    [['restore', 'a.jpg', '--frame', '3'], /unknown option '--frame'.*Did you mean --frames\?/],
    [['restore', 'a.jpg', '--frames', '1'], /Expected a whole number from 2 to 1001/],
    [['restore', 'a.jpg', '--threads', 'many'], /Expected a whole number of at least 1|from 1 to 1024/],
    [['restore'], /missing required argument 'photo'/],
    [['eval', 'samples', '--jsn'], /unknown option '--jsn'.*Did you mean --json\?/],
    [['synth', 'panoram'], /Did you mean panorama\?/],
  ])('%j: one line, exit code 2', (commandLine, message) => {
    expectOneLine(unblur(commandLine), message, 2);
  });

  it('prints help on request', () => {
    const { code, stdout } = unblur(['--help']);
    expect(code).toBe(0);
    for (const command of ['restore', 'eval', 'train', 'synth', 'doctor']) expect(stdout).toContain(command);
  });
});
