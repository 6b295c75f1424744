import { element } from '../page-elements.js';
import { drawPicture, type Picture } from '../picture.js';
import { Divider } from './divider.js';
import { arrowEnlargement, drawArrows, drawColourWheel, drawMotionColours, formatPixels } from './motion.js';
import { drawMotionPath } from './motion-path.js';
import type { MotionSummary } from './motion-summary.js';
import { Playback, playbackRound, type PlaybackMode } from './playback.js';
import { Viewport } from './viewport.js';

/** What the player shows. */
export interface Scene {
  blurred: Picture;
  /** Evenly spaced over the exposure; those still to be made are missing. */
  frames: readonly (Picture | undefined)[];
  /** Of a single frame there is none. */
  motion?: MotionSummary;
  /** A small copy, to look at while the photograph itself is restored. */
  isPreview?: boolean;
  /** The frame at any time of the exposure, from -1 to 1; undefined where it can no longer be had. */
  renderAt?: (time: number) => Promise<Picture | undefined>;
  /** The frames as they were, where known. */
  truth?: readonly Picture[];
}

/** Whether there is something to play. */
export const isFilm = ({ frames }: Scene) => frames.length > 1;

/** Between two frames the slider stops so often, where frames at any time can be had. */
const stopsPerFrame = 8;

/** What an arrow key moves a zoomed picture by. */
const panPixels = 64;

