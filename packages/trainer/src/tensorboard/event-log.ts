import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { appendWhole } from '@unblur/files';
import { encodeEvent, frameRecord } from './event.js';
import type { EventContent } from './event.js';

const filePrefix = 'events.out.tfevents.';

/** Whether a file of a run's folder is one of these logs, by its name. */
export const isEventFile = (name: string): boolean => name.startsWith(filePrefix);

/**
 * The TensorBoard event files in a run's folder, one for every session. Each event is on disk when `append`
 * returns. Nothing reads them back: a run's figures are those of `metrics.jsonl`.
 */
export class EventLog {
  readonly #file: string;
  /** Whether the folder had no event files yet. */
  readonly isFirst: boolean;

  /**
   * @param lastStep the session goes on after it: events of later steps in earlier files are declared void.
   * 0: a new run; such files are removed.
   */
  constructor(folder: string, lastStep: number) {
    const earlier = readdirSync(folder).filter(isEventFile);
    if (lastStep === 0) for (const name of earlier) rmSync(join(folder, name));
    this.isFirst = lastStep === 0 || earlier.length === 0;
    // Readers take the files in the order of their names.
    const started = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
    this.#file = join(folder, `${filePrefix}${started}.${String(earlier.length).padStart(4, '0')}.unblur`);
    this.append({ kind: 'file-version' }, 0);
    if (!this.isFirst) this.append({ kind: 'session-start' }, lastStep + 1);
  }

  append(content: EventContent, step: number): void {
    appendWhole(this.#file, frameRecord(encodeEvent(content, step, Date.now() / 1000)));
  }
}
