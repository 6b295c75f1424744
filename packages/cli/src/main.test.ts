import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { shellWord } from '@unblur/files';
import { bin, expectOneLine, openWorkplace } from './unblur-command.test-tool.js';

const { folder, unblur } = openWorkplace();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a command line that is not understood', () => {
  test.each([
    [['restor', 'a.jpg'], /unknown command 'restor'.*Did you mean restore\?/],
    [['restore', 'a.jpg', '--frame', '3'], /unknown option '--frame'.*Did you mean --frames\?/],
    [['restore', 'a.jpg', '--frames', '0'], /Expected a whole number from 1 to 1001/],
    [['restore', 'a.jpg', '--threads', 'many'], /Expected a whole number of at least 1|from 1 to 1024/],
    [['doctor', 'x'], /too many arguments.*Expected 0 arguments but received 1\./],
    [['restore'], /missing required argument 'photo'/],
    [['eval', 'samples', '--jsn'], /unknown option '--jsn'.*Did you mean --json\?/],
    [
      ['restore', 'a.jpg', '--out', ''],
      /Expected something for option '--out <folder>' but received an empty text/,
    ],
    [['restore', ''], /Expected something for every argument but received an empty text/],
    [['restore', 'a.jpg', '--out', '-'], /does not go to standard output/],
    [['synth', 'panoram'], /Did you mean panorama\?/],
  ])('%j: one line, exit code 2', (commandLine, message) => {
    expectOneLine(unblur(commandLine), message, 2);
  });

  test.each([
    ['IMG 1.jpg', 'restore'],
    ['IMG 1.MOV', 'video'],
    ['a.heic', 'restore'],
  ])('%s alone: the line names the command that takes it', (name, command) => {
    expectOneLine(unblur(['--debug', name]), new RegExp(`unknown command '.+'; use: unblur ${command} `), 2);
    expect(unblur([name]).stderr).toContain(`unblur ${command} ${shellWord(name)}\n`);
  });

  test('prints help on request', () => {
    const { code, stdout } = unblur(['--help']);
    expect(code).toBe(0);
    for (const command of ['restore', 'eval', 'train', 'synth', 'doctor']) expect(stdout).toContain(command);
  });

  test('says in the help of restore which files it takes', () => {
    const help = unblur(['restore', '--help']).stdout.replace(/\s+/g, ' ');
    expect(help).toContain(
      'JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF, or the full-size preview of camera RAW',
    );
  });
});

test.each([
  [['restore', '~/gone.jpg'], 'gone.jpg: there is no such file'],
  [['restore', '~/*.webp'], 'No photograph matches'],
  [['restore', 'a.jpg', '--weights=~/gone.safetensors'], 'gone.safetensors is neither'],
])('%j: ~ is the home folder although no shell has said so', (commandLine, message) => {
  const home = join(folder, 'home');
  const env = { ...process.env, HOME: home, USERPROFILE: home };
  const { stderr } = unblur(commandLine, { env });
  expect(stderr).toContain(message);
  expect(stderr).toContain(home);
  expect(stderr).not.toContain('~');
});

test.each([[['restore', 'gone.jpg']], [['video', 'gone.mp4']]])(
  '--debug %j shows where an error came from',
  (commandLine) => {
    expectOneLine(unblur(commandLine), /Could not read gone/);
    const { stderr } = unblur(['--debug', ...commandLine]);
    expect(stderr).toMatch(/^unblur: Could not read .*\nUnblurError: Could not read .*\n +at /);
  },
);

describe('standard output', () => {
  const shell = (script: string) => {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, bin], {
      encoding: 'utf8',
      cwd: folder,
    });
    return { code: status, stdout, stderr };
  };

  test('that its reader closes ends quietly, with the usual code', () => {
    expect(shell('"$1" "$2" --help | true; exit ${PIPESTATUS[0]}')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(shell('"$1" "$2" --help >&-')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(shell('"$1" "$2" nonsense 2>&1 | true; exit ${PIPESTATUS[0]}')).toEqual({
      code: 2,
      stdout: '',
      stderr: '',
    });
  });

  test('on a full disk is said in one line', () => {
    if (!existsSync('/dev/full')) return console.log('skipped: a full disk (it needs /dev/full)');
    expectOneLine(
      shell('"$1" "$2" --help > /dev/full'),
      /^unblur: Could not write standard output: the disk is full/,
    );
    expect(shell('"$1" "$2" nonsense 2> /dev/full').code).toBe(2);
  });
});
