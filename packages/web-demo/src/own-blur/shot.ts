import {
  axisAngleOf,
  centredCamera,
  createResponse,
  createViewfinder,
  expose,
  fastestPixelsPerRadian,
  focalPixelsOf,
  levelFor,
  orientationOfAngles,
  renderCount,
  transferFunctions,
  type Panorama,
  type PinholeCamera,
  type RgbImage,
} from '@unblur/datasets/synthesis';

/**
 * Where a camera looks and how it turns while its shutter is open. The middle of the exposure looks along yaw
 * and pitch.
 */
export interface Shot {
  yawDegrees: number;
  pitchDegrees: number;
  turnDegrees: number;
  tiltDegrees: number;
  rollDegrees: number;
}

export const shotWidth = 448;
export const shotHeight = 320;
const fieldOfViewDegrees = 60;

/** Both sides are multiples of 16: nothing needs to be padded. */
export const shotCamera: PinholeCamera = centredCamera(
  shotWidth,
  shotHeight,
  focalPixelsOf(fieldOfViewDegrees, shotWidth),
);

const viewfinder = createViewfinder(shotCamera);
const { lightOf, displayOf } = transferFunctions.display;
const response = createResponse(lightOf);

export interface ExposedShot {
  blurred: RgbImage;
  frames: RgbImage[];
}

/**
 * Takes the photograph, with the frames it is made of.
 *
 * @param stepPixels the furthest that a pixel moves between two rendered pictures: 1 is the real thing, more
 * a sketch.
 */
export function takeShot(
  panorama: Panorama,
  { yawDegrees, pitchDegrees, turnDegrees, tiltDegrees, rollDegrees }: Shot,
  frames: number,
  stepPixels: number,
): ExposedShot {
  const orientationAt = (time: number) =>
    orientationOfAngles(
      yawDegrees + time * turnDegrees,
      pitchDegrees + time * tiltDegrees,
      time * rollDegrees,
    );
  const [first, last] = [orientationAt(-0.5), orientationAt(0.5)];
  const { axis, angleDegrees } = axisAngleOf(first.conjugate().mul(last));
  const fastestPixels = (fastestPixelsPerRadian(shotCamera, axis) * angleDegrees * Math.PI) / 180;
  const renderedFrames = renderCount(fastestPixels, frames, stepPixels);
  const exposure = expose(
    levelFor(panorama, shotCamera.focalPixels),
    viewfinder,
    response,
    { first, last },
    { frames, renderedFrames },
  );
  const finish = (data: Float32Array): RgbImage => ({
    width: shotWidth,
    height: shotHeight,
    data: data.map(displayOf),
  });
  return { blurred: finish(exposure.blurred), frames: exposure.frames.map(finish) };
}
