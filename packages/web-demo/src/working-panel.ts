import type { DownloadReport } from './download/download.js';
import { element } from './page-elements.js';
import { WorkingProgress, type Piece } from './working-progress.js';

/** What is under way: a title, how much is done, how long it takes. */
export class WorkingPanel {
  readonly #panel: HTMLElement;
  readonly #title: HTMLElement;
  readonly #figure: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #stage: HTMLElement;
  /** Of the pieces that follow each other. */
  #progress: WorkingProgress | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Which one of several is worked on, told behind each title: `2 of 5, beach`. */
  subject = '';

  /** @param prefix of the ids of its elements. */
  constructor(prefix = '') {
    this.#panel = element(`${prefix}working`, HTMLElement);
    this.#title = element(`${prefix}working-title`, HTMLElement);
    this.#figure = element(`${prefix}working-figure`, HTMLElement);
    this.#bar = element(`${prefix}progress`, HTMLProgressElement);
    this.#stage = element(`${prefix}stage`, HTMLElement);
  }

  /** @param share undefined where it is not known. */
  show(title: string, share?: number, figure = ''): void {
    this.#progress = undefined;
    this.#showTitle(title);
    this.#set(share, figure);
  }

  #showTitle(title: string): void {
    clearInterval(this.#timer);
    this.#panel.hidden = false;
    this.#title.textContent = this.subject ? `${title}: ${this.subject}` : title;
  }

  showDownload({ receivedBytes, totalBytes }: DownloadReport): void {
    if (receivedBytes === totalBytes) return this.show('Preparing the network');
    this.show(
      'Loading the network',
      receivedBytes / totalBytes,
      `${(receivedBytes / 1e6).toFixed(0)} of ${(totalBytes / 1e6).toFixed(0)} MB`,
    );
  }

  /** The bar moves on while the piece is under way. Work begins with the piece from share 0. */
  showPiece(title: string, piece: Piece): void {
    this.#showTitle(title);
    if (piece.fromShare === 0) this.#progress = undefined;
    const progress = (this.#progress ??= new WorkingProgress());
    const start = performance.now();
    const tell = () => {
      const { share, secondsLeft } = progress.at(piece, (performance.now() - start) / 1000);
      this.#set(share, secondsLeft === undefined ? '' : timeLeft(secondsLeft));
    };
    tell();
    this.#timer = setInterval(tell, 250);
  }

  hide(): void {
    clearInterval(this.#timer);
    const hadFocus = this.#panel.contains(document.activeElement);
    this.#panel.hidden = true;
    // Whoever was at the button stays at the picture.
    if (hadFocus) this.#stage.focus({ preventScroll: true });
  }

  #set(share: number | undefined, figure: string): void {
    this.#figure.textContent = figure;
    if (share === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = share;
  }
}

function timeLeft(seconds: number): string {
  return seconds < 1 ? 'almost done' : `${duration(seconds)} left`;
}

/** For people, and no more exact than it is: `8 s`, `25 s`, `2 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90) return `${Math.round(seconds / 5) * 5} s`;
  return `${Math.round(seconds / 60)} min`;
}
