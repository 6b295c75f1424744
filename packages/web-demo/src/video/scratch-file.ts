import { BufferTarget, StreamTarget, type StreamTargetChunk, type Target } from 'mediabunny';

/** `FileSystemSyncAccessHandle`, which workers have. */
interface SyncAccessHandle {
  write(data: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  close(): void;
}

/** Where a clip is written: on disk, so that long ones need no memory. */
export interface ScratchFile {
  /** Undefined for what is in memory. */
  name?: string;
  target: Target;
  /**
   * What was written; stays until another is opened for the same owner that does not keep it, or the owner's
   * page is closed.
   */
  finish(type: string): Promise<Blob>;
}

const folderName = 'unblur-clips';

/**
 * A file of the browser's own for this page; in memory where the browser gives none, as in some private
 * windows. Files of pages that were closed, and earlier ones of this page, are deleted.
 *
 * @param owner the name of a lock that the page holds as long as it is open.
 * @param keptName the one earlier file of this page that stays.
 */
export async function openScratchFile(owner: string, keptName?: string): Promise<ScratchFile> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(folderName, { create: true });
    await deleteAbandoned(folder, owner);
    const own = await folder.getDirectoryHandle(owner, { create: true });
    await deleteAllBut(keptName, own);
    const name = crypto.randomUUID();
    const file = await own.getFileHandle(name, { create: true });
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
      name,
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
  const open = new Set([owner, ...(held ?? []).map(({ name }) => name)]);
  for await (const name of namesIn(folder)) {
    if (!open.has(name)) await folder.removeEntry(name, { recursive: true }).catch(() => undefined);
  }
}

async function deleteAllBut(keptName: string | undefined, folder: FileSystemDirectoryHandle): Promise<void> {
  for await (const name of namesIn(folder)) {
    if (name !== keptName) await folder.removeEntry(name).catch(() => undefined);
  }
}

const namesIn = (folder: FileSystemDirectoryHandle) =>
  (folder as unknown as { keys(): AsyncIterable<string> }).keys();
