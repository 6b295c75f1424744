/**
 * `npm test`: installs what is missing, then compiles, lints and tests every package, the slow lane included.
 * `npm test -- --fast`: compiles what changed and runs the unit tests, for use while changing things; no
 * browser, no training. More words are paths or parts of paths of test files: only those run.
 * The last line is the sum: each test and each of the other checks counts as one.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { removeOrphans } from './build.js';
import { ensureInstalled } from './install.js';
import { runNode, runNodeQuietly, workspaceRoot } from './run-command.js';

/** A worker takes up to 2 GB: more of them than this do not fit into a small machine. */
const workers = Math.min(Math.max(availableParallelism(), 2), 4);

const { values, positionals } = parseArgs({
  options: { fast: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const isWholeRun = !values.fast && positionals.length === 0;

await ensureInstalled();
removeOrphans();

const counts = { passed: 0, failed: 0 };

/** Runs programs beside each other, each given as its title, its path and its command line. */
async function checkTogether(checks) {
  await Promise.all(
    checks.map(async ([title, program, commandLine]) => {
      const { code, output } = await runNodeQuietly(program, commandLine);
      console.log(`\n> ${title}\n${output}`.trimEnd());
      if (code === 0) {
        counts.passed += 1;
      } else {
        counts.failed += 1;
        console.log(`${title}: failed (exit code ${code})`);
      }
    }),
  );
}

async function runTests() {
  console.log('\n> tests');
  const resultsPath = join(workspaceRoot, 'tmp', 'test-results.json');
  mkdirSync(join(workspaceRoot, 'tmp'), { recursive: true });
  rmSync(resultsPath, { force: true });
  const code = await runNode(
    'node_modules/jest/bin/jest.js',
    [
      '--config=jest.workspace.js',
      `--maxWorkers=${workers}`,
      '--json',
      `--outputFile=${resultsPath}`,
      ...positionals,
    ],
    {
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      UNBLUR_TESTS: values.fast ? 'fast' : 'all',
    },
  );
  const results = readResults(resultsPath);
  if (!results) {
    counts.failed += 1;
    console.log(`tests: jest ended with code ${code} and left no results`);
    return;
  }
  counts.passed += results.numPassedTests;
  counts.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
  if (code !== 0 && counts.failed === 0) counts.failed += 1;
  reportSkipped(results);
  reportFailed(results);
}

function readResults(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function reportSkipped({ testResults }) {
  for (const { name, assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status === 'pending') console.log(`skipped: ${name.slice(workspaceRoot.length + 1)}: ${fullName}`);
    }
  }
}

/** Failures once more, without their colours: what jest said of them is thousands of lines above. */
function reportFailed({ testResults }) {
  const report = (name, title, message) => {
    const text = stripVTControlCharacters(message).trimEnd().split('\n').slice(0, 20).join('\n    ');
    console.log(`\nfailed: ${name.slice(workspaceRoot.length + 1)}: ${title}\n    ${text}`);
  };
  for (const { name, status, message, assertionResults } of testResults) {
    const failures = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failures) {
      report(name, fullName, failureMessages.join('\n'));
    }
    if (status === 'failed' && failures.length === 0) report(name, 'the file itself', message);
  }
}

const typecheck = ['typecheck and build', 'node_modules/typescript/bin/tsc', ['-b']];
if (isWholeRun) {
  // Lint reads the graph of the projects that nx leaves.
  await checkTogether([
    typecheck,
    ['project references in order (nx sync --check)', 'node_modules/nx/dist/bin/nx.js', ['sync:check']],
  ]);
  await checkTogether([
    ['lint', 'node_modules/eslint/bin/eslint.js', ['.', '--max-warnings=0']],
    ['format', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']],
    ['format of Python', 'scripts/format-python.js', ['--check']],
    ['copied code', 'node_modules/jscpd/bin/jscpd', ['.', '--exitCode=1', '--silent']],
  ]);
} else {
  await checkTogether([typecheck]);
}
await runTests();

console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
