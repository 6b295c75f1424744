import type { Command } from 'commander';

export const completionShells = ['bash', 'zsh', 'fish'] as const;
export type CompletionShell = (typeof completionShells)[number];

/** A place on the command line, and what may stand there. */
interface CompletionPlace {
  /** The command that was named before it: `synth panorama`, or nothing. */
  command: string;
  /** The option whose value it is; a dash where an option is begun; nothing for any other word. */
  before: string;
  /** What to offer; file names where there is none. */
  words: CompletionWord[];
}

interface CompletionWord {
  name: string;
  description: string;
}

/**
 * The lines of a script that completes a program's commands, options and their choices in a shell, and file
 * names elsewhere. Made from what the program declares, so that it is right for the version that prints it.
 */
export function writeCompletion(program: Command, shell: CompletionShell): string[] {
  const writers = { bash: bashScript, zsh: zshScript, fish: fishScript };
  const name = program.name();
  return [
    ...(shell === 'zsh' ? [`#compdef ${name}`] : []),
    `# Completes ${name} in ${shell}. Made by: ${name} completion ${shell}`,
    ...writers[shell](name, listPlaces(program, [])),
  ];
}

function listPlaces(command: Command, path: readonly string[]): CompletionPlace[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command);
  const options = help.visibleOptions(command);
  const name = path.join(' ');
  const flagsOf = ({ short, long }: { short?: string | undefined; long?: string | undefined }): string[] =>
    [short, long].filter((flag): flag is string => typeof flag === 'string');
  const described = (commands: readonly Command[]): CompletionWord[] =>
    commands.map((other) => ({ name: other.name(), description: other.description() }));
  const plain = (words: readonly string[] = []): CompletionWord[] =>
    words.map((word) => ({ name: word, description: '' }));
  const [argument] = command.registeredArguments;
  return [
    {
      command: name,
      before: '',
      words:
        argument?.name() === 'command' && command.parent
          ? described(help.visibleCommands(command.parent))
          : [...described(subcommands), ...plain(argument?.argChoices)],
    },
    {
      command: name,
      before: '-',
      words: options.flatMap((option) =>
        flagsOf(option).map((flag) => ({ name: flag, description: option.description })),
      ),
    },
    ...options
      .filter(({ required, optional }) => required || optional)
      .flatMap((option) =>
        flagsOf(option).map((flag) => ({ command: name, before: flag, words: plain(option.argChoices) })),
      ),
    ...subcommands.flatMap((below) => listPlaces(below, [...path, below.name()])),
  ];
}

const namedCommands = (places: readonly CompletionPlace[]): string[] => [
  ...new Set(places.map(({ command }) => command).filter((command) => command !== '')),
];
const optionValues = (places: readonly CompletionPlace[]): string[] =>
  places.filter(({ before }) => before.length > 1).map(keyOf);
const keyOf = ({ command, before }: CompletionPlace): string => `${command} ${before}`;

const quoteForPosix = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;
const quoteForFish = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** Finds out which command is named in `words_before`, and what stands before the `current` word. */
function posixParser(places: readonly CompletionPlace[]): string[] {
  return [
    '  for word in "${words_before[@]}"; do',
    '    case "${command:+$command }$word" in',
    `      ${namedCommands(places).map(quoteForPosix).join('|')}) command="\${command:+$command }$word" ;;`,
    '    esac',
    '    previous="$word"',
    '  done',
    '  [[ "$current" == -* ]] && before="-"',
    '  case "$command $previous" in',
    `    ${optionValues(places).map(quoteForPosix).join('|')}) before="$previous" ;;`,
    '  esac',
  ];
}

function posixCases(
  places: readonly CompletionPlace[],
  offer: (words: readonly CompletionWord[]) => string,
): string[] {
  return [
    '  case "$command $before" in',
    ...places.map((place) => `    ${quoteForPosix(keyOf(place))}) ${offer(place.words)} ;;`),
    '  esac',
  ];
}

function bashScript(program: string, places: readonly CompletionPlace[]): string[] {
  return [
    `_${program}() {`,
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" before="" previous="" word',
    '  local words_before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")',
    ...posixParser(places),
    '  COMPREPLY=()',
    // Where nothing is offered, bash completes file names by itself (-o default).
    ...posixCases(places, (words) =>
      words.length === 0
        ? ':'
        : `COMPREPLY=($(compgen -W ${quoteForPosix(words.map(({ name }) => name).join(' '))} -- "$current"))`,
    ),
    '}',
    `complete -o default -F _${program} ${program}`,
  ];
}

function zshScript(program: string, places: readonly CompletionPlace[]): string[] {
  const described = ({ name, description }: CompletionWord) =>
    quoteForPosix(`${name.replace(/:/g, '\\:')}${description === '' ? '' : `:${description}`}`);
  return [
    `_${program}() {`,
    '  local current="${words[CURRENT]}" command="" before="" previous="" word',
    '  local -a words_before choices',
    '  words_before=("${(@)words[2,CURRENT-1]}")',
    ...posixParser(places),
    ...posixCases(places, (words) =>
      words.length === 0
        ? '_files'
        : `choices=(${words.map(described).join(' ')}); _describe ${program} choices`,
    ),
    '}',
    // Run by the completion system where the file lies in its path; read by a session otherwise.
    `if [[ "\${funcstack[1]}" == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi`,
  ];
}

function fishScript(program: string, places: readonly CompletionPlace[]): string[] {
  const described = ({ name, description }: CompletionWord) =>
    `${quoteForFish(name)} ${quoteForFish(description)}`;
  return [
    `function __${program}_words`,
    '  set -l words_before (commandline -opc)[2..-1]',
    '  set -l current (commandline -ct)',
    '  set -l command ""',
    '  set -l before ""',
    '  set -l previous ""',
    '  for word in $words_before',
    '    set -l candidate (string trim -- "$command $word")',
    `    contains -- "$candidate" ${namedCommands(places).map(quoteForFish).join(' ')}; and set command "$candidate"`,
    '    set previous "$word"',
    '  end',
    '  string match -q -- "-*" "$current"; and set before "-"',
    `  contains -- "$command $previous" ${optionValues(places).map(quoteForFish).join(' ')}; and set before "$previous"`,
    '  switch "$command $before"',
    ...places.flatMap((place) => [
      `    case ${quoteForFish(keyOf(place))}`,
      `      ${place.words.length === 0 ? '__fish_complete_path "$current"' : `printf '%s\\t%s\\n' ${place.words.map(described).join(' ')}`}`,
    ]),
    '  end',
    'end',
    `complete -c ${program} -f -a '(__${program}_words)'`,
  ];
}
