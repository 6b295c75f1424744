import { UnblurError } from '@unblur/files/file-error';
import { excerptOfValue } from '@unblur/files/parsed-value';

/** How any network is run. */
export interface NetworkOptions {
  threads?: number | undefined;
  memoryBudgetBytes?: number | undefined;
}

/** @throws UnblurError that names the option that makes no sense, what it must be and what came. */
export function expectNetworkOptions({ threads, memoryBudgetBytes }: NetworkOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new UnblurError(
      `Expected a whole number of at least 1 for threads but received ${excerptOfValue(threads)}`,
    );
  }
  if (memoryBudgetBytes !== undefined && !(typeof memoryBudgetBytes === 'number' && memoryBudgetBytes > 0)) {
    throw new UnblurError(
      `Expected a number above 0 for memoryBudgetBytes but received ${excerptOfValue(memoryBudgetBytes)}`,
    );
  }
}
