import { fitWithin } from '@unblur/restoration';
import { failureMessage } from '../failure-message.js';
import { tellEngine } from '../engine/engine-note.js';
import { evenTimes } from '../engine/frame-order.js';
import type { Estimate, Restoration } from '../engine/restorer.js';
import { element, scrollToStatus } from '../page-elements.js';
import type { Picture } from '../picture.js';
import type { MotionSummary } from '../player/motion-summary.js';
import { fitPicture } from '../saving/fitting.js';
import { resetSaveNote, type Savable } from '../saving/save-buttons.js';
import { duration } from '../working-panel.js';
import type { DecodedPhoto } from './photo-decoding.js';
import { readPhoto } from './photo-intake.js';
import { restoreScene, showReport, type SceneParts } from './scene-restoration.js';

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
  sizes?: PhotoSizes;
  /** The photograph itself, small, since it was looked at. */
  small?: Picture;
  /** As the last restoration found it: see `PageRestorer.estimate`. */
  blur?: number;
  /** What was made last; stays until the next is complete. */
  result?: PhotoResult;
  /** Whether the result was on show. */
  wasSeen?: boolean;
  /** What was said at its end. */
  told?: string;
}

interface PhotoResult {
  savable: Savable;
  told: string;
  /** What was chosen when it was made. */
  detail: string;
  engineChoice: string;
}

interface PhotoSizes {
  original: { width: number; height: number };
  /** For each size that may be chosen, the longer side in pixels and what it takes. */
  choices: SizeChoice[];
  /** Index of the one that is taken where none is chosen. */
  automatic: number;
}

interface SizeChoice extends Estimate {
  side: number;
  /** Whether it differs from the one before. */
  isNeeded: boolean;
}

interface DeskParts extends SceneParts {
  say: (message: string, isError?: boolean) => void;
  /** Whether photographs are what is on show. */
  isShown: () => boolean;
  /** The choice of an engine, as the page shows it. */
  engineChoice: { value: string };
}

/** A photograph is looked at in this size until more is known. */
const firstSidePixels = 640;
const previewFrames = 7;
/** What a preview may take: of two seconds, opening the network takes the rest. */
const previewSeconds = 0.8;
const previewSides = [320, 256, 192, 128, 96];
/** Nobody needs a preview of what is there sooner. */
const soonSeconds = 2.5;
/** Shorter blur looks like none on a small preview. */
const leastBlurPixels = 1.5;
/** With `Automatic`, the largest size that takes no longer than this; at least the first. */
const automaticSeconds = 20;

/** What the frames of all photographs may take together, one more aside: a quarter of the memory there is. */
function mostFrameBytes(): number {
  const { deviceMemory = 2 } = navigator as { deviceMemory?: number };
  return (deviceMemory / 4) * 2 ** 30;
}

