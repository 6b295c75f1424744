/** Files that were dropped, folders opened: what they hold in the order of the names, but for hidden files. */
export async function filesIn(entries: readonly FileSystemEntry[]): Promise<File[]> {
  const files: File[] = [];
  for (const entry of [...entries].sort((one, other) => inOrder.compare(one.name, other.name))) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory) {
      files.push(...(await filesIn(await childrenOf(entry as FileSystemDirectoryEntry))));
    } else {
      files.push(await fileOf(entry as FileSystemFileEntry));
    }
  }
  return files;
}

const inOrder = new Intl.Collator('en', { numeric: true });

const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** A reader gives some at a time, and none at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return children;
    children.push(...some);
  }
}
