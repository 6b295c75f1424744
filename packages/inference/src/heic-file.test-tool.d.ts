export interface HeicOptions {
    bits?: 8 | 10;
    /** How often it is to be turned by 90 degrees anticlockwise when it is shown. */
    quarterTurns?: number;
    /** An ICC profile, or the code points of primaries, transfer and matrix (ITU-T H.273). */
    colour?: Uint8Array | [primaries: number, transfer: number, matrix: number];
}
/** A HEIC file such as phones write, of one of the streams above. */
export declare function heicFile({ bits, quarterTurns, colour }?: HeicOptions): Buffer;
//# sourceMappingURL=heic-file.test-tool.d.ts.map