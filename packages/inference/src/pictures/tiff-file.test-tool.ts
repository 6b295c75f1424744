/** A picture of a TIFF file. */
interface Page {
  /** A grey square. */
  side?: number;
  value?: number;
  orientation?: number;
  jpeg?: Buffer;
  /** Width and height of what a sensor saw. */
  sensor?: [width: number, height: number];
}

/** A TIFF file with a directory for each page, one after the other. */
export function tiffFile(pages: Page[]): Buffer {
  const parts: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let length = 8;
  const append = (part: Buffer): number => {
    parts.push(part);
    length += part.length;
    return length - part.length;
  };
  let linkTo: (offset: number) => void = (offset) => parts[0]!.writeUInt32LE(offset, 4);
  for (const { side = 0, value = 0, orientation = 1, jpeg, sensor } of pages) {
    const pixels = append(jpeg ?? Buffer.alloc(side * side, value));
    const [width, height] = sensor ?? [side, side];
    const entries = jpeg
      ? [
          [259, 7],
          [273, pixels],
          [279, jpeg.length],
        ]
      : [
          [256, width],
          [257, height],
          [258, 8],
          [259, 1],
          [262, sensor ? 32803 : 1],
          [273, pixels],
          [274, orientation],
          [277, 1],
          [278, height],
          [279, side * side],
        ];
    const directory = Buffer.alloc(2 + 12 * entries.length + 4);
    directory.writeUInt16LE(entries.length);
    entries.forEach(([tag, number], i) => {
      directory.writeUInt16LE(tag!, 2 + 12 * i);
      directory.writeUInt16LE(4, 4 + 12 * i);
      directory.writeUInt32LE(1, 6 + 12 * i);
      directory.writeUInt32LE(number!, 10 + 12 * i);
    });
    linkTo(append(directory));
    linkTo = (offset) => directory.writeUInt32LE(offset, directory.length - 4);
  }
  return Buffer.concat(parts);
}
