import preset from '../../jest.preset.js';

export default { ...preset, displayName: 'web-demo', setupFiles: ['<rootDir>/../onnx/jest.realm.js'] };
