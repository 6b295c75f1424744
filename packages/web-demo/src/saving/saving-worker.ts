import { zipSync } from 'fflate';
import type { Picture } from '../picture.js';
import { answerCalls } from '../worker-calls.js';
import { frameLabel, type Film } from './film.js';
import { encodeGif } from './gif.js';
import { encodeMp4 } from './mp4.js';
import { encodePair, encodePng } from './png.js';
import { encodeWebp } from './webp.js';

export type SaveRequest =
  | { kind: 'mp4'; film: Film }
  | { kind: 'gif'; film: Film }
  | { kind: 'webp'; film: Film }
  | { kind: 'png'; picture: Picture }
  | { kind: 'pair'; picture: Picture; blurred: Picture }
  | { kind: 'zip'; film: Film; blurred: Picture };

answerCalls<SaveRequest, Blob>(async (request) => {
  switch (request.kind) {
    case 'mp4':
      return { result: await encodeMp4(request.film) };
    case 'gif':
      return { result: encodeGif(request.film) };
    case 'webp':
      return { result: await encodeWebp(request.film) };
    case 'pair':
      return { result: await encodePair(request.blurred, request.picture) };
    case 'png':
      return { result: await encodePng(request.picture) };
    case 'zip':
      return { result: await zipEverything(request.film, request.blurred) };
  }
});

/**
 * The blurred photograph, every frame, the animation, and the video where the browser makes one. Pictures and
 * films do not shrink further: they are stored.
 */
async function zipEverything(film: Film, blurred: Picture): Promise<Blob> {
  const video = await encodeMp4(film).catch(() => undefined);
  const files: Record<string, Blob> = {
    'blur.png': await encodePng(blurred),
    'animation.gif': encodeGif(film),
    ...(video && { 'video.mp4': video }),
  };
  for (const [index, frame] of film.frames.entries()) {
    files[`frame-${frameLabel(index)}.png`] = await encodePng(frame);
  }
  const contents = await Promise.all(
    Object.entries(files).map(
      async ([name, blob]) => [name, new Uint8Array(await blob.arrayBuffer())] as const,
    ),
  );
  return new Blob([zipSync(Object.fromEntries(contents), { level: 0 })], { type: 'application/zip' });
}
