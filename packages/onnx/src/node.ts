export { createSession } from './create-session.js';
export { graphicsFailure } from './graphics-device.js';
export { importInstalled } from './installed-package.js';
export { usableProcessors } from './operation-threads.js';
export { chooseRuntime, type ChosenRuntime } from './runtime.js';
export type { Session, SessionOptions, TensorData } from './session.js';
export { activateBackend } from './tfjs-backend.js';
