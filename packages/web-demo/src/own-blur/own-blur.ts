import { failureMessage } from '../failure-message.js';
import { frameCount } from '../engine/frame-order.js';
import { element } from '../page-elements.js';
import { drawPicture, type Picture } from '../picture.js';
import { WorkerCalls } from '../worker-calls.js';
import { betterOrder, type FrameScore } from './scores.js';
import type { Shot } from './shot.js';
import type { StudioRequest, StudioResult } from './studio-worker.js';

const panoramaUrl = new URL('./panorama/bridge.webp', document.baseURI).href;
/** A sketch while the camera is dragged, the real thing when it rests. */
const sketchStepPixels = 8;
const exactStepPixels = 1;
const restMilliseconds = 180;
/** A sketch shows no frames; more would only take longer. */
const sketchFrames = 3;
/** Every fourth frame is scored: seven, evenly spaced over the exposure. */
const scoredStride = 4;
const scoredFrames = Array.from(
  { length: (frameCount - 1) / scoredStride + 1 },
  (_, index) => index * scoredStride,
);

/** A blurred photograph whose truth is known. */
export interface OwnBlur {
  blurred: Picture;
  /** As many frames as are restored. */
  truth: Picture[];
}

/** Look into a panorama, move the camera while the shutter is open, and see the blur form. */
export class OwnBlurStudio {
  readonly #viewfinder = element('viewfinder', HTMLElement);
  readonly #canvas = element('viewfinder-canvas', HTMLCanvasElement);
  readonly #restoreButton = element('restore-own-blur', HTMLButtonElement);
  readonly #studio = new WorkerCalls<StudioRequest, StudioResult>(
    new Worker(new URL('./studio-worker.ts', import.meta.url), { type: 'module' }),
  );
  readonly #onError: (message: string) => void;
  readonly #onChange: () => void;
  #shot: Shot = { yawDegrees: -100, pitchDegrees: 3, turnDegrees: 2.5, tiltDegrees: 1, rollDegrees: 0 };
  #exposed: OwnBlur | undefined;
  #isExposing = false;
  #isStale = false;
  #restTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onChange called when the camera looks or moves in another way. */
  constructor({ onError, onChange }: { onError: (message: string) => void; onChange: () => void }) {
    this.#onError = onError;
    this.#onChange = onChange;
    this.#listenToSliders();
    this.#listenToDragging();
    this.#viewfinder.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#drawMotion()).observe(this.#viewfinder);
  }

  /** The blur as it was last exposed in full; undefined while the camera moves. */
  get current(): OwnBlur | undefined {
    return this.#exposed;
  }

  show(): void {
    this.#viewfinder.hidden = false;
    this.#showShot();
  }

  hide(): void {
    this.#viewfinder.hidden = true;
  }

  /** Compares every fourth of the restored frames with the truth. */
  async score({ blurred, truth }: OwnBlur, restored: readonly Picture[]): Promise<FrameScore[]> {
    const result = await this.#studio.call({
      kind: 'score',
      blurred,
      restored: scoredFrames.map((index) => restored[index]!),
      truth: scoredFrames.map((index) => truth[index]!),
    });
    return result.kind === 'scored' ? result.scores : [];
  }

  #change(change: Partial<Shot>): void {
    const clamp = (value: number, limit: number) => Math.min(limit, Math.max(-limit, value));
    const shot = { ...this.#shot, ...change };
    this.#shot = {
      yawDegrees: ((shot.yawDegrees + 540) % 360) - 180,
      pitchDegrees: clamp(shot.pitchDegrees, 75),
      turnDegrees: clamp(shot.turnDegrees, 10),
      tiltDegrees: clamp(shot.tiltDegrees, 10),
      rollDegrees: clamp(shot.rollDegrees, 10),
    };
    this.#onChange();
    this.#showShot();
  }

  #showShot(): void {
    for (const part of ['turn', 'tilt', 'roll'] as const) {
      const degrees = this.#shot[`${part}Degrees`];
      element(part, HTMLInputElement).value = String(degrees);
      element(part, HTMLInputElement).setAttribute('aria-valuetext', `${degrees.toFixed(1)} degrees`);
      element(`${part}-value`, HTMLOutputElement).value = `${degrees.toFixed(1)}°`;
    }
    this.#exposed = undefined;
    this.#restoreButton.disabled = true;
    this.#drawMotion();
    void this.#sketch();
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => void this.#exposeExactly(), restMilliseconds);
  }

  /** Sketches what is current; while one sketch is made, all changes together become the next one. */
  async #sketch(): Promise<void> {
    this.#isStale = true;
    if (this.#isExposing) return;
    this.#isExposing = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const exposed = await this.#expose(this.#shot, {
          frames: sketchFrames,
          stepPixels: sketchStepPixels,
        });
        if (!this.#exposed) drawPicture(this.#canvas, exposed.blurred);
      }
    } catch (cause) {
      this.#onError(failureMessage(cause));
    } finally {
      this.#isExposing = false;
    }
  }

  async #exposeExactly(): Promise<void> {
    const shot = this.#shot;
    try {
      const exposed = await this.#expose(shot, { frames: frameCount, stepPixels: exactStepPixels });
      if (shot !== this.#shot) return;
      this.#exposed = exposed;
      drawPicture(this.#canvas, exposed.blurred);
      this.#restoreButton.disabled = false;
    } catch (cause) {
      this.#onError(failureMessage(cause));
    }
  }

  async #expose(
    shot: Shot,
    { frames, stepPixels }: { frames: number; stepPixels: number },
  ): Promise<OwnBlur> {
    const result = await this.#studio.call({ kind: 'expose', panoramaUrl, shot, frames, stepPixels });
    if (result.kind !== 'exposed') throw new Error('Expected an exposure.');
    return { blurred: result.blurred, truth: result.frames };
  }

  #listenToSliders(): void {
    for (const part of ['turn', 'tilt', 'roll'] as const) {
      const slider = element(part, HTMLInputElement);
      slider.addEventListener('input', () => this.#change({ [`${part}Degrees`]: Number(slider.value) }));
    }
  }

  #listenToDragging(): void {
    let from: { x: number; y: number; shot: Shot } | undefined;
    this.#viewfinder.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      this.#viewfinder.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, shot: this.#shot };
    });
    this.#viewfinder.addEventListener('pointermove', (event) => {
      if (!from || !this.#viewfinder.hasPointerCapture(event.pointerId)) return;
      const degreesPerPixel = 60 / this.#canvas.clientWidth;
      const [right, down] = [
        (event.clientX - from.x) * degreesPerPixel,
        (event.clientY - from.y) * degreesPerPixel,
      ];
      // Looking around drags the world, an exposure drags the camera; positive pitch looks down.
      if (this.#isShaking) {
        this.#change({ turnDegrees: right, tiltDegrees: down });
      } else {
        this.#change({
          yawDegrees: from.shot.yawDegrees - right,
          pitchDegrees: from.shot.pitchDegrees - down,
        });
      }
    });
    const release = () => (from = undefined);
    this.#viewfinder.addEventListener('pointerup', release);
    this.#viewfinder.addEventListener('pointercancel', release);
  }

  get #isShaking(): boolean {
    return document.querySelector<HTMLInputElement>('input[name=drag]:checked')?.value === 'shake';
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ] as [number, number] | undefined;
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [right, down] = step;
    if (this.#isShaking) {
      this.#change({
        turnDegrees: this.#shot.turnDegrees + right / 2,
        tiltDegrees: this.#shot.tiltDegrees + down / 2,
      });
    } else {
      this.#change({
        yawDegrees: this.#shot.yawDegrees + 3 * right,
        pitchDegrees: this.#shot.pitchDegrees + 3 * down,
      });
    }
  }

  /** An arrow for how the camera moves: what stands still in the world moves the other way. */
  #drawMotion(): void {
    const { clientWidth: width, clientHeight: height } = this.#viewfinder;
    const pixelsPerDegree = this.#canvas.clientWidth / 60;
    const [dx, dy] = [this.#shot.turnDegrees * pixelsPerDegree, this.#shot.tiltDegrees * pixelsPerDegree];
    for (const id of ['camera-motion-line', 'camera-motion-shadow']) {
      const line = element(id, SVGLineElement);
      for (const [name, value] of Object.entries({
        x1: width / 2 - dx / 2,
        y1: height / 2 - dy / 2,
        x2: width / 2 + dx / 2,
        y2: height / 2 + dy / 2,
      })) {
        line.setAttribute(name, value.toFixed(1));
      }
    }
  }
}

