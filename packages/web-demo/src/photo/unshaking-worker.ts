import { restoreShaken } from '@unblur/restoration';
import { imageOfPicture, pictureOfImage, type Picture } from '../picture.js';
import { answerCalls } from '../worker-calls.js';

export interface UnshakeRequest {
  kind: 'unshake';
  photo: Picture;
}

/** Reports the share of the work that is done, 0 to 1. */
answerCalls<UnshakeRequest, { unshake: Picture }, number>(async ({ photo }, report) => {
  const { frame } = await restoreShaken(imageOfPicture(photo), { onShare: report });
  const picture = pictureOfImage(frame);
  return { result: picture, transfer: [picture.rgba.buffer] };
});
