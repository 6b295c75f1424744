import { printMessage } from './terminal.js';

/** Says on standard error why networks run slowly here and what helps; nothing where they run fast. */
export async function noteSlowRuntime(): Promise<void> {
  const { chooseRuntime } = await import('@unblur/onnx/node');
  const { nativeFailure } = await chooseRuntime();
  if (nativeFailure !== undefined) {
    printMessage(`working about three times slower, with WebAssembly: ${nativeFailure}.`);
  }
}
