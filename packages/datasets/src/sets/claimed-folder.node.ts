import { join } from 'node:path';
import { doClaimed, doLocked } from '@unblur/files';

/** What is made in a folder. */
interface ClaimedSet {
  /** The file that holds the description. */
  fileName: string;
  /** Plain data, the same for the same contents. */
  description: unknown;
  /** The part of it that is made; others may be made at the same time. Default: all of it. */
  part?: [index: number, parts: number];
}

/**
 * Works in a folder that is marked, by a JSON file in it, with a description of its contents: a job that was
 * stopped can continue, and two different sets never mix. A job that fails before it has made anything leaves
 * nothing. No two processes make the same part at the same time.
 *
 * @throws UnblurError if the folder is marked with another description, or if another process is at work
 * there.
 */
export function workInClaimedFolder<T>(
  folder: string,
  { fileName, description, part: [index, parts] = [0, 1] }: ClaimedSet,
  work: () => Promise<T>,
): Promise<T> {
  const claim = {
    fileName,
    record: description,
    otherwise: (differences: string) =>
      `Expected ${folder} to be new or to hold samples made with the same options, but ${join(folder, fileName)} has ${differences}; choose another folder, or remove what is there to make it anew.`,
  };
  const makePart = (): Promise<T> => doClaimed(folder, claim, work);
  return doLocked(folder, 'synthesis', makePart, parts === 1 ? {} : { parts: [`${index} of ${parts}`] });
}
