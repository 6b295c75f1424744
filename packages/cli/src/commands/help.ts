import type { Command } from 'commander';

/** `unblur help`: what `--help` prints, of the program or of a command in it. */
export function defineHelp(program: Command): void {
  program
    .command('help')
    .description('list the commands, or the options of one')
    .argument('[command...]', 'such as restore, or synth panorama')
    .action((names: string[]) => {
      findCommand(program, names).help();
    });
}

function findCommand(program: Command, names: readonly string[]): Command {
  let command = program;
  for (const name of names) {
    const found = command.commands.find((candidate) => candidate.name() === name);
    if (!found) {
      program.error(
        `error: unknown command '${name}'. There are ${command.commands.map((known) => known.name()).join(', ') || 'none below it'}.`,
      );
    }
    command = found;
  }
  return command;
}
