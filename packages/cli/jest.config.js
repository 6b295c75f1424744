import preset from '../../jest.preset.js';

export default {
  ...preset,
  displayName: 'cli',
  globalSetup: '<rootDir>/build-before-tests.js',
  setupFiles: ['<rootDir>/../onnx/jest.realm.js'],
};
