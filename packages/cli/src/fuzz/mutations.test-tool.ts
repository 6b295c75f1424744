import type { Random } from '@unblur/datasets';

/** One of some things. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

/** Stands for lists in lists, too deep for `JSON.stringify`. */
const deepNesting = 'lists in lists';

/** A mutated tree as JSON. */
export function hostileJson(tree: unknown): string {
  return String(JSON.stringify(tree)).replaceAll(
    `"${deepNesting}"`,
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  );
}

/** Values that stand where others are expected. */
const hostileValues: readonly (() => unknown)[] = [
  ...[
    0,
    -1,
    0.5,
    2,
    16,
    63,
    255,
    2000,
    1e6,
    1e8,
    1e9,
    2 ** 53,
    1e300,
    -1e300,
    null,
    true,
    '',
    '7',
    'toString',
    '__proto__',
    [],
    {},
    [[]],
    [null],
  ].map((value) => () => value),
  () => 'x'.repeat(5000),
  () => 'a\u001b[31m\u202e\n\u0000',
  () => deepNesting,
  () => Array.from({ length: 5000 }, () => 1),
];

/** Names that mean something in JavaScript, to a terminal, or are long. */
const hostileNames = [
  '__proto__',
  '__proto__/polluted',
  'weights/__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'a\u001b[31m\u202e',
  'x'.repeat(3000),
];

/** Plain data with a few places of it replaced, left out, renamed or repeated. */
export function mutateTree(tree: unknown, random: Random): unknown {
  let mutated = tree;
  for (let times = 1 + random.below(3); times > 0; times--) {
    mutated = mutatePlace(mutated, random, random.below(6));
  }
  return mutated;
}

/** @param levels how far down to go, where there is something. */
function mutatePlace(value: unknown, random: Random, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return pick(random, hostileValues)();
  const entries = Object.entries(value);
  if (entries.length === 0 || (levels === 0 && random.below(3) === 0)) return pick(random, hostileValues)();
  const place = random.below(entries.length);
  const [name, part] = entries[place]!;
  if (levels > 0) {
    entries[place] = [name, mutatePlace(part, random, levels - 1)];
  } else {
    switch (random.below(5)) {
      case 0:
        entries.splice(place, 1);
        break;
      case 1:
        entries[place] = [pick(random, hostileNames), part];
        break;
      case 2:
        entries.push([pick(random, hostileNames), pick(random, [part, pick(random, hostileValues)()])]);
        break;
      default:
        entries[place] = [name, pick(random, hostileValues)()];
    }
  }
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}

const hostileIntegers = [0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 100_000_000];

/** Bytes with a few of them changed, left out, repeated or cut off. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = Buffer.from(bytes);
  for (let times = 1 + random.below(4); times > 0 && mutated.length > 8; times--) {
    const place = random.below(mutated.length - 8);
    const length = 1 + random.below(Math.min(64, mutated.length - place));
    switch (random.below(7)) {
      case 0:
        mutated[place]! ^= 1 << random.below(8);
        break;
      case 1:
        mutated[place] = random.below(256);
        break;
      case 2:
        mutated.writeUInt32LE(pick(random, hostileIntegers), place);
        break;
      case 3:
        mutated.writeBigUInt64LE(BigInt(pick(random, hostileIntegers)) << BigInt(random.below(33)), place);
        break;
      case 4:
        mutated = Buffer.concat([mutated.subarray(0, place), mutated.subarray(place + length)]);
        break;
      case 5:
        mutated = Buffer.concat([mutated.subarray(0, place + length), mutated.subarray(place)]);
        break;
      default:
        if (random.below(3) === 0) mutated = mutated.subarray(0, place);
    }
  }
  return new Uint8Array(mutated);
}

const hostileLines = [
  'loop: &loop [*loop]',
  `many: [${'&a [x], *a, '.repeat(300)}]`,
  `a: &a [${'x,'.repeat(9)}x]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\nd: &d [${'*c,'.repeat(9)}*c]\ne: [${'*d,'.repeat(9)}*d]`,
  '['.repeat(3000),
  `${'- '.repeat(3000)}x`,
  `${'? '.repeat(3000)}x`,
  `key: ${'{a: '.repeat(3000)}`,
  'set: !!set {x}',
  'code: !!python/object/apply:os.system [id]',
  '__proto__: {polluted: 1}',
  'data: null',
  'threads: 1e9',
  'batchSize: .inf',
  'steps: .nan',
  'a\u0000: b',
  '%YAML 1.1\n---',
  '--- 1\n--- 2',
  `long: ${'x'.repeat(200_000)}`,
];

/** Lines with a few of them changed, left out, repeated, moved, or put among them. */
export function mutateLines(text: string, random: Random): string {
  const lines = text.split('\n');
  for (let times = 1 + random.below(3); times > 0; times--) {
    const place = random.below(lines.length);
    switch (random.below(6)) {
      case 0:
        lines.splice(place, 1);
        break;
      case 1:
        lines.splice(random.below(lines.length + 1), 0, lines[place] ?? '');
        break;
      case 2:
        lines.splice(place, 0, pick(random, hostileLines));
        break;
      case 3:
        lines[place] = (lines[place] ?? '')
          .replace(/\d+(\.\d+)?/, () => hostileJson(pick(random, hostileValues)()))
          .slice(0, 10_000);
        break;
      case 4:
        lines[place] = `${' '.repeat(random.below(4))}${lines[place] ?? ''}`;
        break;
      default:
        lines[place] = (lines[place] ?? '')
          .split('')
          .filter(() => random.below(20) > 0)
          .join('');
    }
  }
  return lines.join('\n');
}
