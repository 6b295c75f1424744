import { failureMessage } from '../failure-message.js';
import type { Picture } from '../picture.js';
import type { Savable } from '../saving/save-buttons.js';
import type { DecodedPhoto } from './photo-decoding.js';
import { readPhoto } from './photo-intake.js';
import type { PhotoSizes } from './working-sizes.js';

/** A photograph that was given, and what has become of it. */
export interface GivenPhoto {
  readonly file: Blob;
  readonly isHeic: boolean;
  /** Without the ending. */
  readonly name: string;
  /** Decoded small before, to see that it can be. */
  first?: DecodedPhoto;
  /** `forgotten`: was done and looked at, and has made room for others. */
  state: 'waiting' | 'working' | 'done' | 'failed' | 'stopped' | 'forgotten';
  /** The size it is to be worked at, as it was chosen: `auto` or the longer side in pixels. */
  detail?: string;
  /** Whether it is to be restored as one that a shaking hand has blurred: sharp, instead of as a film. */
  isShaken?: boolean;
  sizes?: PhotoSizes;
  /** The photograph itself, small, since it was looked at. */
  small?: Picture;
  /** As the last restoration found it: see `PageRestorer.estimate`. */
  blur?: number;
  /** What was made last; stays until the next is complete. */
  result?: PhotoResult;
  /** What was made in the other way, as a film or for camera shake; not on show. */
  otherResult?: PhotoResult;
  /** Whether the result was on show. */
  wasSeen?: boolean;
  /** What was said at its end. */
  told?: string;
}

export interface PhotoResult {
  savable: Savable;
  told: string;
  isShaken: boolean;
  /** What was chosen when it was made. */
  detail: string;
  engineChoice: string;
}

/** A photograph is looked at in this size until more is known. */
export const firstSidePixels = 640;

/** Decodes a photograph small. @throws in one line for people where it cannot be. */
export async function lookAt(photo: GivenPhoto): Promise<void> {
  try {
    photo.first = await readPhoto(photo.file, photo.isHeic, firstSidePixels);
  } catch (cause) {
    throw new Error(`${fileNameOf(photo)}: ${failureMessage(cause)}`, { cause });
  }
}

export const fileNameOf = ({ file, name }: GivenPhoto) => (file instanceof File && file.name) || name;
