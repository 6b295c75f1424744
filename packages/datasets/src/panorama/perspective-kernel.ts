import { type Code, f32x4, FunctionAssembler, i32, i32x4, v128 } from './simd-assembler.js';

/**
 * The inner loop of synthesis: one row of a picture looks into the panorama, four pixels at a time, in
 * WebAssembly SIMD. The same instructions give the same bytes on every machine.
 *
 * Angles come from a polynomial instead of `Math.atan2` (1.7e-6 radians off: 0.0011 pixels of a panorama 4096
 * wide) in single precision. Bilinear weights are integers, 1/256 across and 1/16384 down: positions are met
 * to 0.01 pixel.
 */
export type PerspectiveKernel = (
  /** Ray through the row's first pixel, in world axes, and the step from pixel to pixel. */
  ...parameters: [
    startX: number,
    startY: number,
    startZ: number,
    stepX: number,
    stepY: number,
    stepZ: number,
    columnsPerRadian: number,
    columnOffset: number,
    rowsPerRadian: number,
    rowOffset: number,
    /**
     * Addresses, in bytes, of the panorama's pixels (with their border), the response and the row's readings;
     * rowBytes is from one row of the panorama to the next.
     */
    pixels: number,
    rowBytes: number,
    response: number,
    readings: number,
    pixelCount: number,
  ]
) => void;

/** Columns come as whole numbers times this, rows times the other. */
const columnBits = 8;

const rowBits = 14;

/** A bilinear sum of bytes is scaled by 2^22; a step of the response is 1/16 of a byte's. */
const responseShift = columnBits + rowBits - 4;

// Near-minimax fit of atan(t) on [0, 1] by odd powers up to 11, error below 1.7e-6.
const arctangent = [0.999977219, -0.3326228258, 0.1935403629, -0.1164264483, 0.05264731442, -0.01171912103];

const everywhere = (value: number): Code => f32x4.constant(value, value, value, value);

const signBits = i32x4.constant(-(2 ** 31), -(2 ** 31), -(2 ** 31), -(2 ** 31));

/**
 * The angle of a point (across, along) from the axis `along`, in (-pi, pi], or, where `along` is never
 * negative, in [-pi/2, pi/2].
 */
function arctangent2(
  assembler: FunctionAssembler,
  across: Code,
  along: Code,
  isAlongPositive: boolean,
): Code {
  const vector = (code: Code): Code => assembler.let('v128', code);
  const [sideways, ahead] = [vector(f32x4.abs(across)), vector(f32x4.abs(along))];
  const t = vector(f32x4.divide(f32x4.min(sideways, ahead), f32x4.max(sideways, ahead)));
  const squared = vector(f32x4.multiply(t, t));
  const polynomial = arctangent.reduceRight<Code>(
    (sum, coefficient) =>
      sum.length === 0
        ? everywhere(coefficient)
        : f32x4.add(f32x4.multiply(sum, squared), everywhere(coefficient)),
    [],
  );
  const small = vector(f32x4.multiply(t, polynomial));
  const upright = vector(
    v128.select(f32x4.subtract(everywhere(Math.PI / 2), small), small, f32x4.isLess(ahead, sideways)),
  );
  const unsigned = isAlongPositive
    ? upright
    : v128.select(f32x4.subtract(everywhere(Math.PI), upright), upright, f32x4.isLess(along, everywhere(0)));
  return vector(v128.xor(unsigned, v128.and(across, signBits)));
}

/**
 * Pixels are red | green << 8 | blue << 16; the response holds three tables of `tableLength` readings, which
 * are added to what is there.
 */
