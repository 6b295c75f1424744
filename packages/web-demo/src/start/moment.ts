import { element } from '../page-elements.js';

/**
 * The film of the first screen: an example that was restored ahead, loaded once the page is idle. It can be
 * paused, and begins by itself only for visitors who do not prefer stillness.
 */
export function showMoment(): void {
  const frame = element('moment', HTMLElement);
  const video = element('moment-video', HTMLVideoElement);
  const button = element('moment-play', HTMLButtonElement);

  const play = () => {
    if (!video.getAttribute('src')) video.src = new URL('./moment/moment.mp4', document.baseURI).href;
    void video.play().catch(() => undefined);
  };
  video.addEventListener('playing', () => {
    video.hidden = false;
    showPlaying(true);
  });
  video.addEventListener('pause', () => showPlaying(false));
  function showPlaying(isPlaying: boolean): void {
    frame.classList.toggle('is-playing', isPlaying);
    button.setAttribute('aria-label', isPlaying ? 'Pause the example' : 'Play the example');
    button.querySelector('use')!.setAttribute('href', isPlaying ? '#icon-pause' : '#icon-play');
  }
  button.addEventListener('click', () => (video.paused ? play() : video.pause()));

  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const watcher = new IntersectionObserver(([entry]) => {
    if (!entry!.isIntersecting) video.pause();
    else if (!isStill && !wasPausedByHand) play();
  });
  let wasPausedByHand = false;
  button.addEventListener('click', () => (wasPausedByHand = video.paused));
  if (document.readyState === 'complete') watcher.observe(frame);
  else addEventListener('load', () => watcher.observe(frame));
}
