import type { Argument, Command, Option } from 'commander';

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
  /** Whether file names are offered beside the words. */
  withFiles?: boolean;
}

interface CompletionWord {
  name: string;
  description: string;
}

const namesBesideFiles = new WeakMap<Option | Argument, readonly string[]>();

/** Notes names that may stand for a value where a file may too, for completion; others are not refused. */
export function offerNames<T extends Option | Argument>(place: T, names: readonly string[]): T {
  namesBesideFiles.set(place, names);
  return place;
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
  const wordsOf = (place: Option | Argument | undefined): Pick<CompletionPlace, 'words' | 'withFiles'> => {
    const names = place && namesBesideFiles.get(place);
    return names ? { words: plain(names), withFiles: true } : { words: plain(place?.argChoices) };
  };
  const [argument] = command.registeredArguments;
  const ofArgument = wordsOf(argument);
  return [
    {
      command: name,
      before: '',
      ...ofArgument,
      words:
        argument?.name() === 'command' && command.parent
          ? described(help.visibleCommands(command.parent))
          : [...described(subcommands), ...ofArgument.words],
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
        flagsOf(option).map((flag) => ({ command: name, before: flag, ...wordsOf(option) })),
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

function posixCases(places: readonly CompletionPlace[], offer: (place: CompletionPlace) => string): string[] {
  return [
    '  case "$command $before" in',
    ...places.map((place) => `    ${quoteForPosix(keyOf(place))}) ${offer(place)} ;;`),
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
    ...posixCases(places, ({ words, withFiles }) => {
      if (words.length === 0) return ':';
      const names = `compgen -W ${quoteForPosix(words.map(({ name }) => name).join(' '))} -- "$current"`;
      return withFiles
        ? `local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(IFS=' '; ${names}; compgen -f -- "$current"))`
        : `COMPREPLY=($(${names}))`;
    }),
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
    ...posixCases(places, ({ words, withFiles }) =>
      words.length === 0
        ? '_files'
        : `choices=(${words.map(described).join(' ')}); _describe ${program} choices${withFiles ? '; _files' : ''}`,
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
      ...(place.words.length > 0
        ? [`      printf '%s\\t%s\\n' ${place.words.map(described).join(' ')}`]
        : []),
      ...(place.words.length === 0 || place.withFiles ? ['      __fish_complete_path "$current"'] : []),
    ]),
    '  end',
    'end',
    `complete -c ${program} -f -a '(__${program}_words)'`,
  ];
}
