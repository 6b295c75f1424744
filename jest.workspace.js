import preset from './jest.preset.js';

const { testTimeout } = preset;
const isWholeRun = process.env.UNBLUR_TESTS === 'all';

/**
 * Every test of the repository in one run: the packages, and the checks of the repository itself. `npm test`
 * uses it.
 */
export default {
  projects: [
    '<rootDir>/packages/*',
    {
      displayName: 'workspace',
      rootDir: 'scripts',
      testMatch: ['<rootDir>/**/*.test.js'],
      testPathIgnorePatterns: ['/node_modules/', ...(isWholeRun ? [] : ['\\.slow\\.test\\.js$'])],
      transform: {},
      testTimeout,
    },
  ],
  testTimeout,
  testSequencer: '<rootDir>/scripts/slow-tests-first.js',
  workerIdleMemoryLimit: '2GB',
};
