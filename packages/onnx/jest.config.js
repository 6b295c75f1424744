import preset from '../../jest.preset.js';

export default { ...preset, displayName: 'onnx', setupFiles: ['<rootDir>/jest.realm.js'] };
