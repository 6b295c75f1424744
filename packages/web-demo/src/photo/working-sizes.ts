import { fitWithin } from '@unblur/restoration';
import type { Estimate, PageRestorer } from '../engine/restorer.js';
import { element } from '../page-elements.js';
import { sizeOf, type Picture } from '../picture.js';
import { fitPicture } from '../saving/fitting.js';
import { duration } from '../working-panel.js';
import { firstSidePixels, type GivenPhoto } from './given-photo.js';

export interface PhotoSizes {
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

/** What a preview may take: of two seconds, opening the network takes the rest. */
const previewSeconds = 0.8;
const previewSides = [320, 256, 192, 128, 96];
/** With `Automatic`, the largest size that takes no longer than this; at least the first. */
const automaticSeconds = 20;

/** The sizes that a photograph may be restored at, what they take, and the choice among them. */
export class WorkingSizes {
  readonly #restorer: PageRestorer;
  readonly #select = element('detail', HTMLSelectElement);

  /** @param onChoose called when the visitor chooses another size. */
  constructor(restorer: PageRestorer, onChoose: () => void) {
    this.#restorer = restorer;
    this.#select.addEventListener('change', onChoose);
  }

  /** What is chosen: `auto` or the longer side in pixels. */
  get chosen(): string {
    return this.#select.value;
  }

  set chosen(detail: string) {
    this.#select.value = detail;
  }

  /** The longer sides, in pixels, the smallest first. */
  get offeredSides(): number[] {
    return [...this.#select.options].slice(1).map(({ value }) => Number(value));
  }

  /** The size to work a photograph at, and what it takes. */
  async choose(photo: GivenPhoto, original: PhotoSizes['original']): Promise<SizeChoice> {
    const offered = this.offeredSides;
    const choices = await this.#choicesFor(original, photo.blur);
    const automatic = choices.findLastIndex(
      ({ isNeeded, seconds }, index) =>
        isNeeded && (offered[index]! <= firstSidePixels || seconds <= automaticSeconds),
    );
    photo.sizes = { original, choices, automatic };
    return choices[photo.detail === 'auto' ? automatic : offered.indexOf(Number(photo.detail))]!;
  }

  /** Measured by the photograph itself, the times are known best. Without an engine they stay as they were. */
  async updateTimes(photo: GivenPhoto): Promise<void> {
    const { original, automatic } = photo.sizes!;
    const choices = await this.#choicesFor(original, photo.blur).catch(() => undefined);
    if (choices) photo.sizes = { original, choices, automatic };
  }

  /** A copy that is restored in no time, to look at until more is there. */
  async previewOf(picture: Picture): Promise<Picture> {
    const copies = previewSides.map((side) => fitWithin(picture, side));
    const estimates = await this.#restorer.estimate(copies);
    const fastEnough = estimates.findIndex(({ seconds }) => seconds <= previewSeconds);
    return fitPicture(picture, previewSides.at(fastEnough)!);
  }

  /** @param sizes undefined as long as a photograph has not been looked at. */
  show(sizes: PhotoSizes | undefined): void {
    const [automatic, ...options] = this.#select.options;
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

  async #choicesFor(original: PhotoSizes['original'], blur: number | undefined): Promise<SizeChoice[]> {
    const longest = Math.max(original.width, original.height);
    const sides = this.offeredSides.map((side) => Math.min(longest, side));
    const estimates = await this.#restorer.estimate(
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
}

const describeChoice = ({ side, seconds, isMeasured }: SizeChoice) =>
  isMeasured ? `${side} px, about ${duration(seconds)}` : `${side} px`;
