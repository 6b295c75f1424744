/** What a file that a visitor gives is, as far as its first bytes and its name tell. */
export type FileKind = 'photo' | 'heic' | 'video';

const hevcBrands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1'];
const videoBrands = [
  'isom',
  'iso2',
  'iso4',
  'iso5',
  'iso6',
  'mp41',
  'mp42',
  'avc1',
  'qt  ',
  'M4V ',
  '3gp4',
  '3gp5',
];

/**
 * @param head the first 256 bytes, or fewer where there are no more.
 * @throws in one line for people where it is something that this page does not take: which, and what to do.
 */
export function fileKind(
  head: Uint8Array,
  { name, type, size }: { name: string; type: string; size: number },
): FileKind {
  const called = name || 'This file';
  if (size === 0) throw new Error(`${called} is empty. Choose a photograph or a clip.`);
  const text = String.fromCharCode(...head.subarray(0, 256));
  if (text.startsWith('GIF8')) return 'photo';
  if (text.slice(4, 8) === 'ftyp') {
    const brands = [text.slice(8, 12), ...(text.slice(16, 64).match(/.{4}/gs) ?? [])];
    if (brands.includes('avif') || brands.includes('avis')) return 'photo';
    if (hevcBrands.includes(brands[0]!)) return 'heic';
    if (videoBrands.includes(brands[0]!) || type.startsWith('video/')) return 'video';
  }
  if (text.startsWith('\x1aE\xdf\xa3') || (text.startsWith('RIFF') && text.slice(8, 12) === 'AVI ')) {
    return 'video';
  }
  // MPEG-TS: packets of 188 bytes, each begun by a G, in some cameras' files after four bytes of time.
  if ([0, 4].some((start) => text[start] === 'G' && text[start + 188] === 'G')) return 'video';
  if (type.startsWith('video/')) return 'video';
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg|<svg)/s.test(text) || type === 'image/svg+xml') {
    throw new Error(`${called} is a drawing (SVG), which has no blur. Choose a photograph.`);
  }
  if (text.startsWith('%PDF')) {
    throw new Error(`${called} is a PDF document. Save its picture as JPEG or PNG first.`);
  }
  if (type.startsWith('audio/')) {
    throw new Error(`${called} is an audio file. Choose a photograph or a clip.`);
  }
  if (type.startsWith('text/') || type === 'application/json') {
    throw new Error(`${called} is a text file. Choose a photograph or a clip.`);
  }
  if (/\.(cr2|cr3|nef|arw|dng|raf|orf|rw2)$/i.test(name)) {
    throw new Error(
      `${called} is a camera raw file, which browsers cannot read. Export it as JPEG, or use the command: npx @unblur/cli restore`,
    );
  }
  return 'photo';
}
