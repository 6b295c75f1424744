export const largestZoom = 16;

/**
 * Shows a picture in a box: fitted, or zoomed and moved. Zoom is screen pixels per picture pixel; the element
 * is laid out at its own size and transformed.
 */
export class Viewport {
  readonly #box: HTMLElement;
  readonly #content: HTMLElement;
  readonly #onChange: () => void;
  #size = { width: 1, height: 1 };
  /** undefined: fitted. */
  #zoom: number | undefined;
  #offset = { x: 0, y: 0 };

  constructor(box: HTMLElement, content: HTMLElement, onChange: () => void) {
    this.#box = box;
    this.#content = content;
    this.#onChange = onChange;
    new ResizeObserver(() => this.#apply()).observe(box);
  }

  get isFitted(): boolean {
    return this.#zoom === undefined;
  }

  get zoom(): number {
    return this.#zoom ?? this.#fit;
  }

  /** Of the picture, in the box. */
  get left(): number {
    return (this.#box.clientWidth - this.#size.width * this.zoom) / 2 + this.#offset.x;
  }

  get top(): number {
    return (this.#box.clientHeight - this.#size.height * this.zoom) / 2 + this.#offset.y;
  }

  get width(): number {
    return this.#size.width * this.zoom;
  }

  get height(): number {
    return this.#size.height * this.zoom;
  }

  /** A picture of another size is fitted. */
  setSize(width: number, height: number): void {
    if (width !== this.#size.width || height !== this.#size.height) this.#zoom = undefined;
    this.#size = { width, height };
    this.#apply();
  }

  fit(): void {
    this.#zoom = undefined;
    this.#apply();
  }

  /** Zooms about a point of the box, its middle by default. */
  zoomTo(zoom: number, x = this.#box.clientWidth / 2, y = this.#box.clientHeight / 2): void {
    const target = Math.min(largestZoom, Math.max(this.#fit, zoom));
    if (target <= this.#fit * 1.001) return this.fit();
    const [ratio, left, top] = [target / this.zoom, this.left, this.top];
    this.#zoom = target;
    this.#offset.x += x - (x - left) * ratio - this.left;
    this.#offset.y += y - (y - top) * ratio - this.top;
    this.#apply();
  }

  moveBy(dx: number, dy: number): void {
    this.#offset.x += dx;
    this.#offset.y += dy;
    this.#apply();
  }

  get #fit(): number {
    return (
      Math.min(this.#box.clientWidth / this.#size.width, this.#box.clientHeight / this.#size.height) || 1
    );
  }

  #apply(): void {
    if (this.isFitted) this.#offset = { x: 0, y: 0 };
    const reach = (content: number, box: number) => Math.max(0, (content - box) / 2);
    const [reachX, reachY] = [
      reach(this.width, this.#box.clientWidth),
      reach(this.height, this.#box.clientHeight),
    ];
    this.#offset.x = Math.min(reachX, Math.max(-reachX, this.#offset.x));
    this.#offset.y = Math.min(reachY, Math.max(-reachY, this.#offset.y));
    Object.assign(this.#content.style, {
      width: `${this.#size.width}px`,
      height: `${this.#size.height}px`,
      transform: `translate(${this.left}px, ${this.top}px) scale(${this.zoom})`,
    });
    this.#content.classList.toggle('shows-pixels', this.zoom * devicePixelRatio >= 3);
    this.#onChange();
  }
}
