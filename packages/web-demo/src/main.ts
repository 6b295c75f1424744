import { defaultWeightsName } from '@unblur/weights';
import { engineNames, type EngineName } from './engine/engine-names.js';
import { frameCount } from './engine/frame-order.js';
import { PageRestorer, type Restoration, type RestorerReport } from './engine/restorer.js';
import { prepareOffline } from './offline/offline.js';
import { clearScores, OwnBlurStudio, showScores, type OwnBlur } from './own-blur/own-blur.js';
import { element } from './page-elements.js';
import { examples } from './photo/examples.js';
import { listenForPhotos, readPhoto } from './photo/photo-intake.js';
import type { Picture } from './picture.js';
import { Player, type Scene } from './player/player.js';
import { listenToSaveButtons, type Savable } from './saving/save-buttons.js';
import { listenToTheme } from './theme.js';

type Mode = 'photo' | 'own-blur';

const intake = element('intake', HTMLElement);
const working = element('working', HTMLElement);
const status = element('status', HTMLElement);
const engineChoice = element('engine', HTMLSelectElement);
const detail = element('detail', HTMLSelectElement);

const restorer = new PageRestorer();
const player = new Player();
let studio: OwnBlurStudio | undefined;
let mode: Mode = 'photo';
/** What each mode shows when the visitor comes back to it. */
const shown: Record<Mode, Savable | undefined> = { photo: undefined, 'own-blur': undefined };
/** The photograph last given, to fit it anew when another detail is chosen. */
let source: { file: Blob; name: string } | undefined;
/** Grows with every piece of work; what comes back for an older one is dropped. */
let workNumber = 0;

function say(message: string, isError = false): void {
  status.textContent = message;
  status.classList.toggle('is-error', isError);
}

async function restorePhoto(file: Blob, name: string): Promise<void> {
  const work = ++workNumber;
  source = { file, name };
  switchMode('photo');
  restorer.stop();
  showWorking('Reading the photograph');
  try {
    const { picture, original } = await readPhoto(file, Number(detail.value));
    if (work !== workNumber) return;
    intake.hidden = true;
    player.showPhoto(picture);
    const isFitted = picture.width !== original.width;
    const note = isFitted ? `Fitted from ${sizeOf(original)} to ${sizeOf(picture)}. ` : '';
    say(`${note}Restoring …`);
    const restoration = await runRestorer({ blurred: picture }, work);
    if (!restoration) return;
    showScene('photo', { name, scene: restoration.scene });
    say(`${note}${describe(restoration, picture)}`);
  } catch (cause) {
    if (work === workNumber) fail(cause as Error);
  }
}

async function restoreOwnBlur(own: OwnBlur): Promise<void> {
  const work = ++workNumber;
  restorer.stop();
  try {
    studio!.hide();
    player.showPhoto(own.blurred);
    say('Restoring …');
    const restoration = await runRestorer(own, work);
    if (!restoration) return;
    showScene('own-blur', { name: 'own-blur', scene: restoration.scene });
    say(describe(restoration, own.blurred));
    showScores(await studio!.score(own, restoration.scene.frames));
  } catch (cause) {
    if (work === workNumber) fail(cause as Error);
  }
}

/** Shows frames as they are made. Undefined when something newer has begun in the meantime. */
async function runRestorer(
  { blurred, truth }: { blurred: Picture; truth?: Picture[] },
  work: number,
): Promise<(Restoration & { scene: Savable['scene'] }) | undefined> {
  showWorking('Preparing');
  restorer.chooseEngine((engineChoice.value || undefined) as EngineName | undefined);
  let unfinished: { frames: (Picture | undefined)[]; scene: Scene } | undefined;
  const restoration = await restorer.restore(blurred, (report) => {
    if (work !== workNumber) return;
    showReport(report);
    if (report.kind === 'motion') {
      const frames = new Array<Picture | undefined>(frameCount).fill(undefined);
      unfinished = { frames, scene: { blurred, truth, frames, motion: report.motion } };
    } else if (report.kind === 'frame' && unfinished) {
      unfinished.frames[report.index] = report.picture;
      if (report.done === 1) player.showUnfinishedScene(unfinished.scene);
      else player.showNewFrames();
    } else if (report.kind === 'lost') {
      player.showPhoto(blurred);
    }
  });
  if (work !== workNumber) return undefined;
  working.hidden = true;
  const { frames, motion, renderAt } = restoration;
  // The scene that is shown stays the same, so that the visitor is not sent back to its middle.
  return { ...restoration, scene: Object.assign(unfinished!.scene, { frames, motion, renderAt }) };
}

function showReport(report: RestorerReport): void {
  switch (report.kind) {
    case 'motion':
      return;
    case 'frame':
      return showWorking('Making the frames', report.done / frameCount, `${report.done} / ${frameCount}`);
    case 'weights':
      return showWorking(
        'Loading the network',
        report.totalBytes > 0 ? report.receivedBytes / report.totalBytes : undefined,
        `${(report.receivedBytes / 1e6).toFixed(1)} MB`,
      );
    case 'engine':
      return showWorking(`Finding the motion on ${report.description}`, 0);
    case 'share':
      return showWorking(undefined, report.share, `${Math.round(100 * report.share)} %`);
    case 'lost':
      return showWorking('The graphics device was lost; going on without it', 0);
  }
}