/** The photographs that were given: restored one after the other, each to be looked at again. */
export class PhotoDesk {
  readonly #parts: DeskParts;
  readonly #detail = element('detail', HTMLSelectElement);
  readonly #list = element('queue', HTMLElement);
  readonly #refusedList = element('refused', HTMLElement);
  #photos: GivenPhoto[] = [];
  /** Why other files that came with them are not taken, a sentence for each. */
  #refused: readonly string[] = [];
  #shown: GivenPhoto | undefined;
  #working: GivenPhoto | undefined;
  /** Grows with every piece of work; what comes back for an older one is dropped. */
  #workNumber = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#detail.addEventListener('change', () => {
      for (const photo of this.#photos) {
        if (photo.state === 'waiting' || photo.state === 'working') photo.detail = this.#detail.value;
      }
      this.restoreAgain();
    });
  }

  /** Whether leaving the page would lose several photographs that were restored, or wait to be. */
  get wouldBeMissed(): boolean {
    return this.#photos.filter(({ state }) => state !== 'failed' && state !== 'stopped').length > 1;
  }

  /** What is on show, for saving. */
  get savable(): Savable | undefined {
    return this.#shown?.result?.savable;
  }

  get isEmpty(): boolean {
    return this.#photos.length === 0;
  }

  get shown(): GivenPhoto | undefined {
    return this.#shown;
  }

  /**
   * New photographs take the place of those before; work on them begins once they are what is on show.
   *
   * @param refused why other files that came with them are not taken, a sentence for each; they stay on show.
   */
  give(photos: GivenPhoto[], refused: readonly string[] = []): void {
    this.pause();
    this.#photos = photos;
    this.#showRefused(refused);
    this.#shown = photos[0];
    for (const photo of photos) photo.detail = this.#detail.value;
    this.#showSizes(undefined);
    if (this.#parts.isShown()) this.#next();
    else this.#showList();
  }

  /** Ends what is under way; `show` goes on with it. */
  pause(): void {
    this.#workNumber++;
    this.#parts.working.subject = '';
    if (this.#working) {
      this.#parts.restorer.stop();
      this.#parts.working.hide();
      this.#working.state = 'waiting';
    }
    this.#working = undefined;
    this.#showList();
  }

  /** Ends what is under way and forgets what waits. What was made before stays, with its settings. */
  stop(): void {
    this.pause();
    const shown = this.#shown;
    for (const photo of this.#photos) {
      if (photo.state !== 'waiting') continue;
      if (photo.result) this.#goBackTo(photo.result, photo);
      else photo.state = 'stopped';
    }
    this.#showList();
    if (shown) this.#showSettings(shown);
    this.#parts.say(shown?.result ? `Stopped. What is shown: ${shown.result.told}` : 'Stopped.');
  }

  clear(): void {
    this.pause();
    this.#photos = [];
    this.#showRefused([]);
    this.#shown = undefined;
    this.#showList();
  }

  /** The photograph on show once more, at the size and on the engine that are chosen: others than before. */
  restoreAgain(): void {
    const photo = this.#shown;
    if (!photo) return;
    scrollToStatus();
    this.pause();
    const { result } = photo;
    if (result?.detail === this.#detail.value && result.engineChoice === this.#parts.engineChoice.value) {
      this.#goBackTo(result, photo);
      return this.show();
    }
    photo.state = 'waiting';
    photo.detail = this.#detail.value;
    void this.#restore(photo);
  }

  /** Shows the photograph that was on show, and goes on with what was left before it was done. */
  show(): void {
    this.#showList();
    const photo = this.#shown;
    if (!photo || !this.#parts.isShown()) return;
    this.#showSettings(photo);
    if (photo.result) {
      photo.wasSeen = true;
      this.#parts.player.showScene(photo.result.savable.scene);
      this.#parts.say(photo.told ?? '');
    } else {
      if (photo.small) this.#parts.player.showPhoto(photo.small);
      else this.#parts.player.hide();
      if (photo.state === 'failed') this.#parts.say(photo.told ?? '', true);
      else if (photo.state === 'stopped') this.#parts.say('Stopped.');
      else if (photo === this.#working) this.#parts.say(`Restoring ${photo.name} …`);
      else if (this.#working) this.#parts.say(`${photo.name} is still waiting.`);
    }
    if (!this.#working) this.#next();
  }

  /** What is on show is what is wanted first. Others are restored ahead as long as there is room for them. */
  #next(): void {
    const isWaiting = (photo?: GivenPhoto) => photo?.state === 'waiting';
    const next = isWaiting(this.#shown) ? this.#shown : this.#photos.find(isWaiting);
    if (next) this.#makeRoom();
    if (next && (next === this.#shown || !this.#isFull)) void this.#restore(next);
    else this.#showList();
  }

  get #isFull(): boolean {
    const frames = this.#photos.flatMap(({ result }) => result?.savable.scene.frames ?? []);
    return frames.reduce((sum, { rgba }) => sum + rgba.length, 0) >= mostFrameBytes();
  }

  /** Forgets frames that were looked at, as long as there is no room for more. */
  #makeRoom(): void {
    for (const photo of this.#photos) {
      if (!this.#isFull) return;
      if (photo === this.#shown || photo.state !== 'done' || !photo.wasSeen) continue;
      photo.result = undefined;
      photo.wasSeen = false;
      photo.state = 'forgotten';
    }
  }

  #goBackTo(result: PhotoResult, photo: GivenPhoto): void {
    photo.state = 'done';
    photo.detail = result.detail;
    photo.told = result.told;
    if (photo === this.#shown) this.#parts.engineChoice.value = result.engineChoice;
  }

  async #restore(photo: GivenPhoto): Promise<void> {
    const { player, working, say, isShown } = this.#parts;
    const work = ++this.#workNumber;
    const isCurrent = () => work === this.#workNumber;
    const isOnShow = () => isCurrent() && isShown() && this.#shown === photo;
    this.#working = photo;
    // Who looks at a finished one goes on doing so.
    if (!this.#shown?.result) this.#shown = photo;
    photo.state = 'working';
    const { result: before } = photo;
    const engineChoice = this.#parts.engineChoice.value;
    this.#showList();
    if (isOnShow()) this.#showSettings(photo);
    const place = this.#photos.indexOf(photo) + 1;
    working.subject = this.#photos.length > 1 ? `${place} of ${this.#photos.length}, ${photo.name}` : '';
    working.show('Reading the photograph');
    try {
      const first = photo.first ?? (await readPhoto(photo.file, photo.isHeic, firstSidePixels));
      photo.first = undefined;
      if (!isCurrent()) return;
      photo.small = first.picture;
      if (isOnShow()) {
        if (!before) player.showPhoto(first.picture);
        say(`Restoring ${photo.name} ${before ? 'again ' : ''}…`);
      }
      await this.#startEngine(isCurrent);
      if (!isCurrent()) return;
      let chosen = await this.#chooseSize(photo, first.original);
      if (!isCurrent()) return;
      const preview =
        chosen.seconds > soonSeconds && !before ? await this.#previewOf(first.picture) : undefined;
      if (!isCurrent()) return;
      if (preview) {
        const restored = await this.#parts.restorer.restore(preview, evenTimes(previewFrames), (report) => {
          if (isCurrent()) showReport(working, 'Making a preview', report);
        });
        if (!isCurrent()) return;
        const { frames, motion } = restored;
        photo.blur = blurOf(motion, preview);
        if (isOnShow()) player.showScene({ blurred: preview, frames, motion, isPreview: true });
        // Measured by the preview, the times are better known, and so is whether the blur takes longer.
        chosen = await this.#chooseSize(photo, first.original);
        if (!isCurrent()) return;
      }
      if (photo === this.#shown) this.#showSizes(photo.sizes);
      const { picture } =
        chosen.side === Math.max(first.picture.width, first.picture.height)
          ? first
          : await readPhoto(photo.file, photo.isHeic, chosen.side);
      if (!isCurrent()) return;
      const sizes = isSmaller(picture, first.original)
        ? `${sizeOf(first.original)}, restored at ${sizeOf(picture)}. `
        : '';
      const note = [
        first.pictures > 1 && `It holds ${first.pictures} pictures: only the first is restored. `,
        first.hadAlpha && 'Transparent parts are shown on white. ',
        first.isCmyk &&
          'Its colours are CMYK, converted by the browser: they may differ from the command’s. ',
      ]
        .filter(Boolean)
        .join('');
      const until = before ? ` Until then, the earlier result stays: ${before.told}` : '';
      const time = chosen.isMeasured
        ? `This takes about ${duration(chosen.seconds)}.`
        : `Restoring ${photo.name} …`;
      if (isOnShow()) say(`${sizes}${note}${time}${until}`);
      await this.#restoreInFull(photo, picture, { note, engineChoice }, isCurrent, isOnShow);
    } catch (cause) {
      if (!isCurrent() || (cause as Error).name === 'AbortError') return;
      const told = `${fileNameOf(photo)}: ${failureMessage(cause)}`;
      working.hide();
      if (before) {
        this.#goBackTo(before, photo);
        if (isOnShow()) {
          this.#showSettings(photo);
          say(`${told} What is shown: ${before.told}`, true);
        }
      } else {
        const wasOnShow = isOnShow();
        if (!photo.small && this.#photos.length > 1) this.#refuse(photo, told);
        else Object.assign(photo, { state: 'failed', told });
        if (wasOnShow) this.show();
      }
    }
    if (isCurrent()) {
      this.#working = undefined;
      this.#next();
    }
  }

  async #restoreInFull(
    photo: GivenPhoto,
    picture: Picture,
    { note, engineChoice }: { note: string; engineChoice: string },
    isCurrent: () => boolean,
    isOnShow: () => boolean,
  ): Promise<void> {
    const { player, say } = this.#parts;
    const restored = await restoreScene(this.#parts, picture, {
      title: 'Restoring',
      blur: photo.blur,
      isCurrent,
      // What was made before stays on show.
      isShown: () => isOnShow() && !photo.result,
    });
    if (!restored) return;
    const { scene, restoration } = restored;
    tellEngine(restoration.engine);
    photo.blur = blurOf(restoration.motion, picture);
    const hasSmaller = Math.max(picture.width, picture.height) > this.#offeredSides[0]!;
    const wayOut = hasSmaller ? 'choose a smaller working size' : 'choose a photograph with less motion';
    const told = `${note}${describe(restoration, picture, wayOut)}`;
    const savable = { name: photo.name, scene };
    Object.assign(photo, { state: 'done', told });
    photo.result = { savable, told, detail: photo.detail!, engineChoice };
    this.#showList();
    if (isOnShow()) {
      photo.wasSeen = true;
      resetSaveNote();
      player.showScene(scene);
      say(told);
    }
    await this.#updateTimes(photo);
  }

  /** Measured by the photograph itself, the times are known best. Without an engine they stay as they were. */
  async #updateTimes(photo: GivenPhoto): Promise<void> {
    const { original, automatic } = photo.sizes!;
    const choices = await this.#sizeChoices(original, photo.blur).catch(() => undefined);
    if (!choices) return;
    photo.sizes = { original, choices, automatic };
    if (photo === this.#shown) this.#showSizes(photo.sizes);
  }

  /** The engine goes on starting for the next photograph where nobody waits for it any more. */
  async #startEngine(isCurrent: () => boolean): Promise<void> {
    this.#parts.working.show('Starting');
    await this.#parts.restorer.start((report) => {
      if (isCurrent()) showReport(this.#parts.working, '', report);
    });
  }

  /** The size to work a photograph at, and what it takes. */
  async #chooseSize(photo: GivenPhoto, original: { width: number; height: number }): Promise<SizeChoice> {
    const offered = this.#offeredSides;
    const choices = await this.#sizeChoices(original, photo.blur);
    const automatic = choices.findLastIndex(
      ({ isNeeded, seconds }, index) =>
        isNeeded && (offered[index]! <= firstSidePixels || seconds <= automaticSeconds),
    );
    photo.sizes = { original, choices, automatic };
    return choices[photo.detail === 'auto' ? automatic : offered.indexOf(Number(photo.detail))]!;
  }

  get #offeredSides(): number[] {
    return [...this.#detail.options].slice(1).map(({ value }) => Number(value));
  }

  async #sizeChoices(
    original: PhotoSizes['original'],
    blur: number | undefined,
  ): Promise<PhotoSizes['choices']> {
    const longest = Math.max(original.width, original.height);
    const sides = this.#offeredSides.map((side) => Math.min(longest, side));
    const estimates = await this.#parts.restorer.estimate(
      sides.map((side) => ({
        width: Math.max(1, Math.round((original.width * side) / longest)),
        height: Math.max(1, Math.round((original.height * side) / longest)),
      })),
      blur,
    );
    return sides.map((side, index) => ({
      side,
      ...estimates[index]!,
      isNeeded: index === 0 || side !== sides[index - 1],
    }));
  }

  /** What is chosen for a photograph, and what the choices would take. */
  #showSettings({ detail, sizes }: GivenPhoto): void {
    this.#showSizes(sizes);
    this.#detail.value = detail!;
  }

  /** @param sizes undefined as long as a photograph has not been looked at. */
  #showSizes(sizes: PhotoSizes | undefined): void {
    const [automatic, ...options] = this.#detail.options;
    const choice = sizes?.choices[sizes.automatic];
    automatic!.textContent = choice ? `Automatic: ${describeChoice(choice)}` : 'Automatic';
    options.forEach((option, index) => {
      const choice = sizes?.choices[index];
      option.hidden = option.disabled = choice?.isNeeded === false;
      option.textContent = choice ? describeChoice(choice) : `${option.value} px`;
    });
    const size = sizes ? ` The photograph is ${sizeOf(sizes.original)}` : '';
    element('detail-note', HTMLElement).textContent = choice?.isMeasured
      ? `The longer side.${size}; times are for this device.`
      : `The longer side.${size && `${size}.`} Times are shown once they are measured.`;
  }

  async #previewOf(picture: Picture): Promise<Picture> {
    const copies = previewSides.map((side) => fitWithin(picture, side));
    const estimates = await this.#parts.restorer.estimate(copies);
    const fastEnough = estimates.findIndex(({ seconds }) => seconds <= previewSeconds);
    return fitPicture(picture, previewSides.at(fastEnough)!);
  }

  /** More than one photograph are listed, each to be chosen; and one alone, to go on with it. */
  #showList(): void {
    const isNeeded = this.#photos.length > 1 || this.#photos[0]?.state === 'stopped';
    this.#list.hidden = !isNeeded || !this.#parts.isShown();
    this.#refusedList.hidden = !this.#parts.isShown();
    const words = {
      waiting: this.#isFull ? 'waiting until others are looked at' : 'waiting',
      working: 'working',
      done: 'done',
      failed: 'failed',
      stopped: 'stopped, press to go on',
      forgotten: 'looked at, press to make it again',
    };
    const buttons = [...this.#list.children] as HTMLButtonElement[];
    if (buttons.length !== this.#photos.length) {
      this.#list.replaceChildren(
        ...this.#photos.map(() => {
          const button = Object.assign(document.createElement('button'), {
            type: 'button',
            className: 'queued',
          });
          button.addEventListener('click', () => {
            this.#choose(this.#photos[[...this.#list.children].indexOf(button)]!);
          });
          return button;
        }),
      );
    }
    for (const [index, photo] of this.#photos.entries()) {
      const button = this.#list.children[index] as HTMLButtonElement;
      button.textContent = `${photo.name}: ${words[photo.state]}`;
      button.dataset['state'] = photo.state;
      button.setAttribute('aria-pressed', String(photo === this.#shown));
    }
  }

  /** One of several turned out not to be readable: the others go on without it. */
  #refuse(photo: GivenPhoto, reason: string): void {
    this.#list.children[this.#photos.indexOf(photo)]!.remove();
    this.#photos = this.#photos.filter((other) => other !== photo);
    this.#showRefused([...this.#refused, reason]);
    this.#working = undefined;
    if (photo === this.#shown) this.#shown = this.#photos.find(({ result }) => result) ?? this.#photos[0];
  }

  #showRefused(reasons: readonly string[]): void {
    this.#refused = reasons;
    this.#refusedList.replaceChildren(
      ...reasons.map((reason) => Object.assign(document.createElement('p'), { textContent: reason })),
    );
  }

  #choose(photo: GivenPhoto): void {
    this.#shown = photo;
    // Whoever chooses what was stopped or forgotten wants it.
    if (photo.state === 'stopped' || photo.state === 'forgotten') photo.state = 'waiting';
    this.show();
    if (photo.state === 'waiting' && !photo.small) void this.#showWaiting(photo);
  }

  /** The photograph itself as long as it waits. That it cannot be read is told when its turn comes. */
  async #showWaiting(photo: GivenPhoto): Promise<void> {
    await lookAt(photo).catch(() => undefined);
    if (!photo.first || photo.state !== 'waiting') return;
    photo.small = photo.first.picture;
    if (photo === this.#shown && this.#parts.isShown()) this.#parts.player.showPhoto(photo.small);
  }
}

