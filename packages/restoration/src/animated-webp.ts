/**
 * An endless WebP animation of still WebP files: RIFF chunks `VP8X`, `ANIM` and an `ANMF` for each frame of a
 * round (RFC 9649). A frame that is shown twice is compressed once, and stills can be compressed side by
 * side; for photographs in which everything moves, that is as small as libwebp's own animations. Where little
 * moves it is larger: every frame costs as much as a still.
 *
 * @param stills opaque, all of the size that is given.
 * @param round indices of stills, in the order in which they are shown.
 */
export function animateWebp(
  stills: readonly Uint8Array[],
  round: readonly number[],
  { width, height, frameMilliseconds }: { width: number; height: number; frameMilliseconds: number },
): Uint8Array<ArrayBuffer> {
  const pictures = stills.map(pictureChunks);
  const size = [...little(width - 1, 3), ...little(height - 1, 3)];
  const hasAnimation = 0x02;
  const endless = [...little(0xffffffff, 4), ...little(0, 2)];
  const noBlend = 0x02;
  const frameHeader = Uint8Array.from([...little(0, 6), ...size, ...little(frameMilliseconds, 3), noBlend]);
  const parts = chunk('RIFF', [
    lettersOf('WEBP'),
    ...chunk('VP8X', [Uint8Array.from([...little(hasAnimation, 4), ...size])]),
    ...chunk('ANIM', [Uint8Array.from(endless)]),
    ...round.flatMap((index) => chunk('ANMF', [frameHeader, ...pictures[index]!])),
  ]);
  const file = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Of a still WebP file, the chunks that hold the picture: `VP8 ` or `VP8L`. */
function pictureChunks(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const kept: Uint8Array[] = [];
  for (let at = 12; at + 8 <= file.length;) {
    const length = 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) & 1);
    const name = String.fromCharCode(...file.subarray(at, at + 4));
    if (['VP8 ', 'VP8L'].includes(name)) kept.push(file.subarray(at, at + length));
    at += length;
  }
  return kept;
}

/** A RIFF chunk in parts, of an even length in all. */
function chunk(name: string, content: readonly Uint8Array[]): Uint8Array[] {
  const length = lengthOf(content);
  return [lettersOf(name), Uint8Array.from(little(length, 4)), ...content, new Uint8Array(length & 1)];
}

const lettersOf = (name: string): Uint8Array => Uint8Array.from(name, (letter) => letter.charCodeAt(0));

const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) % 256);

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);
