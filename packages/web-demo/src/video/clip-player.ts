import { Divider } from '../player/divider.js';
import { element } from '../page-elements.js';
import { drawPicture, type Picture } from '../picture.js';
import type { FramePair } from './clip-sharpening.js';

/** Two films that are shown in one picture may be apart by so much before one waits for the other. */
const tolerableSeconds = 0.012;
/** Further apart, as when the clip begins again, one jumps. */
const jumpSeconds = 0.08;

export interface PlayedClips {
  original: Blob;
  sharp: Blob;
  framesPerSecond: number;
  hasSound: boolean;
  /** Whether it goes round and round, from the beginning and by itself. */
  loops: boolean;
}

/** Shows a clip before and after: pictures while it is worked on, then both clips as they play. */
export class ClipPlayer {
  readonly #viewer = element('clip-viewer', HTMLElement);
  readonly #picture = element('clip-picture', HTMLElement);
  readonly #canvases = {
    blurred: element('clip-original-frame', HTMLCanvasElement),
    sharp: element('clip-sharp-frame', HTMLCanvasElement),
  };
  readonly #sharp = element('clip-sharp', HTMLVideoElement);
  readonly #original = element('clip-original', HTMLVideoElement);
  readonly #handle = element('clip-divider', HTMLElement);
  readonly #divider = new Divider(this.#handle, element('clip-compared', HTMLElement), () => ({
    left: this.#picture.offsetLeft,
    width: this.#picture.offsetWidth,
  }));
  readonly #play = element('clip-play', HTMLButtonElement);
  readonly #scrub = element('clip-scrub', HTMLInputElement);
  readonly #sound = element('clip-sound', HTMLButtonElement);
  #framesPerSecond = 25;

  constructor() {
    new ResizeObserver(() => this.#divider.arrange()).observe(this.#viewer);
    this.#play.addEventListener('click', () => this.#togglePlaying());
    this.#scrub.addEventListener('input', () => this.#seek(Number(this.#scrub.value)));
    // The stage is where whoever chose a clip by keys is left.
    for (const place of [this.#viewer, element('clip-stage', HTMLElement)]) {
      place.addEventListener('keydown', (event) => this.#onKey(event));
    }
    this.#sound.addEventListener('click', () => {
      this.#sharp.muted = !this.#sharp.muted;
      this.#sound.setAttribute('aria-pressed', String(!this.#sharp.muted));
    });
    for (const name of ['play', 'pause', 'ended']) {
      this.#sharp.addEventListener(name, () => this.#followPlaying());
    }
    this.#sharp.addEventListener('seeked', () => this.#catchUp());
    this.#sharp.addEventListener('timeupdate', () => this.#showTime());
    this.#sharp.addEventListener('loadedmetadata', () => this.#showTime());
    // A container that decodes as a clip may still be one that this browser does not play.
    this.#original.addEventListener('error', () => this.#compare(false));
  }

  /** Shows nothing, and lets go of what was shown. */
  hide(): void {
    this.#viewer.hidden = true;
    this.#forgetClips();
    this.#compare(false);
  }

  pause(): void {
    this.#sharp.pause();
  }

  /** One picture, as the clip was. */
  showFirst(picture: Picture): void {
    this.#forgetClips();
    this.#setSize(picture);
    drawPicture(this.#canvases.sharp, picture);
    this.#compare(false);
  }

  /** A frame before and after; what played until now ends. */
  showPair({ blurred, sharp }: FramePair): void {
    if (this.#sharp.src) this.#forgetClips();
    drawPicture(this.#canvases.blurred, blurred);
    drawPicture(this.#canvases.sharp, sharp);
    this.#setSize(sharp);
    this.#compare(true);
  }

  /** Both clips, the original without sound; the pictures that were shown stay until they can be. */
  showClips({ original, sharp, framesPerSecond, hasSound, loops }: PlayedClips): void {
    this.#forgetClips();
    this.#framesPerSecond = framesPerSecond;
    this.#sharp.src = URL.createObjectURL(sharp);
    this.#original.src = URL.createObjectURL(original);
    Object.assign(this.#sharp, { loop: loops, muted: !hasSound });
    this.#sound.hidden = !hasSound;
    this.#sound.setAttribute('aria-pressed', 'true');
    for (const video of [this.#sharp, this.#original]) {
      video.addEventListener('loadeddata', () => (video.hidden = false), { once: true });
    }
    for (const control of [this.#play, this.#scrub]) control.disabled = false;
    this.#viewer.hidden = false;
    this.#compare(true);
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (loops && !isStill) void this.#sharp.play().catch(() => undefined);
  }

  #setSize({ width, height }: { width: number; height: number }): void {
    this.#viewer.hidden = false;
    this.#picture.style.setProperty('--aspect', String(width / height));
    this.#divider.arrange();
  }

  #compare(isOn: boolean): void {
    element('clip-compared', HTMLElement).hidden = !isOn;
    this.#handle.hidden = !isOn;
    for (const id of ['clip-original-label', 'clip-sharp-label']) element(id, HTMLElement).hidden = !isOn;
    if (isOn) this.#divider.arrange();
  }

  #forgetClips(): void {
    for (const video of [this.#sharp, this.#original]) {
      if (video.src) URL.revokeObjectURL(video.src);
      video.removeAttribute('src');
      video.load();
      video.hidden = true;
    }
    for (const control of [this.#play, this.#scrub]) control.disabled = true;
    this.#sound.hidden = true;
    element('clip-time', HTMLOutputElement).value = '–';
    this.#scrub.value = '0';
    this.#followPlaying();
  }

  #togglePlaying(): void {
    if (this.#play.disabled) return;
    if (this.#sharp.paused) void this.#sharp.play().catch(() => undefined);
    else this.#sharp.pause();
  }

  #followPlaying(): void {
    const isPlaying = this.#sharp.src !== '' && !this.#sharp.paused && !this.#sharp.ended;
    this.#play.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play');
    this.#play.querySelector('use')!.setAttribute('href', isPlaying ? '#icon-pause' : '#icon-play');
    // Who hears the page would hear every moment.
    element('clip-time', HTMLOutputElement).ariaLive = isPlaying ? 'off' : 'polite';
    if (isPlaying) {
      void this.#original.play().catch(() => undefined);
      this.#watchFrames();
    } else {
      this.#original.pause();
      this.#catchUp();
    }
  }

  /** With every frame that is shown, the original is kept at the same one. */
  #watchFrames(): void {
    this.#sharp.requestVideoFrameCallback(() => {
      if (this.#sharp.paused) return;
      const behind = this.#sharp.currentTime - this.#original.currentTime;
      if (Math.abs(behind) > jumpSeconds && !this.#original.seeking) {
        this.#original.currentTime = this.#sharp.currentTime;
      }
      const correction =
        Math.abs(behind) < tolerableSeconds ? 0 : Math.max(-0.25, Math.min(0.25, 3 * behind));
      this.#original.playbackRate = 1 + correction;
      this.#showTime();
      this.#watchFrames();
    });
  }

  /** Puts the original at the very frame that the sharp clip shows. */
  #catchUp(): void {
    if (this.#sharp.paused && this.#original.currentTime !== this.#sharp.currentTime) {
      this.#original.currentTime = this.#sharp.currentTime;
    }
  }

  #seek(seconds: number): void {
    const last = this.#sharp.duration || 0;
    this.#sharp.currentTime = Math.min(last, Math.max(0, seconds));
    this.#showTime();
  }

  #showTime(): void {
    const { currentTime, duration } = this.#sharp;
    if (!Number.isFinite(duration)) return;
    this.#scrub.max = String(duration);
    this.#scrub.value = String(currentTime);
    this.#scrub.setAttribute('aria-valuetext', `${currentTime.toFixed(1)} of ${duration.toFixed(1)} seconds`);
    element('clip-time', HTMLOutputElement).value = `${clock(currentTime)} / ${clock(duration)}`;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || this.#viewer.hidden) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { currentTime, duration } = this.#sharp;
    const actions: Record<string, () => void> = {
      ' ': () => this.#togglePlaying(),
      ArrowLeft: () => this.#seek(currentTime - 1 / this.#framesPerSecond),
      ArrowRight: () => this.#seek(currentTime + 1 / this.#framesPerSecond),
      Home: () => this.#seek(0),
      End: () => this.#seek(duration),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    if (!this.#play.disabled) action();
  }
}

/** `1:05.3` */
function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
}
