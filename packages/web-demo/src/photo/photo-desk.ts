import { evenTimes, frameCount, shownTimes } from '../engine/frame-order.js';
import type { PageRestorer, Restoration, RestorerReport } from '../engine/restorer.js';
import { element } from '../page-elements.js';
import type { Picture } from '../picture.js';
import type { Player, Scene } from '../player/player.js';
import { fitPicture } from '../saving/fitting.js';
import type { Savable } from '../saving/save-buttons.js';
import { duration, type WorkingPanel } from '../working-panel.js';
import { readPhoto } from './photo-intake.js';

/** A photograph that was given, and what has become of it. */
export interface GivenPhoto {
  readonly file: Blob;
  readonly isHeic: boolean;
  /** Without the ending. */
  readonly name: string;
  state: 'waiting' | 'working' | 'done' | 'failed' | 'stopped';
  savable?: Savable;
  /** What was said at its end. */
  told?: string;
}

interface DeskParts {
  restorer: PageRestorer;
  player: Player;
  working: WorkingPanel;
  say: (message: string, isError?: boolean) => void;
  /** Whether photographs are what is on show. */
  isShown: () => boolean;
}

/** A photograph is looked at in this size until more is known. */
const firstSidePixels = 640;
const previewFrames = 7;
/** What a preview may take: of two seconds, opening the network takes the rest. */
const previewSeconds = 0.8;
const previewSides = [320, 256, 192, 128, 96];
/** Nobody needs a preview of what is there sooner. */
const soonSeconds = 2.5;
/** With `Automatic`, the largest size that takes no longer than this; at least the first. */
const automaticSeconds = 20;

