/**
 * `npm run fuzz [-- --inputs 50000] [--first 0]`: has damaged and hostile files read, as the test of the
 * same name does with the first 2,000, and prints what came of them. A fresh process takes each 2,500, so
 * that one that dies or hangs is found, with the input it had in hand.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { workspaceRoot } from './run-command.js';

const inputsPerProcess = 2500;
const processMinutes = 15;
const restoredOneIn = 3;
const slowMilliseconds = 10_000;

const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '50000' }, first: { type: 'string', default: '0' } },
});
const [inputs, first] = [Number(values.inputs), Number(values.first)];

const folder = mkdtempSync(join(tmpdir(), 'unblur-fuzz-report-'));
const reportFile = join(folder, 'report.json');
const tally = new Map();
const wrong = [];
const sum = { tried: 0, crashes: 0, slow: 0, slowestMilliseconds: 0, peakBytes: 0, processorSeconds: 0 };
try {
  for (let start = first; start < first + inputs; start += inputsPerProcess) {
    const count = Math.min(inputsPerProcess, first + inputs - start);
    const report = tryInputs(start, count);
    if (report.done === undefined) {
      sum.crashes++;
      wrong.push({ ...report, what: 'the process died or hung' });
      console.log(`inputs ${start} to ${start + count - 1}: stopped at ${JSON.stringify(report)}`);
      continue;
    }
    sum.tried += report.done;
    sum.slowestMilliseconds = Math.max(sum.slowestMilliseconds, report.slowestMilliseconds);
    sum.peakBytes = Math.max(sum.peakBytes, report.peakBytes);
    sum.processorSeconds += report.processorSeconds;
    sum.slow += report.wrong.filter(({ what }) => what.startsWith('took ')).length;
    wrong.push(...report.wrong);
    for (const [target, { tried, accepted }] of report.tally) {
      const all = tally.get(target) ?? { tried: 0, accepted: 0 };
      tally.set(target, { tried: all.tried + tried, accepted: all.accepted + accepted });
    }
    console.log(
      `inputs ${start} to ${start + count - 1}: ${report.wrong.length} wrong, slowest ${Math.round(report.slowestMilliseconds)} ms, at most ${Math.round(report.peakBytes / 1e6)} MB`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

for (const [target, { tried, accepted }] of tally) {
  console.log(`${target.padEnd(28)} ${tried} tried, ${tried - accepted} refused, ${accepted} read`);
}
for (const each of wrong.slice(0, 50)) console.log(JSON.stringify(each));
const { tried, crashes, slow, slowestMilliseconds, peakBytes, processorSeconds } = sum;
console.log(
  `${tried} inputs: ${crashes} crashes, ${slow} over ${slowMilliseconds / 1000} s (slowest ${(slowestMilliseconds / 1000).toFixed(1)} s), ${wrong.length - crashes - slow} other faults, at most ${Math.round(peakBytes / 1e6)} MB; ${Math.round(processorSeconds)} s of processor time`,
);
process.exitCode = wrong.length === 0 && peakBytes < 1e9 ? 0 : 1;

function tryInputs(start, count) {
  rmSync(reportFile, { force: true });
  const { stderr } = spawnSync(
    process.execPath,
    [join(workspaceRoot, 'node_modules/jest/bin/jest.js'), '--runInBand', 'src/fuzz/'],
    {
      cwd: join(workspaceRoot, 'packages/cli'),
      env: {
        ...process.env,
        NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
        UNBLUR_TESTS: 'all',
        UNBLUR_FUZZ_FIRST: String(start),
        UNBLUR_FUZZ_INPUTS: String(count),
        UNBLUR_FUZZ_RESTORED_ONE_IN: String(restoredOneIn),
        UNBLUR_FUZZ_REPORT: reportFile,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: processMinutes * 60_000,
      killSignal: 'SIGKILL',
    },
  );
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return { input: start, target: 'none', stderr: stderr.slice(-2000) };
  }
}
