import { element } from '../page-elements.js';
import type { GivenPhoto } from './given-photo.js';

/** The photographs that were given, each to be chosen, and why other files were not taken. */
export class PhotoList {
  readonly #list = element('queue', HTMLElement);
  readonly #refusedList = element('refused', HTMLElement);
  readonly #onChoose: (index: number) => void;
  #refused: readonly string[] = [];

  /** @param onChoose called with the place of the photograph that is chosen. */
  constructor(onChoose: (index: number) => void) {
    this.#onChoose = onChoose;
  }

  /**
   * More than one photograph are listed; and one alone that was stopped, to go on with it.
   *
   * @param isOnShow whether photographs are what the page shows. @param isFull whether those that wait do so for
   * memory.
   */
  show(
    photos: readonly GivenPhoto[],
    { shown, isOnShow, isFull }: { shown: GivenPhoto | undefined; isOnShow: boolean; isFull: boolean },
  ): void {
    const isNeeded = photos.length > 1 || photos[0]?.state === 'stopped';
    this.#list.hidden = !isNeeded || !isOnShow;
    this.#refusedList.hidden = !isOnShow;
    const words = {
      waiting: isFull ? 'waiting until others are looked at' : 'waiting',
      working: 'working',
      done: 'done',
      failed: 'failed',
      stopped: 'stopped, press to go on',
      forgotten: 'looked at, press to make it again',
    };
    if (this.#list.children.length !== photos.length) {
      this.#list.replaceChildren(...photos.map(() => this.#newButton()));
    }
    for (const [index, photo] of photos.entries()) {
      const button = this.#list.children[index] as HTMLButtonElement;
      button.textContent = `${photo.name}: ${words[photo.state]}`;
      button.dataset['state'] = photo.state;
      button.setAttribute('aria-pressed', String(photo === shown));
    }
  }

  #newButton(): HTMLButtonElement {
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'queued' });
    button.addEventListener('click', () => this.#onChoose([...this.#list.children].indexOf(button)));
    return button;
  }

  /** @param reasons why files are not taken, a sentence for each, in place of those before. */
  showRefused(reasons: readonly string[]): void {
    this.#refused = reasons;
    this.#refusedList.replaceChildren(
      ...reasons.map((reason) => Object.assign(document.createElement('p'), { textContent: reason })),
    );
  }

  /** One of those that are listed is not to be had after all: whoever is at another stays there. */
  refuse(index: number, reason: string): void {
    this.#list.children[index]!.remove();
    this.showRefused([...this.#refused, reason]);
  }
}
