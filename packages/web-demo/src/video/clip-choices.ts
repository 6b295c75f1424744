import { element } from '../page-elements.js';
import { duration } from '../working-panel.js';
import type { ClipFormatName } from './clip-formats.js';
import type { ClipFacts } from './clip-reading.js';
import { workingChoices, type NetworkCost, type WorkingChoice } from './working-size.js';

export const formatLabels = { mp4: 'MP4', webm: 'WebM' } satisfies Record<ClipFormatName, string>;

/** How a clip is made sharp, as it was chosen. */
export interface ClipSettings {
  width: number;
  height: number;
  format: ClipFormatName;
  passes: string;
}

/** How many times as long a frame takes when its mirror image is averaged in: motion is sought once. */
const mirroredTimes = 1.85;

/** What may be chosen for a clip: its size, the file's format, and how often the network looks at a frame. */
export class ClipChoices {
  readonly #size = element('clip-size', HTMLSelectElement);
  readonly #format = element('clip-format', HTMLSelectElement);
  readonly #passes = element('clip-passes', HTMLSelectElement);
  /** Empty until the engine is there and measured. */
  #sizes: WorkingChoice[] = [];

  /** @param onChange called when another size or other passes are chosen. */
  constructor(onChange: () => void) {
    for (const choice of [this.#size, this.#passes]) choice.addEventListener('change', onChange);
  }

  /** Whether there is anything to choose from. */
  get isReady(): boolean {
    return this.#sizes.length > 0;
  }

  /** The size that is chosen, and what the whole clip takes. */
  get chosen(): WorkingChoice {
    return this.#sizes[this.#size.selectedIndex]!;
  }

  get settings(): ClipSettings {
    const { width, height } = this.chosen;
    return { width, height, format: this.#format.value as ClipFormatName, passes: this.#passes.value };
  }

  get isMirrored(): boolean {
    return this.#passes.value === 'mirrored';
  }

  /** What the passes that are chosen take, of one. */
  get timesOnePass(): number {
    return this.isMirrored ? mirroredTimes : 1;
  }

  /** Another clip: there is nothing to choose until it is known what it takes. */
  clear(): void {
    this.#sizes = [];
    for (const choice of [this.#size, this.#format]) {
      choice.replaceChildren(new Option('–'));
      choice.disabled = true;
    }
  }

  /** Offers what there is for a clip. @param cost of one pass. */
  offer(facts: ClipFacts, cost: NetworkCost): void {
    this.#format.replaceChildren(...facts.formats.map((name) => new Option(formatLabels[name], name)));
    this.updateTimes(facts, cost);
    this.#size.selectedIndex = this.#sizes.findIndex(({ isAutomatic }) => isAutomatic);
    for (const choice of [this.#size, this.#format]) choice.disabled = false;
  }

  /** Tells of every size what it takes now; the one that is chosen stays. */
  updateTimes(facts: ClipFacts, cost: NetworkCost): void {
    const chosen = this.#size.selectedIndex;
    const secondsPerMegapixel = cost.secondsPerMegapixel * this.timesOnePass;
    this.#sizes = workingChoices(facts, { ...cost, secondsPerMegapixel });
    this.#size.replaceChildren(
      ...this.#sizes.map(
        ({ width, height, seconds }) =>
          new Option(`${Math.max(width, height)} px, about ${duration(seconds)}`),
      ),
    );
    this.#size.selectedIndex = chosen;
  }

  /** Chooses what something was made with. */
  goBackTo({ width, height, format, passes }: ClipSettings): void {
    this.#passes.value = passes;
    this.#format.value = format;
    this.#size.selectedIndex = this.#sizes.findIndex(
      (size) => size.width === width && size.height === height,
    );
  }
}
