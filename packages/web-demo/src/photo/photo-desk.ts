import { tellEngine } from '../engine/engine-note.js';
import { evenTimes } from '../engine/frame-order.js';
import { failureMessage } from '../failure-message.js';
import { element, scrollToStatus } from '../page-elements.js';
import { sizeOf, type Picture } from '../picture.js';
import type { MotionSummary } from '../player/motion-summary.js';
import { resetSaveNote, type Savable } from '../saving/save-buttons.js';
import { duration } from '../working-panel.js';
import { fileNameOf, firstSidePixels, lookAt, type GivenPhoto, type PhotoResult } from './given-photo.js';
import { readPhoto } from './photo-intake.js';
import { PhotoList } from './photo-list.js';
import { restoreScene, showReport, type SceneParts } from './scene-restoration.js';
import { leastMotionPixels, tellDecoding, tellResult, tellUnshaken } from './told-result.js';
import { Unshaking } from './unshaking.js';
import { WorkingSizes } from './working-sizes.js';

interface DeskParts extends SceneParts {
  say: (message: string, isError?: boolean) => void;
  /** Whether photographs are what is on show. */
  isShown: () => boolean;
  /** The choice of an engine, as the page shows it. */
  engineChoice: { value: string };
}

const previewFrames = 7;
/** Nobody needs a preview of what is there sooner. */
const soonSeconds = 2.5;
/** The longer side of what camera shake is removed from: a larger photograph would take minutes. */
const mostShakenSidePixels = 1280;

/** What the frames of all photographs may take together, one more aside: a quarter of the memory there is. */
function mostFrameBytes(): number {
  const { deviceMemory = 2 } = navigator as { deviceMemory?: number };
  return (deviceMemory / 4) * 2 ** 30;
}

/** What was made of a photograph, and what is said of it. */
interface MadeScene {
  scene: Savable['scene'];
  told: string;
}

