/**
 * Single-stroke lettering for labels in pictures. Machines without fonts would show nothing for SVG text, and
 * machines with different ones different pictures; strokes look the same everywhere.
 *
 * Each glyph is its width and an SVG path: y 0 is the top of ascenders and digits, 4 of small letters, 14 the
 * baseline, 18 the lowest.
 */
const ring = 'M0 9a4 5 0 1 1 8 0a4 5 0 1 1 -8 0';
const glyphs: Record<string, readonly [width: number, path: string]> = {
  ' ': [4.5, ''],
  a: [8, `${ring}M8 4V14`],
  b: [8, `${ring}M0 0V14`],
  c: [7.2, 'M7.2 6A4 5 0 1 0 7.2 12'],
  d: [8, `${ring}M8 0V14`],
  e: [8, 'M0.2 9H8A4 5 0 1 0 7 12.3'],
  f: [5.8, 'M6 0.4Q2.5 -0.6 2.5 4V14M0 5H5.5'],
  g: [8, `${ring}M8 4V14Q8 18 4 18Q1.8 18 0.6 16.6`],
  h: [7.5, 'M0 0V14M0 8.5Q0 4 4 4Q7.5 4 7.5 8.5V14'],
  i: [2, 'M1 4V14M1 0.2V0.4'],
  j: [2.5, 'M2.5 4V15Q2.5 18 0 18M2.5 0.2V0.4'],
  k: [7.3, 'M0 0V14M7 4L0 10M2.8 7.7L7.3 14'],
  l: [2, 'M1 0V14'],
  m: [12, 'M0 4V14M0 8Q0 4 3.2 4Q6 4 6 8V14M6 8Q6 4 9.2 4Q12 4 12 8V14'],
  n: [7.5, 'M0 4V14M0 8.5Q0 4 4 4Q7.5 4 7.5 8.5V14'],
  o: [8, ring],
  p: [8, `${ring}M0 4V18`],
  q: [8, `${ring}M8 4V18`],
  r: [4.6, 'M0 4V14M0 8.5Q0 4 4.6 4.2'],
  s: [6.8, 'M6.3 5.6Q5.5 4 3.4 4Q0.6 4 0.6 6.5Q0.6 8.4 3.5 9Q6.8 9.6 6.8 11.5Q6.8 14 3.5 14Q0.9 14 0 12.2'],
  t: [5.6, 'M2.5 0.8V11Q2.5 14 5.6 13.7M0 4.5H5.5'],
  u: [7.5, 'M0 4V9.5Q0 14 3.7 14Q7.5 14 7.5 9.5M7.5 4V14'],
  v: [7.6, 'M0 4L3.8 14L7.6 4'],
  w: [11.2, 'M0 4L2.8 14L5.6 5L8.4 14L11.2 4'],
  x: [7, 'M0 4L7 14M7 4L0 14'],
  y: [7.6, 'M0 4L3.8 14M7.6 4L3.8 14L2.4 17Q1.9 18 0.4 18'],
  z: [7, 'M0 4H6.8L0 14H7'],
  '0': [8, 'M0 7a4 7 0 1 1 8 0a4 7 0 1 1 -8 0'],
  '1': [5, 'M1 3L4.5 0V14'],
  '2': [8, 'M0.3 3.5Q0.6 0 4 0Q7.7 0 7.7 3.6Q7.7 6 4.5 9L0 14H8'],
  '3': [7.8, 'M0.5 2Q1.6 0 4 0Q7.3 0 7.3 3.4Q7.3 6.6 3.5 6.6Q7.8 6.6 7.8 10.2Q7.8 14 3.9 14Q1 14 0 11.6'],
  '4': [8, 'M6 14V0L0 10H8'],
  '5': [7.8, 'M7.2 0H1.4L0.8 6.3Q2.2 5.3 4 5.3Q7.8 5.3 7.8 9.6Q7.8 14 3.8 14Q1.2 14 0 12'],
  '6': [7.8, 'M6.8 1Q5.8 0 4.4 0Q0 0.4 0 8.5M0 9.4a3.9 4.6 0 1 1 7.8 0a3.9 4.6 0 1 1 -7.8 0'],
  '7': [8, 'M0 0H8L3 14'],
  '8': [8, 'M0.6 3.4a3.4 3.4 0 1 1 6.8 0a3.4 3.4 0 1 1 -6.8 0M0 10.4a4 3.6 0 1 1 8 0a4 3.6 0 1 1 -8 0'],
  '9': [8, 'M1.2 13Q2.2 14 3.6 14Q8 13.6 8 5.5M8 4.6a3.9 4.6 0 1 1 -7.8 0a3.9 4.6 0 1 1 7.8 0'],
  '.': [2, 'M1 13.8V14'],
  ',': [2.5, 'M1.6 13.6L0.6 16.4'],
  ':': [2, 'M1 6V6.2M1 13.8V14'],
  '-': [5, 'M0 9H5'],
  '(': [3.5, 'M3.5 -0.5Q-1.8 7.5 3.5 16.5'],
  ')': [3.5, 'M0 -0.5Q5.3 7.5 0 16.5'],
  '×': [6.4, 'M0 6.4L6.4 12.8M6.4 6.4L0 12.8'],
};

const letterGap = 3;
const capHeight = 14;

export interface LetteringStyle {
  /** Height of digits and ascenders. */
  heightPixels: number;
  color: string;
}

/** How wide a line comes out, in pixels. */
export function measureText(text: string, heightPixels: number): number {
  const width = [...text].reduce((sum, character) => sum + glyph(character)[0] + letterGap, -letterGap);
  return (width * heightPixels) / capHeight;
}

/** An SVG group that shows a line whose left end is at `x` and whose baseline is at `baseline`. */
export function drawText(
  text: string,
  x: number,
  baseline: number,
  { heightPixels, color }: LetteringStyle,
): string {
  let pen = 0;
  const strokes = [...text].map((character) => {
    const [width, path] = glyph(character);
    const stroke = path && `<path d="${path}" transform="translate(${pen} 0)"/>`;
    pen += width + letterGap;
    return stroke;
  });
  const scale = heightPixels / capHeight;
  return `<g transform="translate(${x} ${baseline - heightPixels}) scale(${scale})" fill="none" stroke="${color}" stroke-width="1.55" stroke-linecap="round" stroke-linejoin="round">${strokes.join('')}</g>`;
}

function glyph(character: string): readonly [number, string] {
  const found = glyphs[character];
  if (!found) {
    throw new RangeError(`Expected text of small letters, digits and .,:-()× but received '${character}'`);
  }
  return found;
}
