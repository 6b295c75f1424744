import { fileURLToPath } from 'node:url';

const besideThis = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * What every package's jest.config.js starts from: tests run on TypeScript source, as ES modules.
 * `*.slow.test.ts` files run where the environment variable UNBLUR_TESTS is `all`, as under `npm test`.
 */
const isWholeRun = process.env.UNBLUR_TESTS === 'all';

export default {
  testEnvironment: besideThis('jest.environment.js'),
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...(isWholeRun ? [] : ['\\.slow\\.test\\.ts$'])],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // Each file of tests loads TensorFlow.js anew: without the parts that nothing here uses, in half the
    // time.
    '^@tensorflow/tfjs$': besideThis('jest.tfjs.js'),
    '^@tensorflow/tfjs-(converter|data|backend-webgl)$': besideThis('jest.empty.cjs'),
  },
  testEnvironmentOptions: { customExportConditions: ['@unblur/source', 'node', 'node-addons'] },
  testTimeout: isWholeRun ? 180_000 : 60_000,
};
