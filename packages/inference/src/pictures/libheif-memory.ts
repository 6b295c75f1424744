import { UnblurError } from '@unblur/files';

type Libheif = (typeof import('libheif-js/wasm-bundle.js'))['default'];

const errorBytes = 12;

/** What is taken from libheif's memory for one file, and given back together. */
export class LibheifMemory {
  readonly libheif: Libheif;
  readonly #name: string;
  /** In reverse order of its release. */
  readonly #held: (() => void)[] = [];
  /** Where functions write the error that they answer with, and the number that they find. */
  readonly error: number;
  readonly result: number;

  /** @param name what messages call the file. */
  constructor(libheif: Libheif, name: string) {
    this.libheif = libheif;
    this.#name = name;
    this.error = this.allocate(errorBytes);
    this.result = this.allocate(4);
  }

  /** @returns an address. @throws UnblurError where there is no more memory. */
  allocate(length: number): number {
    const address = this.libheif._malloc(length);
    if (address === 0) {
      throw new UnblurError(
        `${this.#name} needs more memory than is available; close other programs or convert it to JPEG first`,
      );
    }
    this.hold(() => this.libheif._free(address));
    return address;
  }

  /** The bytes as a place in the memory. */
  place(bytes: Uint8Array): number {
    const address = this.allocate(bytes.length);
    this.libheif.HEAPU8.set(bytes, address);
    return address;
  }

  /** Has something released with the rest. */
  hold(release: () => void): void {
    this.#held.push(release);
  }

  /** Runs a function that answers with an error, which is written where its first argument says. @throws it. */
  check(run: (error: number) => void): void {
    run(this.error);
    if (this.word(this.error) !== 0) throw new Error(this.#text(this.word(this.error + 8)));
  }

  word(address: number): number {
    return new DataView(this.libheif.HEAPU8.buffer).getInt32(address, true);
  }

  /** A copy. */
  bytes(address: number, length: number): Uint8Array {
    return this.libheif.HEAPU8.slice(address, address + length);
  }

  release(): void {
    for (const release of this.#held.reverse()) release();
  }

  #text(address: number): string {
    const { HEAPU8: memory } = this.libheif;
    return Buffer.from(memory.subarray(address, memory.indexOf(0, address))).toString();
  }
}