/** The photographs that were given: restored one after the other, each to be looked at again. */
export class PhotoDesk {
  readonly #parts: DeskParts;
  readonly #detail = element('detail', HTMLSelectElement);
  readonly #list = element('queue', HTMLElement);
  #photos: GivenPhoto[] = [];
  #shown: GivenPhoto | undefined;
  #working: GivenPhoto | undefined;
  /** Grows with every piece of work; what comes back for an older one is dropped. */
  #workNumber = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#detail.addEventListener('change', () => this.#shown && this.restoreAgain());
  }

  /** What is on show, for saving. */
  get savable(): Savable | undefined {
    return this.#shown?.savable;
  }

  get isEmpty(): boolean {
    return this.#photos.length === 0;
  }

  get shown(): GivenPhoto | undefined {
    return this.#shown;
  }

  /** New photographs take the place of those before. */
  give(photos: GivenPhoto[]): void {
    this.stop();
    this.#photos = photos;
    this.#shown = photos[0];
    this.#forgetSizes();
    this.#next();
  }

  /** Ends what is under way and forgets what waits; results stay. */
  stop(): void {
    this.#workNumber++;
    this.#parts.restorer.stop();
    this.#parts.working.hide();
    for (const photo of this.#photos) {
      if (photo.state === 'waiting' || photo.state === 'working') photo.state = 'stopped';
    }
    this.#working = undefined;
    this.#showList();
  }

  clear(): void {
    this.stop();
    this.#photos = [];
    this.#shown = undefined;
    this.#showList();
  }

  /** The photograph on show once more, at another size or on another engine. */
  restoreAgain(): void {
    const photo = this.#shown;
    if (!photo) return;
    this.#workNumber++;
    this.#parts.restorer.stop();
    if (this.#working && this.#working !== photo) this.#working.state = 'waiting';
    photo.state = 'waiting';
    void this.#restore(photo);
  }

  /** Shows the photograph that was on show; one that was left before it was done is gone on with. */
  show(): void {
    this.#showList();
    const photo = this.#shown;
    if (!photo || !this.#parts.isShown()) return;
    if (photo.savable) {
      this.#parts.player.showScene(photo.savable.scene);
      this.#parts.say(photo.told ?? '');
    } else if (photo.state === 'failed') {
      this.#parts.player.hide();
      this.#parts.say(photo.told ?? '', true);
    } else if (photo.state === 'stopped') {
      this.restoreAgain();
    }
  }

  #next(): void {
    const next = this.#photos.find(({ state }) => state === 'waiting');
    if (next) void this.#restore(next);
    else this.#showList();
  }

  async #restore(photo: GivenPhoto): Promise<void> {
    const { player, working, say, isShown } = this.#parts;
    const work = ++this.#workNumber;
    const isCurrent = () => work === this.#workNumber;
    const isOnShow = () => isCurrent() && isShown() && this.#shown === photo;
    this.#working = photo;
    // Who looks at a finished one goes on doing so.
    if (this.#shown?.state !== 'done') this.#shown = photo;
    photo.state = 'working';
    photo.savable = undefined;
    this.#showList();
    working.show('Reading the photograph');
    try {
      const first = await readPhoto(photo.file, photo.isHeic, firstSidePixels);
      if (!isCurrent()) return;
      if (isOnShow()) {
        player.showPhoto(first.picture);
        say(`Restoring ${photo.name} …`);
      }
      await this.#startEngine();
      if (!isCurrent()) return;
      const { side, seconds } = await this.#chooseSize(first.original);
      if (!isCurrent()) return;
      const preview = seconds > soonSeconds ? await this.#previewOf(first.picture) : undefined;
      if (!isCurrent()) return;
      if (preview) {
        const restored = await this.#run(preview, evenTimes(previewFrames), 'Making a preview', isCurrent);
        if (!isCurrent()) return;
        const { frames, motion } = restored;
        if (isOnShow()) player.showScene({ blurred: preview, frames, motion, isPreview: true });
      }
      // Measured by the preview, the times are better known.
      const better = preview ? await this.#chooseSize(first.original) : { side, seconds };
      if (!isCurrent()) return;
      const { picture } =
        better.side === firstSidePixels ||
        (Math.max(first.original.width, first.original.height) <= firstSidePixels &&
          better.side >= firstSidePixels)
          ? first
          : await readPhoto(photo.file, photo.isHeic, better.side);
      if (!isCurrent()) return;
      const note = isSmaller(picture, first.original)
        ? `${sizeOf(first.original)}, worked on at ${sizeOf(picture)}. `
        : '';
      if (isOnShow()) say(`${note}This takes about ${duration(better.seconds)}.`);
      const title = preview ? 'Full size' : 'Restoring';
      await this.#restoreInFull(photo, picture, title, isCurrent, isOnShow, note);
    } catch (cause) {
      if (!isCurrent() || (cause as Error).name === 'AbortError') return;
      photo.state = 'failed';
      photo.told = `${photo.name}: ${(cause as Error).message}`;
      working.hide();
      if (isOnShow()) this.show();
    }
    if (isCurrent()) {
      this.#working = undefined;
      this.#next();
    }
  }

  async #restoreInFull(
    photo: GivenPhoto,
    picture: Picture,
    title: string,
    isCurrent: () => boolean,
    isOnShow: () => boolean,
    note: string,
  ): Promise<void> {
    const { player, working, say } = this.#parts;
    const frames = new Array<Picture | undefined>(frameCount).fill(undefined);
    let scene: Scene | undefined;
    const restoration = await this.#run(picture, shownTimes, title, isCurrent, (report) => {
      if (report.kind === 'motion') {
        scene = { blurred: picture, frames, motion: report.motion };
      } else if (report.kind === 'frame' && scene) {
        frames[report.index] = report.picture;
        if (!isOnShow()) return;
        if (report.done === 1) player.showUnfinishedScene(scene);
        else player.showNewFrames();
      }
    });
    if (!isCurrent()) return;
    working.hide();
    const { motion, renderAt } = restoration;
    // The scene that is shown stays the same, so that the visitor is not sent back to its middle.
    const finished = Object.assign(scene!, { frames: restoration.frames, motion, renderAt });
    photo.savable = { name: photo.name, scene: finished };
    photo.state = 'done';
    photo.told = `${note}${describe(restoration, picture)}`;
    this.#showList();
    if (!isOnShow()) return;
    player.showScene(finished);
    say(photo.told);
  }

  #run(
    picture: Picture,
    times: readonly number[],
    title: string,
    isCurrent: () => boolean,
    alsoDo: (report: RestorerReport) => void = () => undefined,
  ): Promise<Restoration> {
    return this.#parts.restorer.restore(picture, times, (report) => {
      if (!isCurrent()) return;
      showReport(this.#parts.working, title, report);
      alsoDo(report);
    });
  }

  async #startEngine(): Promise<void> {
    this.#parts.working.show('Starting');
    await this.#parts.restorer.start((report) => showReport(this.#parts.working, '', report));
  }

  /** What the choices told was of another photograph. */
  #forgetSizes(): void {
    for (const option of this.#detail.options) {
      option.textContent = option.value === 'auto' ? 'Automatic' : `${option.value} px`;
    }
    element('detail-note', HTMLElement).textContent =
      'The longer side. Times are shown once this device has been measured.';
  }

  /** The size to work at, and what it takes; the choices tell their times. */
  async #chooseSize(original: { width: number; height: number }): Promise<{ side: number; seconds: number }> {
    const longest = Math.max(original.width, original.height);
    const options = [...this.#detail.options].slice(1);
    const sides = options.map(({ value }) => Math.min(longest, Number(value)));
    const seconds = await this.#parts.restorer.estimate(
      sides.map((side) => ({
        width: Math.max(1, Math.round((original.width * side) / longest)),
        height: Math.max(1, Math.round((original.height * side) / longest)),
      })),
    );
    let automatic = 0;
    options.forEach((option, index) => {
      const isNeeded = index === 0 || sides[index] !== sides[index - 1];
      option.hidden = option.disabled = !isNeeded;
      const pixels = sides[index] === longest && longest < Number(option.value) ? `${longest}` : option.value;
      option.textContent = `${pixels} px, about ${duration(seconds[index]!)}`;
      const isAlwaysTaken = Number(option.value) <= firstSidePixels;
      if (isNeeded && (isAlwaysTaken || seconds[index]! <= automaticSeconds)) automatic = index;
    });
    this.#detail.options[0]!.textContent = `Automatic: ${Math.min(longest, sides[automatic]!)} px, about ${duration(seconds[automatic]!)}`;
    element('detail-note', HTMLElement).textContent =
      `The longer side. The photograph has ${sizeOf(original)}; times are of this device.`;
    const chosen = this.#detail.value === 'auto' ? automatic : this.#detail.selectedIndex - 1;
    return { side: sides[chosen]!, seconds: seconds[chosen]! };
  }

  async #previewOf(picture: Picture): Promise<Picture> {
    const copies = previewSides.map((side) => fittedSize(picture, side));
    const seconds = await this.#parts.restorer.estimate(copies);
    const fastEnough = seconds.findIndex((value) => value <= previewSeconds);
    return fitPicture(picture, previewSides.at(fastEnough)!);
  }

  /** More than one photograph are listed, each to be chosen. */
  #showList(): void {
    this.#list.hidden = this.#photos.length < 2 || !this.#parts.isShown();
    const words = {
      waiting: 'waiting',
      working: 'working',
      done: 'done',
      failed: 'failed',
      stopped: 'stopped',
    };
    const buttons = [...this.#list.children] as HTMLButtonElement[];
    if (buttons.length !== this.#photos.length) {
      this.#list.replaceChildren(
        ...this.#photos.map((_, index) => {
          const button = Object.assign(document.createElement('button'), {
            type: 'button',
            className: 'queued',
          });
          button.addEventListener('click', () => this.#choose(this.#photos[index]!));
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

  #choose(photo: GivenPhoto): void {
    this.#shown = photo;
    const isToCome = photo.state === 'waiting' || photo.state === 'working';
    this.show();
    if (isToCome) {
      this.#parts.player.hide();
      this.#parts.say(`${photo.name} is still to come.`);
    }
  }
}

/** Tells the panel what a restoration reports. */
export function showReport(working: WorkingPanel, title: string, report: RestorerReport): void {
  if (report.kind === 'piece') {
    working.showPiece(title, report);
  } else if (report.kind === 'lost') {
    working.show('The graphics device was lost; going on without it');
  } else if (report.kind === 'download') {
    working.showDownload(report);
  }
}

export function describe({ frames, milliseconds, engine }: Restoration, picture: Picture): string {
  const howItRan = engine.reason ? `${engine.description}; ${engine.reason}` : engine.description;
  return `${frames.length} frames of ${sizeOf(picture)} in ${(milliseconds / 1000).toFixed(1)} s on ${howItRan}.`;
}

const sizeOf = ({ width, height }: { width: number; height: number }) => `${width} × ${height}`;
const isSmaller = (a: { width: number }, b: { width: number }) => a.width < b.width;

function fittedSize({ width, height }: Picture, side: number): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
