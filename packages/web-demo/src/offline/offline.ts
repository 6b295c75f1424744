import { isKept } from '../download/download.js';
import { element } from '../page-elements.js';

interface Connection {
  saveData?: boolean;
  type?: string;
}

/** Files that are taken: each kind has a network of its own. */
type Kind = 'photo' | 'clip';

/** What is downloaded apart from the page for a kind of file. */
export interface Preload {
  /** For people: `photographs`. */
  of: string;
  /** Of the network and the engine. */
  bytes: number;
  weightsUrl: string;
  /** Downloads it and gets it ready. */
  load(): Promise<void>;
}

/** After the first screen is there, and the visitor has had time to look at it. */
const idleMilliseconds = 4000;

/** Whether data are dear here: nothing is downloaded that nobody asked for. */
export function isMetered(): boolean {
  const { connection } = navigator as { connection?: Connection };
  return connection?.saveData === true || connection?.type === 'cellular';
}

/**
 * Registers the service worker, downloads what the open tab needs while the page is idle or a file is chosen
 * (on request only where data are dear), and tells truly whether the page works without a network.
 *
 * @param preloadOf what files of that kind need.
 * @returns to be called with the kind of files that the open tab takes, now and when another is opened.
 */
export function tellOffline(preloadOf: Record<Kind, Preload>): (kind: Kind) => void {
  const note = element('offline-note', HTMLElement);
  const button = element('prefetch', HTMLButtonElement);
  const pageKept =
    'serviceWorker' in navigator && import.meta.env.PROD
      ? navigator.serviceWorker
          .register('./service-worker.js', { type: 'module' })
          .then(() => navigator.serviceWorker.ready)
          .then(() => true)
          .catch(() => false)
      : Promise.resolve(false);

  const waitsForRequest = isMetered();
  const asked = new Set<Kind>();
  /** What is said of each kind that was asked for. */
  const notes = new Map<Kind, string>();
  let open: Kind | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(): void {
    const { bytes } = preloadOf[open!];
    note.textContent = notes.get(open!) ?? '';
    button.hidden = asked.has(open!) || !(waitsForRequest || notes.has(open!));
    button.textContent = `Download the network now (${megabytes(bytes)} MB)`;
  }

  async function load(kind: Kind): Promise<void> {
    if (asked.has(kind)) return;
    const { of, bytes, weightsUrl, load } = preloadOf[kind];
    const say = (text: string) => {
      notes.set(kind, text);
      show();
    };
    asked.add(kind);
    say(`Loading the network, ${megabytes(bytes)} MB, once.`);
    try {
      await load();
      const isOffline = (await pageKept) && (await isKept(weightsUrl));
      say(
        isOffline
          ? `The network for ${of} is stored on this device, so the page works offline for them.`
          : 'The network is loaded for this visit.',
      );
    } catch (cause) {
      asked.delete(kind);
      say((cause as Error).name === 'AbortError' ? '' : (cause as Error).message);
    }
  }

  button.addEventListener('click', () => void load(open!));
  if (!waitsForRequest) {
    // Whoever looks through their files, or drags one here, is about to need it.
    document.addEventListener('click', ({ target }) => {
      if (target instanceof HTMLInputElement && target.type === 'file') void load(open!);
    });
    document.addEventListener('dragenter', ({ dataTransfer }) => {
      const types = [...(dataTransfer?.items ?? [])].map(({ type }) => type);
      const isClip = types.length === 1 && types[0]!.startsWith('video/');
      void load(isClip ? 'clip' : open!);
    });
  }

  return (kind) => {
    open = kind;
    show();
    clearTimeout(timer);
    if (waitsForRequest) return;
    timer = setTimeout(() => {
      const loadOpen = () => void load(open!);
      if ('requestIdleCallback' in window) requestIdleCallback(loadOpen);
      else loadOpen();
    }, idleMilliseconds);
  };
}

const megabytes = (bytes: number) => Math.round(bytes / 1e6);
