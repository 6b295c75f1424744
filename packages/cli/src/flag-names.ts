/**
 * How a message of a library, which names its own options, reads on a command line. `elsewhere`: for a
 * command that has no such flag; without, the words stay.
 */
const flagNames: { flag: string; words: RegExp; named: string; elsewhere?: string }[] = [
  {
    flag: '--max-megapixels',
    words: /, or allow it with a maximumPixels of (\d+) million(, for about \d+ GB of memory)/,
    named: ', or allow it with --max-megapixels $1$2',
    elsewhere: '',
  },
  {
    flag: '--memory',
    words: /, or allow more with a memoryBudgetBytes of (\d+) GiB/,
    named: ', or allow more with --memory $1',
    elsewhere: '',
  },
  {
    flag: '--memory',
    words: /, with a memoryBudgetBytes of ([\d.]+) GiB,/,
    named: ' to $1 GiB (--memory $1)',
    elsewhere: ' to $1 GiB',
  },
  { flag: '--overwrite', words: /overwrite: true$/, named: '--overwrite' },
  { flag: '--hdr', words: /hdr: '(keep|tonemap)'/, named: '--hdr $1' },
  {
    flag: '--format',
    words: /\bformat, bitDepth (and|or) quality\b/,
    named: '--format, --bit-depth $1 --quality',
  },
  {
    flag: '--mirrored',
    words: /\bchoice of mirrored, precision, deinterlace,/,
    named: 'choice of --mirrored, --precision, --no-deinterlace,',
  },
  { flag: '--crop', words: /\(coverageDegrees\)/, named: '(--crop)' },
  {
    flag: '--window',
    words:
      /\bwindowFrames to be numbers that are 1 above multiples of (\d+) \(frames - 1\), at most (\d+) but received \[(\d+)\]/,
    named: '--window to be 1 above a multiple of $1 (--frames less 1), at most $2, but received $3',
  },
  { flag: '--out', words: /another folder of results\b/, named: 'another --out' },
  { flag: '--from', words: /another folder of experiments\b/, named: 'another folder (--from)' },
  {
    flag: '--out',
    words: /deblurVideo\((.+), sharp\.mp4\)/,
    named: 'unblur video $1 --out sharp.mp4',
  },
];

/**
 * A line of a library as users of a command read it: with flags where it names options.
 *
 * @param offers whether the command has a flag. Default: any that a line calls for.
 */
export function nameFlags(line: string, offers: (flag: string) => boolean = () => true): string {
  return flagNames.reduce((said, { flag, words, named, elsewhere }) => {
    const replacement = offers(flag) ? named : elsewhere;
    return replacement === undefined ? said : said.replace(words, replacement);
  }, line);
}
