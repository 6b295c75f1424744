import preset from '../../jest.preset.js';

export default {
  ...preset,
  displayName: 'evaluation',
  setupFiles: ['<rootDir>/../onnx/jest.realm.js'],
};
