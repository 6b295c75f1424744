// What browsers, Node and other runtimes share, and the language's own library does not declare.

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

declare class TextDecoder {
  constructor(encoding: 'utf-8', options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
