import { firstLine, UnblurError } from '@unblur/files/file-error';

/** What every network is opened with. */
export interface NetworkOptions {
  /** The bytes of a `.safetensors` file. */
  weights: Uint8Array;
  threads?: number;
  memoryBudgetBytes?: number;
}

/** @throws UnblurError that names the option that makes no sense, what it must be and what came. */
export function expectNetworkOptions({ weights, threads, memoryBudgetBytes }: NetworkOptions): void {
  const given: unknown = weights;
  if (!(given instanceof Uint8Array)) {
    throw new UnblurError(
      `Expected the bytes of a .safetensors file, as a Uint8Array, for weights but received ${describeType(given)}; read the file first: await readFile(place)`,
    );
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new UnblurError(`Expected a whole number of at least 1 for threads but received ${threads}`);
  }
  if (memoryBudgetBytes !== undefined && !(memoryBudgetBytes > 0)) {
    throw new UnblurError(
      `Expected a number above 0 for memoryBudgetBytes but received ${memoryBudgetBytes}`,
    );
  }
}

function describeType(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'object' && value !== null
    ? `an object of type ${value.constructor.name}`
    : `a value of type ${typeof value}`;
}

/** Reads weights. @throws UnblurError that says why they cannot be used, when `read` throws. */
export function explainWeights<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UnblurError(`These weights cannot be used. ${firstLine((cause as Error).message)}`, { cause });
  }
}
