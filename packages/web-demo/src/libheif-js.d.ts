/** What is used of libheif's JavaScript interface. */
declare module 'libheif-js/wasm-bundle.js' {
  interface HeifImage {
    get_width(): number;
    get_height(): number;
    /** Draws RGBA; `null` where that fails. */
    display(target: ImageData, done: (drawn: ImageData | null) => void): void;
    free(): void;
  }
  const libheif: { HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[] } };
  export default libheif;
}
