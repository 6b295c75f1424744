export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

const chartWidth = 640;
const height = 260;
const margin = { left: 64, right: 12, top: 28, bottom: 36 };
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];
const letterWidth = 7;
const legendGap = 10;
const tickCount = 5;
const maxPoints = 600;

/**
 * A line chart over the steps of a run as SVG, with a legend and labelled axes; long series are thinned by
 * averaging neighbours. Empty text without points.
 */
export function lineChart(title: string, series: readonly Series[]): string {
  const thinned = series
    .map(({ name, points }) => ({ name, points: thin(points) }))
    .filter(({ points }) => points.length > 0);
  const all = thinned.flatMap(({ points }) => points);
  if (all.length === 0) return '';
  const [xMin, xMax] = extent(all.map(([x]) => x));
  const [yMin, yMax] = extent(all.map(([, y]) => y));
  const toX = (x: number) =>
    margin.left + ((x - xMin) / (xMax - xMin)) * (chartWidth - margin.left - margin.right);
  const toY = (y: number) =>
    height - margin.bottom - ((y - yMin) / (yMax - yMin)) * (height - margin.top - margin.bottom);
  const ticks = Array.from({ length: tickCount }, (_, index) => index / (tickCount - 1));
  const grid = ticks.map((share) => {
    const [x, y] = [xMin + share * (xMax - xMin), yMin + share * (yMax - yMin)];
    return (
      `<line x1="${margin.left}" x2="${chartWidth - margin.right}" y1="${toY(y).toFixed(1)}" y2="${toY(y).toFixed(1)}" stroke="#8884"/>` +
      `<text x="${margin.left - 6}" y="${(toY(y) + 4).toFixed(1)}" text-anchor="end">${tickLabel(y)}</text>` +
      `<text x="${toX(x).toFixed(1)}" y="${height - margin.bottom + 16}" text-anchor="middle">${tickLabel(x)}</text>`
    );
  });
  /** Where a legend's word ends: all stand in the title's line, the last at the right. */
  const legendEnd = (index: number) =>
    chartWidth -
    margin.right -
    thinned.slice(index + 1).reduce((sum, { name }) => sum + legendGap + name.length * letterWidth, 0);
  const lines = thinned.map(({ name, points }, index) => {
    const color = colors[index % colors.length];
    const path = points.map(([x, y]) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(' ');
    // A style: a page's stylesheet says the colour of all other words, and goes before an attribute.
    return (
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>` +
      `<text x="${legendEnd(index)}" y="16" text-anchor="end" style="fill:${color}">${escapeHtml(name)}</text>`
    );
  });
  return (
    `<svg viewBox="0 0 ${chartWidth} ${height}" role="img" aria-label="${escapeHtml(title)}"><text class="title" x="${margin.left}" y="16">${escapeHtml(title)}</text>` +
    `${grid.join('')}${lines.join('')}<text x="${chartWidth / 2}" y="${height - 4}" text-anchor="middle">step</text></svg>`
  );
}

/** A text as HTML shows it, in elements and in attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!,
  );
}

function thin(points: Series['points']): Series['points'] {
  const group = Math.ceil(points.length / maxPoints);
  if (group <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / group) }, (_, index) => {
    const part = points.slice(index * group, (index + 1) * group);
    const average = (axis: 0 | 1) => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [average(0), average(1)] as const;
  });
}

/** Smallest and largest value, a little apart if they are equal. */
function extent(values: readonly number[]): [number, number] {
  const [min, max] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
  return max > min ? [min, max] : [min - 0.5, max + 0.5];
}

function tickLabel(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