/** Fills the table of scores; the better order stands out. */
export function showScores(scores: readonly FrameScore[]): void {
  const better = betterOrder(scores);
  const mean = (read: (score: FrameScore) => number) =>
    scores.reduce((sum, score) => sum + read(score), 0) / scores.length;
  const row = (name: string, read: (pick: (score: FrameScore) => number) => number) => {
    const cells = (['psnr', 'ssim'] as const).flatMap((metric) =>
      (['blurred', 'forward', 'reverse'] as const).map((candidate) => {
        const cell = document.createElement('td');
        cell.textContent = read((score) => score[metric][candidate]).toFixed(metric === 'psnr' ? 1 : 3);
        if (candidate === better) cell.className = 'is-better';
        return cell;
      }),
    );
    const heading = Object.assign(document.createElement('th'), { scope: 'row', textContent: name });
    const line = document.createElement('tr');
    line.append(heading, ...cells);
    return line;
  };
  element('scores', HTMLElement).replaceChildren(
    ...scores.map((score, index) => row(String(scoredFrames[index]! + 1), (pick) => pick(score))),
    row('Mean', mean),
  );
  const gain = mean(({ psnr }) => psnr[better] - psnr.blurred);
  element('scores-note', HTMLElement).textContent =
    `The ${better} order fits better: ${gain >= 0 ? '+' : '−'}${Math.abs(gain).toFixed(1)} dB on average over the blurred photograph.`;
}

/** Before a restoration there are no scores. */
export function clearScores(): void {
  const rows = [...scoredFrames.map((index) => String(index + 1)), 'Mean'].map((name) => {
    const line = document.createElement('tr');
    const heading = Object.assign(document.createElement('th'), { scope: 'row', textContent: name });
    line.append(
      heading,
      ...Array.from({ length: 6 }, () => Object.assign(document.createElement('td'), { textContent: '–' })),
    );
    return line;
  });
  element('scores', HTMLElement).replaceChildren(...rows);
  element('scores-note', HTMLElement).textContent = 'Restore a blur to see how close each frame comes.';
}
