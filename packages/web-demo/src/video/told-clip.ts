import { sizeOf } from '../picture.js';
import { describeSize } from '../saving/save-buttons.js';
import { duration } from '../working-panel.js';
import { formatLabels, type ClipSettings } from './clip-choices.js';
import type { ClipFacts } from './clip-reading.js';
import type { ClipResults } from './page-sharpener.js';

/** A clip is whole where no more frames than these are missing at its end: its length may be rounded. */
const toleratedFrames = 2.5;

/** What is said of a clip that was given. */
export function tellFacts(name: string, facts: ClipFacts): string {
  const sound = facts.hasSound ? 'with sound' : 'no sound';
  const range = facts.isHighDynamicRange
    ? '. Of high dynamic range: the sharp clip gets ordinary colours, with the command it keeps them'
    : '';
  return `${name}: ${sizeOf(facts)}, ${facts.seconds.toFixed(1)} s, ${facts.frames} frames, ${sound}${range}`;
}

/** What is said of a sharp clip's file: what it is, and how it was made. */
export function tellFile(settings: ClipSettings, bytes: number): string {
  const passes = settings.passes === 'mirrored' ? 'two passes' : 'one pass';
  return `${formatLabels[settings.format]}, ${sizeOf(settings)}, ${passes}, ${describeSize(bytes)}.`;
}

/** What is said of a clip that was made sharp. @param seconds that it took. */
export function tellSharpened(
  facts: ClipFacts,
  sharpened: Pick<ClipResults['sharpen'], 'frames' | 'seconds' | 'lostSound'>,
  size: { width: number; height: number },
  seconds: number,
): string {
  const isShort = sharpened.seconds < facts.seconds - (toleratedFrames * facts.seconds) / facts.frames;
  const faults = [
    ...(sharpened.lostSound ? [' Its sound could not be kept.'] : []),
    ...(isShort
      ? [
          ` The clip is damaged: of its ${facts.seconds.toFixed(1)} s, the browser could decode ${sharpened.seconds.toFixed(1)} s.`,
        ]
      : []),
  ];
  return `${sharpened.frames} frames of ${sizeOf(size)} in ${duration(seconds)}.${faults.join('')}`;
}
