/**
 * Put in when the page is bundled, see vite.config.js: sizes of the files that are downloaded apart from it.
 */
declare const __fileBytes__: {
  processorWasm: number;
  suspendingWasm: number;
  unwindingWasm: number;
  photoWeights: number;
  videoWeights: number;
};

/** Likewise: where the sources are; empty where that is not known. */
declare const __sourceUrl__: string;
