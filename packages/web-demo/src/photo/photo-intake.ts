import { WorkerCalls } from '../worker-calls.js';
import type { DecodedPhoto, DecodeRequest } from './photo-decoding.js';

const decoder = new WorkerCalls<DecodeRequest, DecodedPhoto>(
  new Worker(new URL('./photo-worker.ts', import.meta.url), { type: 'module' }),
);

/** Decodes a photograph off the page's thread; see `decodePhoto`. */
export function readPhoto(file: Blob, longestSidePixels: number): Promise<DecodedPhoto> {
  return decoder.call({ file, longestSidePixels });
}

interface IntakeParts {
  /** Where files may be dropped. */
  dropTarget: HTMLElement;
  fileInputs: HTMLInputElement[];
}

/** Calls `take` with every file that is dropped, pasted, picked or taken with a camera. */
export function listenForPhotos({ dropTarget, fileInputs }: IntakeParts, take: (file: File) => void): void {
  for (const input of fileInputs) {
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      // The same file can be chosen again.
      input.value = '';
      if (file) take(file);
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
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
  document.addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (file) take(file);
  });
}
