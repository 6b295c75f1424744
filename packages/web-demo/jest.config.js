import preset from '../../jest.preset.js';

export default { ...preset, displayName: 'web-demo', testTimeout: 180_000 };
