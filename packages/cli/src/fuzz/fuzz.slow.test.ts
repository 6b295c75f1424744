import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createRandom } from '@unblur/datasets';
import { escapeControlCharacters } from '../control-characters.js';
import { describeFailure } from '../failure.js';
import { fuzzTargets, WrongResult } from './fuzz-targets.test-tool.js';

/** Of the inputs; `npm run fuzz` tries more of them, from other places on. */
const seed = 2021;
const firstInput = Number(process.env['UNBLUR_FUZZ_FIRST'] ?? 0);
const inputs = Number(process.env['UNBLUR_FUZZ_INPUTS'] ?? 2000);
const restoredOneIn = Number(process.env['UNBLUR_FUZZ_RESTORED_ONE_IN'] ?? 12);
/** Where figures are left, and the number of the input in hand. */
const reportFile = process.env['UNBLUR_FUZZ_REPORT'];

const slowMilliseconds = 10_000;
const largeBytes = 1e9;

/** Messages of the JavaScript engine, of Node, and of libraries about their own insides. */
const innerMessage =
  /Cannot (read|set|convert|mix|destructure|access|create|assign)|is not (a function|iterable|defined|a constructor|an object|valid JSON)|BigInt|Maximum call stack|Invalid (array|typed array|string|count|code point|time) |out of (bounds|range|memory)|bad_alloc|allocation failed|encoded data|circular|Unexpected (token|end of JSON|non-)|in JSON at|The "\w+" argument|ERR_|\bE[A-Z]{4,}\b|\[object |\bundefined\b|Error:|\s at \S+ \(/;
const innerErrors = ['TypeError', 'ReferenceError', 'SyntaxError', 'EvalError', 'URIError'];
/** What the command makes of such errors. */
const ownFault = /^(An unexpected error occurred|There is not enough memory)/;
const mostCharacters = 1000;
// eslint-disable-next-line no-control-regex -- those are what it is about
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

const folder = mkdtempSync(join(tmpdir(), 'unblur-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  `${inputs} damaged and hostile inputs are refused in plain words, soon and in little memory, or read aright`,
  async () => {
    // Other tests may have run in this process before, and taken more than these inputs may.
    const [earlierPeakBytes, startBytes] = [1024 * process.resourceUsage().maxRSS, process.memoryUsage.rss()];
    const targets = await fuzzTargets(folder, { restoredOneIn });
    const tally = new Map(targets.map(({ name }) => [name, { tried: 0, accepted: 0, milliseconds: 0 }]));
    const wrong: { input: number; target: string; what: string }[] = [];
    let slowestMilliseconds = 0;
    for (let input = firstInput; input < firstInput + inputs; input++) {
      const { name, tryOne } = targets[input % targets.length]!;
      if (reportFile) writeFileSync(reportFile, JSON.stringify({ input, target: name }));
      const counts = tally.get(name)!;
      counts.tried++;
      const startMilliseconds = performance.now();
      try {
        await tryOne(createRandom(seed, input));
        counts.accepted++;
      } catch (error) {
        const fault = faultOf(error as Error);
        if (fault) wrong.push({ input, target: name, what: fault });
      }
      const milliseconds = performance.now() - startMilliseconds;
      counts.milliseconds += milliseconds;
      slowestMilliseconds = Math.max(slowestMilliseconds, milliseconds);
      if (milliseconds > slowMilliseconds) {
        wrong.push({ input, target: name, what: `took ${Math.round(milliseconds)} ms` });
      }
      // What a name in a file has set on the prototype of all objects.
      for (const key in {}) wrong.push({ input, target: name, what: `set Object.prototype.${key}` });
    }
    // In KiB.
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    const peakBytes = maxRSS * 1024;
    if (reportFile) {
      writeFileSync(
        reportFile,
        JSON.stringify({
          done: inputs,
          wrong,
          slowestMilliseconds,
          peakBytes,
          processorSeconds: (userCPUTime + systemCPUTime) / 1e6,
          tally: [...tally],
        }),
      );
    }
    expect(wrong).toEqual([]);
    expect(peakBytes > earlierPeakBytes ? peakBytes - startBytes : 0).toBeLessThan(largeBytes);
    for (const [target, { tried, accepted }] of tally) {
      expect({ target, tried: tried > 0, refusedMany: accepted < tried }).toEqual({
        target,
        tried: true,
        refusedMany: true,
      });
    }
  },
  Math.max(60_000, inputs * 200),
);

/** What is wrong with a refusal; nothing where it is plain. */
function faultOf(error: Error): string | undefined {
  const said = escapeControlCharacters(describeFailure(error));
  const isPlain =
    !(error instanceof WrongResult) &&
    !innerErrors.includes(error.name) &&
    !innerMessage.test(error.message.replaceAll('\n', ' ')) &&
    !ownFault.test(said) &&
    said.length <= mostCharacters &&
    !controlCharacter.test(said);
  return isPlain ? undefined : `${error.name}: ${error.message.slice(0, 300)}`;
}
