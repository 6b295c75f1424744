import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isClip, shellWord } from '@unblur/files';
import { Command, CommanderError } from 'commander';
import { defineCalibrate } from './commands/calibrate.js';
import { defineCompletion } from './commands/completion.js';
import { defineDoctor } from './commands/doctor.js';
import { defineEval } from './commands/eval.js';
import { defineEvalVideo } from './commands/eval-video.js';
import { defineExperiment } from './commands/experiment.js';
import { defineExport } from './commands/export.js';
import { defineHelp } from './commands/help.js';
import { defineImport } from './commands/import.js';
import { defineReport } from './commands/report.js';
import { defineRestore } from './commands/restore.js';
import { defineShake } from './commands/shake.js';
import { defineSynth } from './commands/synth.js';
import { defineTrain } from './commands/train.js';
import { defineVideo } from './commands/video.js';
import { describeFailure, printOrigin } from './failure.js';
import { interruptionCode } from './interruption.js';
import { isNamedLikePhoto } from './photo-paths.js';
import { isClosedOutput, printMessage, surviveClosedOutput } from './terminal.js';
import { readVersion } from './version.js';

const usageErrorCode = 2;

/**
 * Runs the `unblur` command and sets the exit code of the process: 0 done, 1 something failed, 2 not
 * understood, 130 interrupted, 143 told to end.
 *
 * @param commandLine what follows `unblur`
 */
export async function main(commandLine: string[]): Promise<void> {
  surviveClosedOutput();
  const program = defineProgram();
  let command = program;
  program.hook('preAction', (_, action) => {
    command = action as Command;
    expectNoEmptyValue(command);
  });
  const offers = (flag: string) => command.options.some(({ long }) => long === flag);
  try {
    const words = commandLine.map(asFileName).map(fromHome);
    expectCommand(program, words);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : usageErrorCode;
      return;
    }
    if (isClosedOutput(error)) return;
    const interruption = interruptionCode();
    if (interruption !== undefined) {
      printMessage('interrupted; nothing half-written was left.');
      process.exitCode = interruption;
      return;
    }
    printMessage(describeFailure(error, offers));
    printOrigin(error, program.opts());
    process.exitCode = 1;
  }
}

/** Where a photograph or a clip stands in the place of the command, the error names the one that takes it. */
function expectCommand(program: Command, words: readonly string[]): void {
  const word = words.find((candidate) => !candidate.startsWith('-'));
  if (!word || program.commands.some((command) => command.name() === word)) return;
  const meant = isClip(word) ? 'video' : isNamedLikePhoto(word) ? 'restore' : undefined;
  if (!meant) return;
  program.error(`error: unknown command '${word}'; use: unblur ${meant} ${shellWord(word)}`);
}

/** An empty text is what a shell makes of a variable that is not set: never meant. */
function expectNoEmptyValue(command: Command): void {
  const { options, args } = command;
  const empty = options.find((option) =>
    [command.getOptionValue(option.attributeName())].flat().includes(''),
  );
  if (empty === undefined && !args.includes('')) return;
  const place = empty ? `option '${empty.flags}'` : 'every argument';
  command.error(`error: Expected something for ${place} but received an empty text.`);
}

/** `-y.mp4`, where there is a file of that name, is no option. */
function asFileName(argument: string): string {
  return /^-[^-].*\./.test(argument) && existsSync(argument) ? `./${argument}` : argument;
}

/**
 * `~/` as the home folder where shells leave it as it is, as in `"~/photos/*.jpg"` and `--out=~/sharp`: what
 * would be written to a folder named `~` is hard to find and dangerous to remove.
 */
function fromHome(argument: string): string {
  return existsSync('~')
    ? argument
    : argument.replace(/^(--[\w-]+=)?~(?=[/\\]|$)/, (_, option = '') => option + homedir());
}

function defineProgram(): Command {
  const program = new Command('unblur')
    .description('Recovers the moment inside a blurred photograph: sharp frames and the motion between them.')
    .version(readVersion(), '-v, --version', 'print the version')
    .option('--debug', 'show where an error came from')
    .helpCommand(false)
    .showHelpAfterError(false)
    .configureOutput({ outputError: (message) => printMessage(onOneLine(message)) })
    .exitOverride();
  for (const define of [
    defineRestore,
    defineVideo,
    defineShake,
    defineEval,
    defineEvalVideo,
    defineTrain,
    defineReport,
    defineExperiment,
    defineSynth,
    defineImport,
    defineExport,
    defineCalibrate,
    defineDoctor,
    defineCompletion,
    defineHelp,
  ]) {
    define(program);
  }
  return program;
}

function onOneLine(message: string): string {
  return (
    message
      .replace(/^error: /, '')
      // Commander's words beside ours.
      .replace(/ but got (?=\d)/, ' but received ')
      .trim()
      .replace(/\s*\n\s*/g, ' ')
  );
}