function showWorking(title: string | undefined, share?: number, figure = ''): void {
  working.hidden = false;
  if (title) element('working-title', HTMLElement).textContent = title;
  element('working-figure', HTMLElement).textContent = figure;
  const bar = element('progress', HTMLProgressElement);
  if (share === undefined) bar.removeAttribute('value');
  else bar.value = share;
}

function fail({ name, message }: Error): void {
  working.hidden = true;
  if (name === 'AbortError') return;
  showMode();
  say(message, true);
}

function showScene(where: Mode, savable: Savable): void {
  shown[where] = savable;
  if (where === mode) player.showScene(savable.scene);
  element('edit-own-blur', HTMLButtonElement).disabled = !shown['own-blur'];
}

function describe({ frames, milliseconds, engine }: Restoration, picture: Picture): string {
  return `${frames.length} frames of ${sizeOf(picture)} in ${(milliseconds / 1000).toFixed(1)} s on ${engine.description}.`;
}

function sizeOf({ width, height }: { width: number; height: number }): string {
  return `${width} × ${height}`;
}

function switchMode(next: Mode): void {
  if (next === mode) return;
  mode = next;
  for (const tab of tabs) {
    tab.setAttribute('aria-selected', String(tab.id === `tab-${mode}`));
    tab.tabIndex = tab.id === `tab-${mode}` ? 0 : -1;
  }
  element('work', HTMLElement).setAttribute('aria-labelledby', `tab-${mode}`);
  element('photo-card', HTMLElement).hidden = mode !== 'photo';
  for (const id of ['own-blur-card', 'scores-card']) element(id, HTMLElement).hidden = mode !== 'own-blur';
  showMode();
}

/** Shows what the mode has to show: its last result, or where one begins. */
function showMode(): void {
  working.hidden = true;
  const savable = shown[mode];
  intake.hidden = mode !== 'photo' || savable !== undefined;
  studio?.hide();
  if (savable) return player.showScene(savable.scene);
  player.hide();
  if (mode === 'photo') return say('Choose a photograph, or one of the examples.');
  studio ??= new OwnBlurStudio((message) => say(message, true));
  studio.show();
  say('Drag to look around. Then choose “Move camera” and drag: the blur forms.');
}

/** Leaves what is under way. */
function abandonWork(): void {
  workNumber++;
  restorer.stop();
}

const tabs = [element('tab-photo', HTMLButtonElement), element('tab-own-blur', HTMLButtonElement)];
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener('click', () => {
    if (tab.id === `tab-${mode}`) return;
    abandonWork();
    switchMode(tab.id === 'tab-photo' ? 'photo' : 'own-blur');
  });
  tab.addEventListener('keydown', ({ key }) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
    const other = tabs[1 - index]!;
    other.focus();
    other.click();
  });
}

element('stop', HTMLButtonElement).addEventListener('click', () => {
  abandonWork();
  showMode();
  say('Stopped.');
});
element('restore-own-blur', HTMLButtonElement).addEventListener('click', () => {
  if (studio?.current) void restoreOwnBlur(studio.current);
});
element('edit-own-blur', HTMLButtonElement).addEventListener('click', () => {
  shown['own-blur'] = undefined;
  element('edit-own-blur', HTMLButtonElement).disabled = true;
  clearScores();
  showMode();
});
detail.addEventListener('change', () => source && void restorePhoto(source.file, source.name));
engineChoice.addEventListener(
  'change',
  () => source && mode === 'photo' && void restorePhoto(source.file, source.name),
);

for (const { name, title, url } of examples) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'example' });
  const thumbnail = Object.assign(document.createElement('img'), {
    src: url,
    alt: title,
    width: 640,
    height: 360,
  });
  button.append(thumbnail);
  button.addEventListener('click', async () => {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) void restorePhoto(await response.blob(), name);
    else say('The example could not be downloaded; check the connection and try again.', true);
  });
  element('examples', HTMLElement).append(button);
}

listenForPhotos(
  {
    dropTarget: element('stage', HTMLElement),
    fileInputs: ['file', 'camera-file', 'other-file'].map((id) => element(id, HTMLInputElement)),
  },
  (file) => void restorePhoto(file, file.name.replace(/\.[^.]*$/, '') || 'photo'),
);
listenToSaveButtons(player, () => shown[mode]);
listenToTheme(element('theme', HTMLButtonElement));
clearScores();
element('weights-note', HTMLElement).textContent = `Weights: ${defaultWeightsName}, for research use.`;
const askedEngine = new URLSearchParams(location.search).get('engine');
if (engineNames.some((name) => name === askedEngine)) engineChoice.value = askedEngine!;
prepareOffline(
  () => (element('offline-note', HTMLElement).textContent = 'This page now works without a network, too.'),
);
