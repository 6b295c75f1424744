import { Argument, type Command } from 'commander';
import { completionShells, writeCompletion, type CompletionShell } from '../shell-completion.js';
import { printLine } from '../terminal.js';

/** `unblur completion`: a script that completes the command line, for a shell to read. */
export function defineCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes unblur in your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(completionShells))
    .addHelpText(
      'after',
      "\nTo load it in every session:\n  bash: echo 'eval \"$(unblur completion bash)\"' >> ~/.bashrc\n  zsh:  echo 'source <(unblur completion zsh)' >> ~/.zshrc, below compinit\n  fish: unblur completion fish > ~/.config/fish/completions/unblur.fish",
    )
    .action((shell: CompletionShell) => {
      for (const line of writeCompletion(program, shell)) printLine(line);
    });
}
