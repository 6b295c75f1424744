import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Command, Option } from 'commander';
import { writeCompletion, type CompletionShell } from './shell-completion.js';
import { expectOneLine, openWorkplace } from './unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
beforeAll(() => {
  write('photo.jpg', '');
  write('my weights.safetensors', '');
  mkdirSync(join(folder, 'pictures'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Completes the last of some words with the script that a shell is given; files of the folder are among what
 * it may offer.
 */
const askShell: Record<
  CompletionShell,
  (script: string, words: string[]) => { command: string; script: string }
> = {
  bash: (script, words) => ({
    command: 'bash',
    script: `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _unblur; printf '%s\\n' "\${COMPREPLY[@]}"; [[ \${#COMPREPLY[@]} == 0 ]] && compgen -f -- '${words.at(-1)}'; true`,
  }),
  // The builtins of zsh's completion work inside its line editor alone: replaced by what prints what they are
  // given.
  zsh: (script, words) => ({
    command: 'zsh',
    script: `compdef() { }; _files() { print -l -- *(N) }; _describe() { print -l -- "\${(@P)2}" }; source ${script}; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _unblur`,
  }),
  fish: (script, words) => ({
    command: 'fish',
    script: `source ${script}; complete -C '${words.join(' ')}'`,
  }),
};

describe.each(['bash', 'zsh', 'fish'] as const)('completion in %s', (shell) => {
  const isHere = spawnSync(shell, ['-c', 'true']).status === 0;
  if (!isHere) console.log(`${shell} is not installed: its completion script is made but not run.`);
  const complete = (words: string[]): string[] => {
    const { command, script: line } = askShell[shell](join(folder, `completion.${shell}`), [
      'unblur',
      ...words,
    ]);
    const { stdout, stderr } = spawnSync(command, ['-c', line], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, HOME: folder },
    });
    expect(stderr).toBe('');
    const offered = stdout.split('\n').map((entry) => entry.split(shell === 'zsh' ? /(?<!\\):/ : '\t')[0]!);
    return offered.filter((word) => word !== '' && (shell !== 'zsh' || word.startsWith(words.at(-1)!)));
  };
  beforeAll(() => {
    write(`completion.${shell}`, unblur(['completion', shell]).stdout);
  });

  test.each([
    [['vi'], ['video'], ['restore']],
    [['synth', ''], ['panorama', 'layers'], ['restore']],
    [['synth', 'panorama', '--cou'], ['--count'], ['--frames']],
    [['restore', '--sc'], ['--scale'], ['--weights']],
    [['restore', '--scale', ''], ['auto', '1/2'], ['photo.jpg']],
    [['restore', '--scale', '1/2', 'pho'], ['photo.jpg'], ['pictures']],
    [['completion', ''], ['bash', 'zsh', 'fish'], ['restore']],
    [['export', ''], ['photo', 'video-small', 'photo.jpg'], ['restore']],
    [['restore', '--weights', 'pho'], ['photo', 'photo.jpg'], ['video-small']],
    [['video', '--weights', ''], ['photo', 'video-small', 'my weights.safetensors'], ['--weights']],
    [['help', 'exp'], ['export', 'experiment'], ['restore']],
  ])('%j offers %j', (words, offered, absent) => {
    if (!isHere) return;
    const found = complete(words);
    expect(found).toEqual(expect.arrayContaining(offered));
    for (const word of absent) expect(found).not.toContain(word);
  });
});

test('what is added to a program is completed, whatever is in its descriptions', () => {
  const program = new Command('unblur');
  program
    .command("new'one")
    .description("it's `$(touch broken)`: new")
    .addOption(new Option('-k, --kind <kind>').choices(['old', 'new']));
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const lines = writeCompletion(program, shell);
    expect(lines.some((line) => line.includes('--kind') && line.includes('-k'))).toBe(true);
    const path = write(`tricky.${shell}`, `${lines.join('\n')}\n`);
    const { status, error } = spawnSync(shell, ['-n', path], { cwd: folder });
    if (error === undefined) expect({ shell, status }).toEqual({ shell, status: 0 });
  }
});

test('a shell that is not known is refused in one line', () => {
  expectOneLine(unblur(['completion', 'tcsh']), /Allowed choices are bash, zsh, fish/, 2);
});

describe('unblur help', () => {
  test('prints what --help prints', () => {
    expect(unblur(['help']).stdout).toBe(unblur(['--help']).stdout);
    expect(unblur(['help', 'synth', 'panorama'])).toEqual(unblur(['synth', 'panorama', '--help']));
  });

  test('refuses what is no command in one line', () => {
    expectOneLine(unblur(['help', 'restor']), /unknown command 'restor'.*restore, video/, 2);
  });
});
