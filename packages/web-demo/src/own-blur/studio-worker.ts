import { buildPanorama, type Panorama } from '@unblur/datasets/synthesis';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { answerCalls } from '../worker-calls.js';
import { scoreBothOrders, type FrameScore } from './scores.js';
import { takeShot, type Shot } from './shot.js';

export type StudioRequest =
  | { kind: 'expose'; panoramaUrl: string; shot: Shot; frames: number; stepPixels: number }
  | { kind: 'score'; blurred: Picture; restored: readonly Picture[]; truth: readonly Picture[] };

export type StudioResult =
  { kind: 'exposed'; blurred: Picture; frames: Picture[] } | { kind: 'scored'; scores: FrameScore[] };

let panorama: Promise<Panorama> | undefined;

answerCalls<StudioRequest, StudioResult>(async (request) => {
  if (request.kind === 'score') {
    return {
      result: {
        kind: 'scored',
        scores: scoreBothOrders(
          imageOfPicture(request.blurred),
          request.restored.map(imageOfPicture),
          request.truth.map(imageOfPicture),
        ),
      },
    };
  }
  panorama ??= loadPanorama(request.panoramaUrl);
  panorama.catch(() => (panorama = undefined));
  const { blurred, frames } = takeShot(await panorama, request.shot, request.frames, request.stepPixels);
  const pictures = frames.map(pictureOfImage);
  return {
    result: { kind: 'exposed', blurred: pictureOfImage(blurred), frames: pictures },
    transfer: pictures.map(({ rgba }) => rgba.buffer),
  };
});

async function loadPanorama(url: string): Promise<Panorama> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) {
    throw new Error('The panorama could not be downloaded; check the connection and try again.');
  }
  const bitmap = await createImageBitmap(await response.blob());
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    rgb.set([data[from]!, data[from + 1]!, data[from + 2]!], to);
  }
  return buildPanorama(width, height, rgb);
}
