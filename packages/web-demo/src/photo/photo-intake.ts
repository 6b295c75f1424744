import { WorkerCalls } from '../worker-calls.js';
import { filesIn } from './dropped-files.js';
import { fileKind, type FileKind } from './file-kind.js';
import type { DecodedPhoto, DecodeRequest } from './photo-decoding.js';

const decoder = new WorkerCalls<DecodeRequest, DecodedPhoto>(
  new Worker(new URL('./photo-worker.ts', import.meta.url), { type: 'module' }),
);

/** What a file is. @throws in one line for people where this page does not take it. */
export async function kindOf(file: File): Promise<FileKind> {
  const head = await file
    .slice(0, 256)
    .arrayBuffer()
    .catch(() => {
      throw new Error(`${file.name} could not be read. If it is a folder, choose the files in it.`);
    });
  return fileKind(new Uint8Array(head), file);
}

/** Decodes a photograph off the page's thread; see `decodePhoto`. */
export function readPhoto(file: Blob, isHeic: boolean, longestSidePixels: number): Promise<DecodedPhoto> {
  return decoder.call({ file, isHeic, longestSidePixels });
}

interface IntakeParts {
  /** Where files may be dropped. */
  dropTarget: HTMLElement;
  fileInputs: HTMLInputElement[];
}

/** Calls `take` with the files that are dropped, pasted, picked or taken with a camera. */
export function listenForFiles({ dropTarget, fileInputs }: IntakeParts, take: (files: File[]) => void): void {
  for (const input of fileInputs) {
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])];
      // The same file can be chosen again.
      input.value = '';
      if (files.length > 0) take(files);
    });
  }
  let depth = 0;
  const mark = (change: number) =>
    dropTarget.classList.toggle('is-drop-target', (depth = Math.max(0, depth + change)) > 0);
  const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragenter', (event) => holdsFiles(event) && mark(1));
  document.addEventListener('dragleave', (event) => holdsFiles(event) && mark(-1));
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    mark(-depth);
    const files = [...(event.dataTransfer?.files ?? [])];
    // Both are gone once this handler has returned.
    const entries = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
    const isFlat = !entries.some(({ isDirectory }) => isDirectory);
    // What cannot be opened is told by the files themselves.
    const dropped = isFlat ? Promise.resolve(files) : filesIn(entries).catch(() => files);
    void dropped.then((all) => all.length > 0 && take(all));
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) take(files);
  });
}
