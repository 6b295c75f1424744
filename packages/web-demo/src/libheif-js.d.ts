/** What is used of libheif's JavaScript interface. */
declare module 'libheif-js/wasm-bundle.js' {
  export interface HeifImage {
    /** libheif's own picture, of which `ptr` is the address. */
    handle: { $$: { ptr: number } };
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
    // Of its C interface: pointers are addresses in its memory, and a struct is written where the first says.
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
    _heif_image_handle_get_nclx_color_profile(error: number, handle: number, profile: number): void;
    _heif_nclx_color_profile_free(profile: number): void;
    _heif_image_handle_get_raw_color_profile_size(handle: number): number;
    _heif_image_handle_get_raw_color_profile(error: number, handle: number, profile: number): void;
  };
  export default libheif;
}
