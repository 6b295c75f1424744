import { UnblurError } from '@unblur/files/file-error';
import { excerptOfValue } from '@unblur/files/parsed-value';

/**
 * The colour coding of optical flow of Baker et al., "A Database and Evaluation Methodology for Optical Flow"
 * (2007): hue is the direction on a wheel of 55 colours whose steps look about even, saturation the length;
 * no motion is white.
 */
const colorWheel = makeColorWheel();

/**
 * Two choices differ from the paper's own program: the wheel closes without a jump between its last colour
 * and its first, and vectors longer than the rim keep the rim's colour instead of turning dark.
 *
 * @param dx, dy a flow vector, x right and y down, in units of the length at the rim of the wheel
 * @returns red, green and blue from 0 to 255, not rounded
 * @throws UnblurError when one of them is no number
 */
export function flowColor(dx: number, dy: number): [number, number, number] {
  const saturation = Math.min(1, Math.hypot(dx, dy));
  const turns = (Math.atan2(-dy, -dx) / Math.PI + 1) / 2;
  const position = turns * colorWheel.length;
  if (Number.isNaN(position)) {
    throw new UnblurError(
      `Expected two numbers as a motion but received ${excerptOfValue(dx)} and ${excerptOfValue(dy)}; look at how they were computed`,
    );
  }
  const index = Math.floor(position);
  const from = colorWheel[index % colorWheel.length]!;
  const to = colorWheel[(index + 1) % colorWheel.length]!;
  const channel = (c: 0 | 1 | 2) => {
    const color = from[c] + (to[c] - from[c]) * (position - index);
    return 255 * (1 - saturation * (1 - color));
  };
  return [channel(0), channel(1), channel(2)];
}

/**
 * Six arcs between red, yellow, green, cyan, blue and magenta, with as many colours as each has discernible
 * steps.
 */
function makeColorWheel(): Array<[number, number, number]> {
  const red = [1, 0, 0] as const;
  const yellow = [1, 1, 0] as const;
  const green = [0, 1, 0] as const;
  const cyan = [0, 1, 1] as const;
  const blue = [0, 0, 1] as const;
  const magenta = [1, 0, 1] as const;
  const arcs = [
    [red, yellow, 15],
    [yellow, green, 6],
    [green, cyan, 4],
    [cyan, blue, 11],
    [blue, magenta, 13],
    [magenta, red, 6],
  ] as const;
  return arcs.flatMap(([from, to, steps]) =>
    Array.from({ length: steps }, (_, step): [number, number, number] => {
      const share = step / steps;
      return [
        from[0] + (to[0] - from[0]) * share,
        from[1] + (to[1] - from[1]) * share,
        from[2] + (to[2] - from[2]) * share,
      ];
    }),
  );
}
