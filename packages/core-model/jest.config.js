import preset from '../../jest.preset.js';

export default { ...preset, displayName: 'core-model', setupFiles: ['<rootDir>/../onnx/jest.realm.js'] };
