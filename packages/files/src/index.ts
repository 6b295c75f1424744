export { abortable, waitUnlessAborted } from './abort.js';
export { appendWhole, produceAtomically, writeAtomically, writeAtomicallySync } from './atomic-file.js';
export { writeFolderAtomically } from './atomic-folder.js';
export { explainFileError, explainStrayFileError, firstLine, UnblurError } from './file-error.js';
export { claimFolder, doClaimed } from './folder-claim.js';
export { doLocked, type LockOptions } from './job-lock.js';
export { isClip, isPicture, pictureExtensions } from './picture-name.js';
export { clearAbandoned, makeTemporaryFolder } from './temporary-folder.js';
export { readWholeFile } from './whole-file.js';
