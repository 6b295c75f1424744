import { answerCalls } from '../worker-calls.js';
import { decodePhoto, type DecodedPhoto, type DecodeRequest } from './photo-decoding.js';

answerCalls<DecodeRequest, DecodedPhoto>(async (request) => {
  const result = await decodePhoto(request);
  return { result, transfer: [result.picture.rgba.buffer] };
});