/** The photographs that were given: restored one after the other, each to be looked at again. */
export class PhotoDesk {
  readonly #parts: DeskParts;
  readonly #sizes: WorkingSizes;
  readonly #unshaking = new Unshaking();
  readonly #otherWayButton = element('other-way', HTMLButtonElement);
  readonly #list = new PhotoList((index) => this.#choose(this.#photos[index]!));
  #photos: GivenPhoto[] = [];
  #shown: GivenPhoto | undefined;
  #working: GivenPhoto | undefined;
  /** Grows with every piece of work; what comes back for an older one is dropped. */
  #workNumber = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#sizes = new WorkingSizes(parts.restorer, () => {
      for (const photo of this.#photos) {
        if (photo.state === 'waiting' || photo.state === 'working') photo.detail = this.#sizes.chosen;
      }
      this.restoreAgain();
    });
    this.#otherWayButton.addEventListener('click', () => this.#goOtherWay());
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
    this.#list.showRefused(refused);
    this.#shown = photos[0];
    for (const photo of photos) photo.detail = this.#sizes.chosen;
    this.#sizes.show(undefined);
    if (this.#parts.isShown()) this.#next();
    else this.#showList();
  }

  /** Ends what is under way; `show` goes on with it. */
  pause(): void {
    this.#workNumber++;
    this.#parts.working.subject = '';
    if (this.#working) {
      this.#parts.restorer.stop();
      this.#unshaking.stop();
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
    this.#list.showRefused([]);
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
    if (result?.detail === this.#sizes.chosen && result.engineChoice === this.#parts.engineChoice.value) {
      this.#goBackTo(result, photo);
      return this.show();
    }
    photo.state = 'waiting';
    photo.detail = this.#sizes.chosen;
    void this.#restore(photo);
  }

  /** The photograph on show as a film, or for camera shake: what is there of it, or made now. */
  #goOtherWay(): void {
    const photo = this.#shown;
    if (!photo?.result) return;
    scrollToStatus();
    if (photo.otherResult) {
      [photo.result, photo.otherResult] = [photo.otherResult, photo.result];
      this.#goBackTo(photo.result, photo);
      resetSaveNote();
      return this.show();
    }
    // A button that is disabled loses the focus.
    element('stage', HTMLElement).focus({ preventScroll: true });
    this.pause();
    photo.state = 'waiting';
    photo.isShaken = !photo.isShaken;
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
    const results = this.#photos.flatMap(({ result, otherResult }) => [result, otherResult]);
    const frames = results.flatMap((result) => result?.savable.scene.frames ?? []);
    return frames.reduce((sum, { rgba }) => sum + rgba.length, 0) >= mostFrameBytes();
  }

  /** Forgets frames that were looked at, as long as there is no room for more. */
  #makeRoom(): void {
    for (const photo of this.#photos) {
      if (!this.#isFull) return;
      if (photo === this.#shown || photo.state !== 'done' || !photo.wasSeen) continue;
      photo.result = photo.otherResult = undefined;
      photo.isShaken = false;
      photo.wasSeen = false;
      photo.state = 'forgotten';
    }
  }

  #goBackTo(result: PhotoResult, photo: GivenPhoto): void {
    photo.state = 'done';
    photo.detail = result.detail;
    photo.isShaken = result.isShaken;
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
      let chosen = await this.#sizes.choose(photo, first.original);
      if (!isCurrent()) return;
      const preview =
        chosen.seconds > soonSeconds && !before ? await this.#sizes.previewOf(first.picture) : undefined;
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
        chosen = await this.#sizes.choose(photo, first.original);
        if (!isCurrent()) return;
      }
      if (photo === this.#shown) this.#sizes.show(photo.sizes);
      const side = photo.isShaken ? Math.min(mostShakenSidePixels, chosen.side) : chosen.side;
      const { picture } =
        side === Math.max(first.picture.width, first.picture.height)
          ? first
          : await readPhoto(photo.file, photo.isHeic, side);
      if (!isCurrent()) return;
      const sizes = isSmaller(picture, first.original)
        ? `${sizeOf(first.original)}, restored at ${sizeOf(picture)}. `
        : '';
      const note = tellDecoding(first);
      const until = before ? ` Until then, the earlier result stays: ${before.told}` : '';
      const isTimeKnown = chosen.isMeasured && !photo.isShaken;
      const time = isTimeKnown
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
    const { result: before, isShaken = false } = photo;
    const made = isShaken
      ? await this.#unshake(picture)
      : await this.#restoreFilm(photo, picture, isCurrent, isOnShow);
    if (!made || !isCurrent()) return;
    const told = `${note}${made.told}`;
    const savable = { name: photo.name, scene: made.scene };
    if (before && before.isShaken !== isShaken) photo.otherResult = before;
    photo.result = { savable, told, isShaken, detail: photo.detail!, engineChoice };
    Object.assign(photo, { state: 'done', told });
    this.#showList();
    if (isOnShow()) {
      photo.wasSeen = true;
      resetSaveNote();
      player.showScene(savable.scene);
      say(told);
    }
    await this.#sizes.updateTimes(photo);
    if (photo === this.#shown) this.#sizes.show(photo.sizes);
  }

  async #unshake(blurred: Picture): Promise<MadeScene> {
    const { picture, milliseconds } = await this.#unshaking.restore(blurred, this.#parts.working);
    return { scene: { blurred, frames: [picture] }, told: tellUnshaken(picture, milliseconds) };
  }

  /** Undefined where nobody waits for it any more. */
  async #restoreFilm(
    photo: GivenPhoto,
    picture: Picture,
    isCurrent: () => boolean,
    isOnShow: () => boolean,
  ): Promise<MadeScene | undefined> {
    const restored = await restoreScene(this.#parts, picture, {
      title: 'Restoring',
      blur: photo.blur,
      isCurrent,
      // What was made before stays on show.
      isShown: () => isOnShow() && !photo.result,
    });
    if (!restored) return undefined;
    const { scene, restoration } = restored;
    tellEngine(restoration.engine);
    photo.blur = blurOf(restoration.motion, picture);
    const side = Math.max(picture.width, picture.height);
    const smallest = this.#sizes.offeredSides[0]!;
    const next = photo.sizes!.choices.find((choice) => choice.side > side);
    const told = tellResult(restoration, picture, {
      ifLong: side > smallest ? 'choose a smaller working size' : 'choose a photograph with less motion',
      ifNone: next
        ? 'choose a larger working size'
        : 'the photograph may be sharp already, or out of focus, which this does not mend',
      nextSize: next && next.side / side,
    });
    return { scene, told };
  }

  /** The engine goes on starting for the next photograph where nobody waits for it any more. */
  async #startEngine(isCurrent: () => boolean): Promise<void> {
    this.#parts.working.show('Starting');
    await this.#parts.restorer.start((report) => {
      if (isCurrent()) showReport(this.#parts.working, '', report);
    });
  }

  /** What is chosen for a photograph, and what the choices would take. */
  #showSettings({ detail, sizes }: GivenPhoto): void {
    this.#sizes.show(sizes);
    this.#sizes.chosen = detail!;
  }

  #showList(): void {
    this.#otherWayButton.disabled = this.#shown?.state !== 'done';
    Object.assign(
      this.#otherWayButton,
      this.#shown?.result?.isShaken
        ? { textContent: 'Back to the film', title: '' }
        : {
            textContent: 'Camera shake? Try another way',
            title: 'For photos taken with a shaking hand, in which nothing moved',
          },
    );
    this.#list.show(this.#photos, {
      shown: this.#shown,
      isOnShow: this.#parts.isShown(),
      isFull: this.#isFull,
    });
  }

  /** One of several turned out not to be readable: the others go on without it. */
  #refuse(photo: GivenPhoto, reason: string): void {
    this.#list.refuse(this.#photos.indexOf(photo), reason);
    this.#photos = this.#photos.filter((other) => other !== photo);
    this.#working = undefined;
    if (photo === this.#shown) this.#shown = this.#photos.find(({ result }) => result) ?? this.#photos[0];
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

/** As `PageRestorer.estimate` takes it. */
const blurOf = ({ lengthPixels }: MotionSummary, { width, height }: Picture) =>
  Math.max(leastMotionPixels, lengthPixels) / Math.max(width, height);
const isSmaller = (a: { width: number }, b: { width: number }) => a.width < b.width;