/** Shows restored frames: plays, scrubs, compares, zooms, draws the motion. */
export class Player {
  readonly #viewer = element('viewer', HTMLElement);
  readonly #frameCanvas = element('frame-canvas', HTMLCanvasElement);
  readonly #comparedCanvas = element('compared-canvas', HTMLCanvasElement);
  readonly #colours = element('motion-colours', HTMLCanvasElement);
  readonly #arrows = element('motion-arrows', HTMLCanvasElement);
  readonly #divider = element('divider', HTMLElement);
  readonly #scrub = element('scrub', HTMLInputElement);
  readonly #order = element('order', HTMLSelectElement);
  readonly #speed = element('speed', HTMLSelectElement);
  readonly #compare = element('compare', HTMLSelectElement);
  readonly #motion = element('motion', HTMLSelectElement);
  readonly #viewport = new Viewport(this.#viewer, element('picture', HTMLElement), () => this.#arrange());
  readonly #dividerLine = new Divider(this.#divider, this.#comparedCanvas, () => this.#viewport);
  readonly #playback = new Playback(
    (frame) => this.#showFrame(frame),
    () => this.#showPlaying(),
  );
  #scene: Scene | undefined;
  /** Where the visitor is, in frames from 0: a whole number, or between two. */
  #place = 0;
  /** The place of what is shown; the nearest frame's as long as nothing is made for a place between two. */
  #frame = 0;
  #shownPicture: Picture | undefined;
  /** Whether a picture between two frames is being made. */
  #isRendering = false;

  constructor() {
    drawColourWheel(element('colour-wheel', HTMLCanvasElement));
    this.#listenToTransport();
    this.#listenToView();
    this.#listenToPointer();
    // The stage is where whoever chose a photograph by keys is left.
    for (const place of [this.#viewer, element('stage', HTMLElement)]) {
      place.addEventListener('keydown', (event) => this.#onKey(event));
    }
  }

  /** The frame that is shown, from 0; not a whole number where it lies between two. */
  get frame(): number {
    return this.#frame;
  }

  /** What is shown of the scene. */
  get shownPicture(): Picture | undefined {
    return this.#shownPicture;
  }

  /** Frame indices of one round, as it plays. */
  get round(): number[] {
    return playbackRound(this.#scene?.frames.length ?? 1, this.#playback.mode);
  }

  get speed(): number {
    return this.#playback.speed;
  }

  /** A photograph alone, while it is worked on. */
  showPhoto(photo: Picture): void {
    this.#playback.pause();
    this.#scene = undefined;
    this.#shownPicture = undefined;
    this.#enable(false);
    this.#viewer.hidden = false;
    this.#viewport.setSize(photo.width, photo.height);
    drawPicture(this.#frameCanvas, photo);
    this.#frameCanvas.setAttribute('aria-label', 'The blurred photograph');
    this.#compareWith();
    this.#showMotion();
  }

  /**
   * A scene whose frames are still being made, at its middle. It can be scrubbed, played and compared, but
   * not saved.
   */
  showUnfinishedScene(scene: Scene): void {
    this.#open(scene);
    element('save-card', HTMLFieldSetElement).disabled = true;
  }

  isShowing(scene: Scene): boolean {
    return scene === this.#scene;
  }

  /** Looks again at the scene that is shown: what is known of its truth has changed. */
  showNewTruth(): void {
    this.#compareWith();
  }

  /** Looks again at the frames of the scene that is shown: more of them are made. */
  showNewFrames(): void {
    if (this.#scene && !this.#playback.isPlaying && this.#nearestMade(this.#place) !== this.#shownPicture) {
      this.#showFrame(this.#place);
    }
  }

  /** Plays at once, unless the visitor prefers stillness. */
  showScene(scene: Scene): void {
    if (scene === this.#scene) this.#enable(true);
    else this.#open(scene);
    element('save-card', HTMLFieldSetElement).disabled = scene.isPreview === true;
    this.#scrub.step = String(scene.renderAt ? 1 / stopsPerFrame : 1);
    this.#showFrame(this.#place);
    this.#compareWith();
    const isStill = !isFilm(scene) || matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!this.#playback.isPlaying && !isStill) {
      this.#playback.play(Math.round(this.#place));
    }
  }

  #open(scene: Scene): void {
    this.#playback.pause();
    this.#scene = scene;
    const last = scene.frames.length - 1;
    Object.assign(this.#scrub, { max: String(last), step: '1' });
    this.#playback.frames = scene.frames.length;
    this.#viewer.hidden = false;
    this.#viewport.setSize(scene.blurred.width, scene.blurred.height);
    const truthOption = this.#compare.querySelector<HTMLOptionElement>('[value=truth]')!;
    truthOption.hidden = truthOption.disabled = !scene.truth;
    if (!scene.truth && this.#compare.value === 'truth') this.#compare.value = 'blurred';
    element('picture', HTMLElement).classList.toggle('is-preview', scene.isPreview === true);
    element('frame-label', HTMLElement).textContent = scene.isPreview ? 'Preview' : 'Restored';
    this.#enable(true);
    this.#showFrame(last / 2);
    this.#compareWith();
    this.#showMotion();
  }

  hide(): void {
    this.#playback.pause();
    this.#scene = undefined;
    this.#shownPicture = undefined;
    this.#enable(false);
    this.#viewer.hidden = true;
    this.#showMotion();
  }

  #enable(isEnabled: boolean): void {
    for (const control of [element('play', HTMLButtonElement), this.#scrub, this.#order, this.#speed]) {
      control.disabled = !isEnabled;
    }
    const focused = document.activeElement;
    for (const id of ['view-card', 'save-card']) element(id, HTMLFieldSetElement).disabled = !isEnabled;
    const isSingle = this.#scene !== undefined && !isFilm(this.#scene);
    element('work', HTMLElement).classList.toggle('shows-single-frame', isSingle);
    // A control that is disabled or away loses the focus: whoever was there stays at the picture.
    if ((!isEnabled && focused?.matches(':disabled')) || (isSingle && focused?.closest('.of-film'))) {
      element('stage', HTMLElement).focus({ preventScroll: true });
    }
    if (!isEnabled) element('frame-number', HTMLOutputElement).value = '–';
    element('frame-label', HTMLElement).hidden = true;
  }

  #showFrame(place: number): void {
    if (!this.#scene) return;
    this.#place = place;
    const frame = Math.round(place);
    this.#showPicture(this.#nearestMade(frame), frame);
  }

  /** Of the frames that are made, the one nearest to a place. */
  #nearestMade(place: number): Picture {
    const made = this.#scene!.frames.flatMap((picture, index) =>
      picture ? [{ picture, distance: Math.abs(index - place) }] : [],
    );
    return made.reduce((nearest, candidate) => (candidate.distance < nearest.distance ? candidate : nearest))
      .picture;
  }

  /** @param frame the place that the picture was made for. */
  #showPicture(picture: Picture, frame: number): void {
    this.#frame = frame;
    this.#shownPicture = picture;
    drawPicture(this.#frameCanvas, picture);
    const number = Number((frame + 1).toFixed(1));
    const name = `${number} of ${this.#scene!.frames.length}`;
    this.#frameCanvas.setAttribute('aria-label', `Restored frame ${name}`);
    this.#scrub.value = String(this.#place);
    this.#scrub.setAttribute('aria-valuetext', `Frame ${name}`);
    element('frame-number', HTMLOutputElement).value = `${number} / ${this.#scene!.frames.length}`;
    if (this.#compare.value === 'truth') this.#compareWith();
    document
      .getElementById('motion-path')!
      .querySelectorAll('circle')
      .forEach((dot, index) => dot.classList.toggle('is-shown', index === Math.round(frame)));
  }

  /**
   * @param place from 0, in frames; between two the nearest frame is shown until that of the place is made.
   */
  #scrubTo(place: number): void {
    if (!this.#scene) return;
    this.#playback.pause();
    const stops = this.#scene.renderAt ? stopsPerFrame : 1;
    const stop = Math.round(Math.min(this.#scene.frames.length - 1, Math.max(0, place)) * stops) / stops;
    this.#showFrame(stop);
    if (Number.isInteger(stop)) return;
    void this.#showBetweenFrames();
  }

  /** Makes the picture of where the visitor is now, and again as long as that has changed in the meantime. */
  async #showBetweenFrames(): Promise<void> {
    if (this.#isRendering) return;
    this.#isRendering = true;
    try {
      let rendered: number | undefined;
      while (this.#scene?.renderAt && !Number.isInteger(this.#place) && rendered !== this.#place) {
        const scene = this.#scene;
        rendered = this.#place;
        const picture = await scene.renderAt!((2 * rendered) / (scene.frames.length - 1) - 1);
        // A whole frame may have been asked for since, or another scene.
        if (picture && scene === this.#scene && !Number.isInteger(this.#place)) {
          this.#showPicture(picture, rendered);
        }
      }
    } finally {
      this.#isRendering = false;
    }
  }

  /** To the next whole frame in a direction, -1 or 1. */
  #stepFrame(direction: number): void {
    this.#scrubTo(direction < 0 ? Math.ceil(this.#place) - 1 : Math.floor(this.#place) + 1);
  }

  #togglePlaying(): void {
    if (this.#playback.isPlaying) this.#playback.pause();
    else if (this.#scene && isFilm(this.#scene)) this.#playback.play(Math.round(this.#place));
  }

  #showPlaying(): void {
    const button = element('play', HTMLButtonElement);
    const { isPlaying } = this.#playback;
    button.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play');
    button.querySelector('use')!.setAttribute('href', isPlaying ? '#icon-pause' : '#icon-play');
    // Who hears the page would hear the number of every frame.
    element('frame-number', HTMLOutputElement).ariaLive = isPlaying ? 'off' : 'polite';
  }

  #listenToTransport(): void {
    element('play', HTMLButtonElement).addEventListener('click', () => this.#togglePlaying());
    this.#scrub.addEventListener('input', () => this.#scrubTo(Number(this.#scrub.value)));
    // Keys go from frame to frame, whatever the slider's step is.
    this.#scrub.addEventListener('keydown', (event) => {
      const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (direction === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.#stepFrame(direction);
    });
    this.#order.addEventListener('change', () => {
      this.#playback.mode = this.#order.value as PlaybackMode;
      if (this.#playback.isPlaying) this.#playback.play(Math.round(this.#place));
    });
    this.#speed.addEventListener('change', () => (this.#playback.speed = Number(this.#speed.value)));
  }

  #listenToView(): void {
    this.#compare.addEventListener('change', () => this.#compareWith());
    this.#motion.addEventListener('change', () => this.#showMotion());
    const zoomBy = (factor: number) => () => this.#viewport.zoomTo(this.#viewport.zoom * factor);
    element('zoom-in', HTMLButtonElement).addEventListener('click', zoomBy(1.5));
    element('zoom-out', HTMLButtonElement).addEventListener('click', zoomBy(1 / 1.5));
    element('zoom-fit', HTMLButtonElement).addEventListener('click', () => this.#viewport.fit());
    element('zoom-pixels', HTMLButtonElement).addEventListener('click', () =>
      this.#viewport.zoomTo(1 / devicePixelRatio),
    );
    this.#viewer.addEventListener('dblclick', ({ offsetX, offsetY, target }) => {
      if (target === this.#divider) return;
      if (this.#viewport.isFitted) this.#viewport.zoomTo(this.#viewport.zoom * 3, offsetX, offsetY);
      else this.#viewport.fit();
    });
    this.#viewer.addEventListener(
      'wheel',
      (event) => {
        // Without a modifier the wheel scrolls the page; a pinch on a touchpad comes with ctrl.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const box = this.#viewer.getBoundingClientRect();
        this.#viewport.zoomTo(
          this.#viewport.zoom * Math.exp(-event.deltaY / 200),
          event.clientX - box.left,
          event.clientY - box.top,
        );
      },
      { passive: false },
    );
  }

  /** Dragging scrubs a fitted picture and moves a zoomed one; two fingers zoom. */
  #listenToPointer(): void {
    const pointers = new Map<number, PointerEvent>();
    let start = { x: 0, place: 0 };
    this.#viewer.addEventListener('pointerdown', (event) => {
      if (event.target === this.#divider || event.button !== 0) return;
      pointers.set(event.pointerId, event);
      this.#viewer.setPointerCapture(event.pointerId);
      start = { x: event.clientX, place: this.#place };
    });
    this.#viewer.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      const [other] = [...pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
      pointers.set(event.pointerId, event);
      if (other) {
        const spread = (from: PointerEvent) =>
          Math.hypot(from.clientX - other.clientX, from.clientY - other.clientY);
        const box = this.#viewer.getBoundingClientRect();
        this.#viewport.zoomTo(
          (this.#viewport.zoom * spread(event)) / Math.max(1, spread(before)),
          (event.clientX + other.clientX) / 2 - box.left,
          (event.clientY + other.clientY) / 2 - box.top,
        );
        this.#viewport.moveBy((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
      } else if (!this.#viewport.isFitted) {
        this.#viewport.moveBy(event.clientX - before.clientX, event.clientY - before.clientY);
      } else if (this.#scene && Math.abs(event.clientX - start.x) > 3) {
        const framesPerPixel = this.#scene.frames.length / Math.max(200, this.#viewport.width * 0.8);
        this.#scrubTo(start.place + (event.clientX - start.x) * framesPerPixel);
      }
    });
    const release = (event: PointerEvent) => pointers.delete(event.pointerId);
    this.#viewer.addEventListener('pointerup', release);
    this.#viewer.addEventListener('pointercancel', release);
  }

  /** Arrow keys do what dragging does. */
  #onKey(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || this.#viewer.hidden) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = (this.#scene?.frames.length ?? 1) - 1;
    const { isFitted } = this.#viewport;
    const actions: Record<string, () => void> = {
      ' ': () => this.#togglePlaying(),
      ArrowLeft: () => (isFitted ? this.#stepFrame(-1) : this.#viewport.moveBy(panPixels, 0)),
      ArrowRight: () => (isFitted ? this.#stepFrame(1) : this.#viewport.moveBy(-panPixels, 0)),
      ...(!isFitted && {
        ArrowUp: () => this.#viewport.moveBy(0, panPixels),
        ArrowDown: () => this.#viewport.moveBy(0, -panPixels),
      }),
      Home: () => this.#scrubTo(0),
      End: () => this.#scrubTo(last),
      '+': () => this.#viewport.zoomTo(this.#viewport.zoom * 1.5),
      '-': () => this.#viewport.zoomTo(this.#viewport.zoom / 1.5),
      '0': () => this.#viewport.fit(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  #compareWith(): void {
    const choice = this.#scene ? this.#compare.value : 'nothing';
    const picture =
      choice === 'blurred'
        ? this.#scene!.blurred
        : choice === 'truth'
          ? this.#scene!.truth![Math.round(this.#frame)]!
          : undefined;
    for (const part of [this.#comparedCanvas, this.#divider]) part.hidden = !picture;
    for (const id of ['compared-label', 'frame-label']) element(id, HTMLElement).hidden = !picture;
    if (!picture) return;
    element('compared-label', HTMLElement).textContent = choice === 'truth' ? 'Ground truth' : 'Blurred';
    drawPicture(this.#comparedCanvas, picture);
    this.#dividerLine.arrange();
  }

  #showMotion(): void {
    const choice = this.#scene?.motion ? this.#motion.value : 'nothing';
    this.#colours.hidden = choice !== 'colours';
    this.#arrows.hidden = choice !== 'arrows';
    const path = element('motion-path', SVGSVGElement);
    if (!this.#scene?.motion) {
      path.replaceChildren();
      path.setAttribute('aria-label', 'Path of the picture: no result yet');
      element('motion-path-caption', HTMLElement).textContent = 'Path of the whole picture';
      element('colour-wheel-caption', HTMLElement).textContent = 'Direction of motion';
      return;
    }
    const { exposure, path: points, rimPixels } = this.#scene.motion;
    if (choice === 'colours') {
      drawMotionColours(this.#colours, exposure, rimPixels);
      Object.assign(this.#colours.style, {
        width: `${exposure.width * exposure.stridePixels}px`,
        height: `${exposure.height * exposure.stridePixels}px`,
      });
    }
    const [first, last] = [points[0]!, points.at(-1)!];
    const travelled = formatPixels(Math.hypot(last.dx - first.dx, last.dy - first.dy));
    drawMotionPath(path, points, Math.round(this.#frame));
    path.setAttribute('aria-label', `Path of the picture: ${travelled} from the first frame to the last`);
    element('motion-path-caption', HTMLElement).textContent = `Path of the whole picture, ${travelled}`;
    element('colour-wheel-caption', HTMLElement).textContent =
      `Direction of motion; rim ${formatPixels(rimPixels)}${this.#arrowNote(rimPixels)}`;
    this.#arrange();
  }

  #arrowNote(rim: number): string {
    if (this.#motion.value !== 'arrows') return '';
    const enlargement = arrowEnlargement(rim, this.#viewport.zoom);
    return enlargement === 1 ? '; arrows in true length' : `; arrows ${enlargement} × their length`;
  }

  /** Puts what lies over the picture in its place again. */
  #arrange(): void {
    // A preview has other pixels than the photograph.
    const hasPixels = this.#scene && !this.#scene.isPreview;
    element('zoom', HTMLOutputElement).value = hasPixels
      ? `${Math.round(100 * this.#viewport.zoom * devicePixelRatio)} %`
      : '–';
    this.#viewer.classList.toggle('is-zoomed', !this.#viewport.isFitted);
    if (!this.#divider.hidden) this.#dividerLine.arrange();
    if (this.#arrows.hidden || !this.#scene?.motion) return;
    const { exposure, rimPixels } = this.#scene.motion;
    drawArrows(
      this.#arrows,
      exposure,
      this.#scene.blurred.width,
      this.#viewport,
      arrowEnlargement(rimPixels, this.#viewport.zoom),
    );
  }
}
