import type { Augmentation } from '../augmentation.js';
import { motionOfFlows } from '../flows.js';
import type { PinholeCamera, Vector3 } from './camera.js';
import { axisAngleOf, matrixOf, type Orientation, orientationsBetween, rotationAbout } from './rotation.js';

/**
 * How a camera turns about its own centre, at constant angular speed, before a still world: the motion of every
 * pixel of a picture at every time follows from it.
 */
export interface CameraTurn {
  focalPixels: number;
  principalX: number;
  principalY: number;
  /**
   * The rotation from the middle frame to the last, in the camera axes of the middle one (x right, y down, z
   * along the view): its axis, as long as its angle in radians. The first frame lies as far the other way.
   */
  rotationRadians: Vector3;
}

/** The turn of a camera by the shortest way from one orientation to another. */
export function turnBetween(camera: PinholeCamera, first: Orientation, last: Orientation): CameraTurn {
  const [, middle] = orientationsBetween(first, last, 3) as [Orientation, Orientation, Orientation];
  const { axis, angleDegrees } = axisAngleOf(middle.conjugate().mul(last));
  const { focalPixels, principalX, principalY } = camera;
  return {
    focalPixels,
    principalX,
    principalY,
    rotationRadians: scaled(axis, (angleDegrees * Math.PI) / 180),
  };
}

/** The turn seen in the window of the picture whose top left pixel is (left, top). */
export function cropTurn(turn: CameraTurn, left: number, top: number): CameraTurn {
  return { ...turn, principalX: turn.principalX - left, principalY: turn.principalY - top };
}

/** The turn seen in a square picture that `rearrangePixels` rearranges, of frames reversed where that is drawn. */
export function rearrangeTurn(
  { focalPixels, principalX, principalY, rotationRadians: [x, y, z] }: CameraTurn,
  size: number,
  { mirrorX, mirrorY, transpose, reverseTime }: Augmentation,
): CameraTurn {
  const [transposedX, transposedY] = transpose ? [principalY, principalX] : [principalX, principalY];
  // In a mirror, a rotation keeps its sense about the axis that is mirrored and changes it about the others.
  const axis: Vector3 = transpose ? [-y, -x, -z] : [x, y, z];
  const [signX, signY] = [mirrorX ? -1 : 1, mirrorY ? -1 : 1];
  return {
    focalPixels,
    principalX: mirrorX ? size - 1 - transposedX : transposedX,
    principalY: mirrorY ? size - 1 - transposedY : transposedY,
    rotationRadians: scaled(
      [axis[0] * signY, axis[1] * signX, axis[2] * signX * signY],
      reverseTime ? -1 : 1,
    ),
  };
}

/** Cosine of the angle to the view, 84 degrees, up to which a ray counts as seen where it meets the picture. */
const leastCosine = 0.1;

/**
 * Optical flow from the middle frame to the frame at a time, -1 (the first) to 1 (the last). What ends up more
 * than 84 degrees off the view, or behind the camera, has no place in the picture's plane: it counts as far out
 * on the side where it left.
 *
 * @returns `height * width * 2` values (dx, dy) in pixels.
 */
export function flowOfTurn(
  turn: CameraTurn,
  { width, height }: { width: number; height: number },
  time: number,
): Float32Array {
  const { focalPixels, principalX, principalY, rotationRadians } = turn;
  const angle = Math.hypot(...rotationRadians);
  const axis: Vector3 = angle === 0 ? [0, 0, 1] : rotationRadians;
  // The world turns the other way round. Numbers alone from here on: training computes this for every sample.
  const m = matrixOf(rotationAbout(axis, (-time * angle * 180) / Math.PI));
  const flow = new Float32Array(width * height * 2);
  for (let row = 0, out = 0; row < height; row++) {
    const rayY = (row - principalY) / focalPixels;
    for (let column = 0; column < width; column++, out += 2) {
      const rayX = (column - principalX) / focalPixels;
      const x = m[0]! * rayX + m[1]! * rayY + m[2]!;
      const y = m[3]! * rayX + m[4]! * rayY + m[5]!;
      const ahead = m[6]! * rayX + m[7]! * rayY + m[8]!;
      const z = Math.max(ahead, leastCosine * Math.sqrt(x * x + y * y + ahead * ahead));
      flow[out] = (x / z) * focalPixels + principalX - column;
      flow[out + 1] = (y / z) * focalPixels + principalY - row;
    }
  }
  return flow;
}

/**
 * How far a still world moves in the picture while the camera turns through half of its rotation, at every pixel
 * of the middle frame; see `motionOfFlows` and `flowOfTurn`.
 */
export function motionOfTurn(turn: CameraTurn, picture: { width: number; height: number }): Float32Array {
  return motionOfFlows([flowOfTurn(turn, picture, -1), flowOfTurn(turn, picture, 1)]);
}

function scaled([x, y, z]: Vector3, factor: number): Vector3 {
  return [x * factor, y * factor, z * factor];
}
