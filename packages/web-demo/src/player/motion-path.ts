import type { Displacement } from './motion-summary.js';

const reach = 50;
const scaleLengths = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];

/** Draws where the picture as a whole is at each frame, with a bar of known length; 120 units a side. */
export function drawMotionPath(
  svg: SVGSVGElement,
  points: readonly Displacement[],
  shownFrame: number,
): void {
  const longest = Math.max(0.05, ...points.map(({ dx, dy }) => Math.max(Math.abs(dx), Math.abs(dy))));
  const unitsPerPixel = (reach - 8) / longest;
  const places = points.map(({ dx, dy }) => ({ x: dx * unitsPerPixel, y: dy * unitsPerPixel }));
  const barPixels = scaleLengths.filter((length) => length * unitsPerPixel <= 50).at(-1) ?? scaleLengths[0]!;
  const line = svgElement('polyline', {
    points: places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
    class: 'path-line',
  });
  const dots = places.map(({ x, y }, index) =>
    svgElement('circle', {
      cx: x.toFixed(1),
      cy: y.toFixed(1),
      r: '2',
      class: index === shownFrame ? 'path-dot is-shown' : 'path-dot',
    }),
  );
  const bar = svgElement('path', {
    d: `M-56 55h${(barPixels * unitsPerPixel).toFixed(1)}`,
    class: 'path-bar',
  });
  const text = svgElement('text', { x: '-56', y: '50', class: 'path-text' });
  text.textContent = `${barPixels} px`;
  svg.replaceChildren(bar, text, line, ...dots);
}

function svgElement(name: string, attributes: Record<string, string>): SVGElement {
  const created = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) created.setAttribute(attribute, value);
  return created;
}