/** Decodes a photograph as `restore` does first. @throws in one line for people where it cannot be. */
export async function lookAt(photo: GivenPhoto): Promise<void> {
  try {
    photo.first = await readPhoto(photo.file, photo.isHeic, firstSidePixels);
  } catch (cause) {
    throw new Error(`${fileNameOf(photo)}: ${failureMessage(cause)}`, { cause });
  }
}

const fileNameOf = ({ file, name }: GivenPhoto) => (file instanceof File && file.name) || name;

/** @param wayOut what to do where the blur is too long. */
export function describe(
  { frames, motion, milliseconds }: Restoration,
  picture: Picture,
  wayOut: string,
): string {
  const limit = motion.isBeyondReach
    ? `The blur is longer than the network can follow, so some of it may remain: ${wayOut}. `
    : '';
  return `${limit}${frames.length} frames of ${sizeOf(picture)} in ${(milliseconds / 1000).toFixed(1)} s.`;
}

/** As `PageRestorer.estimate` takes it. */
const blurOf = ({ lengthPixels }: MotionSummary, { width, height }: Picture) =>
  Math.max(leastBlurPixels, lengthPixels) / Math.max(width, height);
const sizeOf = ({ width, height }: { width: number; height: number }) => `${width} × ${height}`;
const describeChoice = ({ side, seconds, isMeasured }: SizeChoice) =>
  isMeasured ? `${side} px, about ${duration(seconds)}` : `${side} px`;
const isSmaller = (a: { width: number }, b: { width: number }) => a.width < b.width;
