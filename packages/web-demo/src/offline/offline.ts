/** Registers the service worker; `onReady` runs once the page works without a network. */
export function prepareOffline(onReady: () => void): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker
    .register('./service-worker.js', { type: 'module' })
    .then(() => navigator.serviceWorker.ready)
    .then(onReady)
    .catch(() => undefined);
}
