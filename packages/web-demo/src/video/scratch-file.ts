import { BufferTarget, StreamTarget, type StreamTargetChunk, type Target } from 'mediabunny';

/** `FileSystemSyncAccessHandle`, which workers have. */
interface SyncAccessHandle {
  write(data: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  close(): void;
}

/** Where a clip is written: on disk, so that long ones need no memory. */
export interface ScratchFile {
  target: Target;
  /** What was written; stays until another is opened for the same owner, or the owner's page is closed. */
  finish(type: string): Promise<Blob>;
}

const folderName = 'unblur-clips';

/**
 * A file of the browser's own for this page; in memory where the browser gives none, as in some private
 * windows. Files of pages that were closed, and earlier ones of this page, are deleted.
 *
 * @param owner the name of a lock that the page holds as long as it is open.
 */
export async function openScratchFile(owner: string): Promise<ScratchFile> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(folderName, { create: true });
    await deleteAbandoned(folder, owner);
    const own = await folder.getDirectoryHandle(owner, { create: true });
    const file = await own.getFileHandle(crypto.randomUUID(), { create: true });
    const access = await (
      file as unknown as { createSyncAccessHandle(): Promise<SyncAccessHandle> }
    ).createSyncAccessHandle();
    const writable = new WritableStream<StreamTargetChunk>({
      write({ data, position }) {
        access.write(data, { at: position });
      },
      close: () => access.close(),
      abort: () => access.close(),
    });
    return {
      target: new StreamTarget(writable, { chunked: true, chunkSize: 2 ** 20 }),
      finish: async (type) => (await file.getFile()).slice(0, undefined, type),
    };
  } catch {
    const target = new BufferTarget();
    return { target, finish: async (type) => new Blob([target.buffer!], { type }) };
  }
}

async function deleteAbandoned(folder: FileSystemDirectoryHandle, owner: string): Promise<void> {
  const { held } = await navigator.locks.query();
  const open = new Set(held?.map(({ name }) => name));
  open.delete(owner);
  const names = (folder as unknown as { keys(): AsyncIterable<string> }).keys();
  for await (const name of names) {
    if (!open.has(name)) await folder.removeEntry(name, { recursive: true }).catch(() => undefined);
  }
}
