import { element } from '../page-elements.js';
import { normalFramesPerSecond } from '../player/playback.js';
import type { Picture } from '../picture.js';
import type { Player, Scene } from '../player/player.js';
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

  async function save(kind: SaveRequest['kind'], button: HTMLButtonElement): Promise<void> {
    const savable = current();
    if (!savable) return;
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
      zip: () => ({ kind: 'zip', film, blurred: scene.blurred }),
    };
    const fileName =
      kind === 'png' ? `${name}-frame-${frameLabel(player.frame)}.png` : `${name}-unblurred.${kind}`;
    button.disabled = true;
    note.textContent = `Making ${fileName} …`;
    try {
      calls ??= new WorkerCalls(
        new Worker(new URL('./saving-worker.ts', import.meta.url), { type: 'module' }),
      );
      const blob = await calls.call(requests[kind]());
      offer(blob, fileName);
      note.textContent = `Saved ${fileName}, ${describeSize(blob.size)}.`;
    } catch (cause) {
      note.textContent = (cause as Error).message;
    } finally {
      button.disabled = false;
    }
  }

  for (const kind of ['mp4', 'gif', 'png', 'zip'] as const) {
    const button = element(`save-${kind}`, HTMLButtonElement);
    button.addEventListener('click', () => void save(kind, button));
  }
}

function offer(blob: Blob, fileName: string): void {
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(blob),
    download: fileName,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function describeSize(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
