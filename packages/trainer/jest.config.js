import preset from '../../jest.preset.js';

export default { ...preset, displayName: 'trainer', setupFiles: ['<rootDir>/../onnx/jest.realm.js'] };
