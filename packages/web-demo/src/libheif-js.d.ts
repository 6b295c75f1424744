/** What is used of libheif's JavaScript interface. */
declare module 'libheif-js/wasm-bundle.js' {
  interface HeifImage {
    get_width(): number;
    get_height(): number;
    is_primary(): boolean;
    /** Draws RGBA; `null` where that fails. */
    display(target: ImageData, done: (drawn: ImageData | null) => void): void;
    free(): void;
  }
  /** What libheif keeps of a file. */
  type HeifContext = object;
  interface HeifDecoder {
    /** Of the file that was decoded last. */
    decoder: HeifContext | null;
    decode(bytes: Uint8Array): HeifImage[];
  }
  const libheif: {
    HeifDecoder: new () => HeifDecoder;
    heif_context_alloc(): HeifContext;
    heif_context_free(context: HeifContext): void;
  };
  export default libheif;
}
