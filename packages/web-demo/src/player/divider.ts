/**
 * A line over a picture that pointer and keys move: left of it lies what the picture is compared with.
 */
export class Divider {
  #share = 0.5;
  readonly #handle: HTMLElement;
  readonly #compared: HTMLElement;
  readonly #span: () => { left: number; width: number };

  /**
   * @param compared lies over the picture, in its size.
   * @param span where the picture is in the element that the handle is placed in, in pixels.
   */
  constructor(handle: HTMLElement, compared: HTMLElement, span: () => { left: number; width: number }) {
    [this.#handle, this.#compared, this.#span] = [handle, compared, span];
    handle.addEventListener('pointerdown', (event) => {
      handle.setPointerCapture(event.pointerId);
      event.stopPropagation();
    });
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left, width } = span();
      this.#moveTo((event.clientX - handle.parentElement!.getBoundingClientRect().left - left) / width);
    });
    handle.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, Home: -1, End: 1 }[
        event.key
      ];
      if (step === undefined) return;
      event.preventDefault();
      this.#moveTo(this.#share + step);
    });
  }

  /** Puts it in its place again, after the picture has moved. */
  arrange(): void {
    this.#moveTo(this.#share);
  }

  #moveTo(share: number): void {
    this.#share = Math.min(1, Math.max(0, share));
    const { left, width } = this.#span();
    this.#compared.style.clipPath = `inset(0 ${100 * (1 - this.#share)}% 0 0)`;
    this.#handle.style.left = `${left + width * this.#share}px`;
    this.#handle.setAttribute('aria-valuenow', String(Math.round(100 * this.#share)));
  }
}
