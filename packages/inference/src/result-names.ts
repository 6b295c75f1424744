/** What the files of a restoration are called; loads nothing, so that commands know it at once. */

/** The formats of frames, which are the endings of their files too. */
export const frameFormats = ['png', 'webp', 'avif', 'jpeg'] as const;
export type FrameFormat = (typeof frameFormats)[number];

const resultName = new RegExp(
  `^(frame-\\d+\\.(${frameFormats.join('|')})|animation\\.(webp|gif)|contact-sheet\\.png|motion\\.png|video\\.mp4)$`,
);

/** Whether a file of this name may be one of a restoration, whatever its number of frames and its options. */
export function isResultName(name: string): boolean {
  return resultName.test(name);
}

/**
 * Whether a folder of files with these names holds a restoration: the pictures that only one has. Frames
 * alone may be somebody's own.
 */
export function isRestoration(names: readonly string[]): boolean {
  return ['contact-sheet.png', 'motion.png'].every((name) => names.includes(name));
}