export function assemblePerspectiveKernel(tableLength: number): Uint8Array<ArrayBuffer> {
  const assembler = new FunctionAssembler([
    ...Array.from({ length: 10 }, () => 'f32' as const),
    ...Array.from({ length: 5 }, () => 'i32' as const),
  ]);
  const vector = (code: Code): Code => assembler.let('v128', code);
  const integer = (code: Code): Code => assembler.let('i32', code);
  const [
    startX,
    startY,
    startZ,
    stepX,
    stepY,
    stepZ,
    columnsPerRadian,
    columnOffset,
    rowsPerRadian,
    rowOffset,
    pixels,
    rowBytes,
    response,
    readings,
    pixelCount,
  ] = assembler.parameters as [
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
  ];
  const firstColumns = f32x4.constant(0, 1, 2, 3);
  const column = assembler.variable('v128');
  column.set(firstColumns);
  const done = assembler.variable('i32');
  const target = assembler.variable('i32');
  target.set(readings);

  assembler.repeat(() => {
    const along = (start: Code, step: Code): Code =>
      vector(f32x4.add(f32x4.splat(start), f32x4.multiply(column.get, f32x4.splat(step))));
    const [x, y, z] = [along(startX, stepX), along(startY, stepY), along(startZ, stepZ)];
    const ground = vector(f32x4.squareRoot(f32x4.add(f32x4.multiply(x, x), f32x4.multiply(z, z))));
    const longitude = arctangent2(assembler, x, z, false);
    const latitude = arctangent2(assembler, y, ground, true);

    const toFixed = (angle: Code, perRadian: Code, offset: Code, bits: number): Code =>
      vector(
        i32x4.fromF32(
          f32x4.multiply(
            f32x4.add(f32x4.multiply(angle, f32x4.splat(perRadian)), f32x4.splat(offset)),
            everywhere(2 ** bits),
          ),
        ),
      );
    const columns = toFixed(longitude, columnsPerRadian, columnOffset, columnBits);
    const rows = toFixed(latitude, rowsPerRadian, rowOffset, rowBits);
    const whole = (positions: Code, bits: number): Code => i32x4.shiftRight(positions, i32.constant(bits));
    const addresses = vector(
      i32x4.add(
        i32x4.splat(pixels),
        i32x4.add(
          i32x4.multiply(whole(rows, rowBits), i32x4.splat(rowBytes)),
          i32x4.shiftLeft(whole(columns, columnBits), i32.constant(2)),
        ),
      ),
    );
    const repeated = (value: number): Code => i32x4.constant(value, value, value, value);
    const rights = vector(v128.and(columns, repeated(2 ** columnBits - 1)));
    // Left and right weight as two 16-bit halves.
    const acrossWeights = vector(
      i32x4.add(i32x4.shiftLeft(rights, i32.constant(16)), i32x4.subtract(repeated(2 ** columnBits), rights)),
    );
    const lowers = vector(v128.and(rows, repeated(2 ** rowBits - 1)));
    const uppers = vector(i32x4.subtract(repeated(2 ** rowBits), lowers));

    for (const lane of [0, 1, 2, 3]) {
      const ofLane = (values: Code): Code =>
        v128.shuffle(
          values,
          values,
          [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3].map((byte) => 4 * lane + byte),
        );
      const address = integer(i32x4.extract(addresses, lane));
      const weights = vector(ofLane(acrossWeights));
      /** Two neighbouring pixels, as pairs of 16-bit values per channel, weighted: [red, green, blue, -]. */
      const between = (pair: Code): Code =>
        i32x4.dot16(
          v128.shuffle(
            pair,
            i32x4.constant(0, 0, 0, 0),
            [0, 16, 4, 16, 1, 16, 5, 16, 2, 16, 6, 16, 3, 16, 7, 16],
          ),
          weights,
        );
      const upper = i32x4.multiply(between(v128.load64(0, address)), ofLane(uppers));
      const lower = i32x4.multiply(between(v128.load64(0, i32.add(address, rowBytes))), ofLane(lowers));
      const half = repeated(2 ** (responseShift - 1));
      const steps = vector(
        i32x4.shiftLeft(
          i32x4.shiftRight(i32x4.add(i32x4.add(upper, lower), half), i32.constant(responseShift)),
          i32.constant(2),
        ),
      );
      for (const channel of [0, 1, 2]) {
        const offset = 12 * lane + 4 * channel;
        const reading = i32.load(4 * tableLength * channel, i32.add(response, i32x4.extract(steps, channel)));
        assembler.run(i32.store(offset, target.get, i32.add(i32.load(offset, target.get), reading)));
      }
    }
    target.set(i32.add(target.get, i32.constant(4 * 12)));
    column.set(f32x4.add(column.get, everywhere(4)));
    done.set(i32.add(done.get, i32.constant(4)));
    return i32.isLess(done.get, pixelCount);
  });
  return assembler.toModule();
}
