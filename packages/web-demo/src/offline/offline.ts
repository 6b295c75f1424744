import { photoWeightsUrl, type PageRestorer } from '../engine/restorer.js';
import { isKept } from '../download/download.js';
import { element } from '../page-elements.js';

interface Connection {
  saveData?: boolean;
  type?: string;
}

/** After the first screen is there, and the visitor has had time to look at it. */
const idleMilliseconds = 4000;

/**
 * Registers the service worker, downloads what restoring needs while the page is idle or a file is chosen (on
 * request only where data are dear), and tells truly whether the page works without a network. Then WebGPU is
 * tried.
 */
export function tellOffline(restorer: PageRestorer): void {
  const note = element('offline-note', HTMLElement);
  const button = element('prefetch', HTMLButtonElement);
  const isProduction = import.meta.env.PROD;
  const pageKept =
    'serviceWorker' in navigator && isProduction
      ? navigator.serviceWorker
          .register('./service-worker.js', { type: 'module' })
          .then(() => navigator.serviceWorker.ready)
          .then(() => true)
          .catch(() => false)
      : Promise.resolve(false);

  const { connection } = navigator as { connection?: Connection };
  const isMetered = connection?.saveData || connection?.type === 'cellular';

  async function tell(): Promise<void> {
    button.hidden = true;
    await restorer.warmUp();
    const isOffline = (await pageKept) && (await isKept(photoWeightsUrl));
    note.textContent = isOffline
      ? 'The network for photographs is stored on this device: for them, the page works without a connection.'
      : 'The network is loaded for this visit.';
    if (!isMetered) void restorer.checkGraphics();
  }

  const megabytes = Math.round((__fileBytes__.photoWeights + __fileBytes__.processorWasm) / 1e6);
  const offer = () => {
    button.hidden = false;
    button.textContent = `Download the network now (${megabytes} MB)`;
  };
  const load = () => {
    button.hidden = true;
    note.textContent = `Loading the network, ${megabytes} MB, once.`;
    tell().catch((cause: Error) => {
      note.textContent = cause.name === 'AbortError' ? '' : cause.message;
      offer();
    });
  };
  button.addEventListener('click', load);

  if (isMetered) {
    offer();
  } else {
    let isAsked = false;
    const loadOnce = () => {
      if (!isAsked) load();
      isAsked = true;
    };
    setTimeout(
      () => ('requestIdleCallback' in window ? requestIdleCallback(loadOnce) : loadOnce()),
      idleMilliseconds,
    );
    // Whoever looks through their files, or drags one here, is about to need it.
    for (const input of document.querySelectorAll('input[type=file]')) {
      input.addEventListener('click', loadOnce);
    }
    document.addEventListener('dragenter', loadOnce);
  }
}
