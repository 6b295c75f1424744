import { failureMessage } from '../failure-message.js';
import { element } from '../page-elements.js';
import { normalFramesPerSecond } from '../player/playback.js';
import type { Picture } from '../picture.js';
import { isFilm, type Player, type Scene } from '../player/player.js';
import { WorkerCalls } from '../worker-calls.js';
import { frameLabel } from './film.js';
import type { SaveRequest } from './saving-worker.js';

/** What can be saved at the moment. */
export interface Savable {
  /** Begins the files' names. */
  name: string;
  scene: Scene & { frames: readonly Picture[] };
}

/** Makes the buttons of the save card work. */
export function listenToSaveButtons(player: Player, current: () => Savable | undefined): void {
  const note = element('save-note', HTMLElement);
  let calls: WorkerCalls<SaveRequest, Blob> | undefined;

  async function save(
    kind: SaveRequest['kind'],
    button: HTMLButtonElement,
    give: (blob: Blob, fileName: string) => Promise<string>,
  ): Promise<void> {
    const savable = current();
    if (!savable || button.getAttribute('aria-busy') === 'true') return;
    const { name, scene } = savable;
    const film = {
      frames: scene.frames,
      round: player.round,
      framesPerSecond: normalFramesPerSecond * player.speed,
    };
    const requests: Record<SaveRequest['kind'], () => SaveRequest> = {
      mp4: () => ({ kind: 'mp4', film }),
      gif: () => ({ kind: 'gif', film }),
      png: () => ({ kind: 'png', picture: player.shownPicture! }),
      webp: () => ({ kind: 'webp', film }),
      pair: () => ({ kind: 'pair', picture: player.shownPicture!, blurred: scene.blurred }),
      zip: () => ({ kind: 'zip', film, blurred: scene.blurred }),
    };
    const fileName = {
      png: isFilm(scene) ? `${name}-frame-${frameLabel(player.frame)}.png` : `${name}-unblurred.png`,
      pair: `${name}-before-after.png`,
      mp4: `${name}-unblurred.mp4`,
      gif: `${name}-unblurred.gif`,
      webp: `${name}-unblurred.webp`,
      zip: `${name}-unblurred.zip`,
    }[kind];
    button.setAttribute('aria-busy', 'true');
    const making = `Making ${fileName} …`;
    note.textContent = making;
    // Once another result is on show, only what was said of this one is brought to its end.
    const tell = (text: string) => {
      if (current() === savable || note.textContent === making) note.textContent = text;
    };
    try {
      calls ??= new WorkerCalls(
        new Worker(new URL('./saving-worker.ts', import.meta.url), { type: 'module' }),
      );
      const blob = await calls.call(requests[kind]());
      tell(await give(blob, fileName));
    } catch (cause) {
      tell(failureMessage(cause));
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  for (const kind of ['mp4', 'gif', 'webp', 'png', 'pair', 'zip'] as const) {
    const button = element(`save-${kind}`, HTMLButtonElement);
    button.addEventListener('click', () => void save(kind, button, download));
  }
  const shareButton = element('share', HTMLButtonElement);
  shareButton.hidden = !canShareVideo();
  shareButton.addEventListener('click', () => void save('mp4', shareButton, share));
}

/** What the note says before anything is saved. */
export function resetSaveNote(): void {
  const ofFilms = Object.assign(document.createElement('span'), {
    className: 'of-film',
    textContent: ' Films play as set below the picture.',
  });
  element('save-note', HTMLElement).replaceChildren('The photo is the frame that is shown.', ofFilms);
}

export function canShareVideo(): boolean {
  const sample = new File([], 'film.mp4', { type: 'video/mp4' });
  return 'canShare' in navigator && navigator.canShare({ files: [sample] });
}

/** What `share` tells whoever changed their mind. */
export const notShared = 'Not shared.';

/** Hands a file to other programs, or saves it where that fails. @returns what to tell the visitor. */
export async function share(blob: Blob, fileName: string): Promise<string> {
  const file = new File([blob], fileName, { type: blob.type });
  try {
    await navigator.share({ files: [file] });
    return `Shared ${fileName}.`;
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') return notShared;
    return download(blob, fileName);
  }
}

/** Saves a file as the browser does. @returns what to tell the visitor. */
export async function download(blob: Blob, fileName: string): Promise<string> {
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(blob),
    download: fileName,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return `Saved ${fileName}, ${describeSize(blob.size)}.`;
}

/** Of a file, for people. */
export function describeSize(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
