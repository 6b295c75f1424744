import preset from '../../jest.preset.js';

export default { ...preset, displayName: 'inference', setupFiles: ['<rootDir>/../onnx/jest.realm.js'] };
