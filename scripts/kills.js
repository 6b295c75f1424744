/**
 * `npm run kills -- [--kills 20] [--pairs 10] [--job restore] [--json]`: kills jobs of the `unblur` command
 * with signal 9 at random moments, runs each again, and starts pairs of them in one folder. Prints what was
 * broken or left behind, and ends with code 1 if anything was.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfStale } from './build.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    pairs: { type: 'string', default: '10' },
    job: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
  },
});
buildIfStale(console.error);
const { killRepeatedly, prepareJobs, runOnce, startInPairs } = await import('./killed-jobs.js');

const workplace = mkdtempSync(join(tmpdir(), 'unblur-kills-'));
try {
  const jobs = (await prepareJobs(workplace)).filter(({ name }) => !values.job || values.job.includes(name));
  const rows = [];
  for (const job of jobs) {
    const reference = await runOnce(workplace, job);
    const kills = await killRepeatedly(workplace, job, reference, Number(values.kills));
    const pairs = await startInPairs(workplace, job, reference, Number(values.pairs));
    rows.push({ job: job.name, kills, pairs });
    if (!values.json) printRow(rows.at(-1), rows.length === 1);
  }
  if (values.json) console.log(JSON.stringify(rows, null, 1));
  if (
    rows.some(
      ({ kills, pairs }) =>
        kills.brokenAfterKill + kills.wrongAfterNextRun + kills.leftAfterNextRun + pairs.wrong + pairs.left >
        0,
    )
  ) {
    process.exitCode = 1;
  }
} finally {
  rmSync(workplace, { recursive: true, force: true });
}

function printRow({ job, kills, pairs }, withTitle) {
  const columns = {
    kills: kills.kills,
    'left files': kills.leftByKills,
    broken: kills.brokenAfterKill,
    'wrong after the next run': kills.wrongAfterNextRun,
    'left after it': kills.leftAfterNextRun,
    pairs: pairs.pairs,
    'one refused': pairs.oneRefused,
    'both whole': pairs.bothWhole,
    wrong: pairs.wrong,
    left: pairs.left,
  };
  if (withTitle) console.log(`${'job'.padEnd(14)}${Object.keys(columns).join('  ')}`);
  console.log(
    job.padEnd(14) +
      Object.entries(columns)
        .map(([title, value]) => String(value).padStart(title.length))
        .join('  '),
  );
  if (pairs.refusals.length > 0) console.log(`  such as: ${pairs.refusals[0].split('\n').at(-1)}`);
}
