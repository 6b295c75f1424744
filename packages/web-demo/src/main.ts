import { defaultWeightsName } from '@unblur/weights';
import { defaultVideoWeights } from '@unblur/weights/video';
import { failureMessage } from './failure-message.js';
import { engineNames, type EngineName } from './engine/engine-names.js';
import { PageRestorer, photoWeightsUrl } from './engine/restorer.js';
import { isMetered, tellOffline } from './offline/offline.js';
import { OwnBlurDesk } from './own-blur/own-blur-desk.js';
import { element, scrollToStatus } from './page-elements.js';
import { examples } from './photo/examples.js';
import { lookAt, type GivenPhoto } from './photo/given-photo.js';
import { PhotoDesk } from './photo/photo-desk.js';
import { kindOf, listenForFiles } from './photo/photo-intake.js';
import { Player } from './player/player.js';
import { listenToSaveButtons, resetSaveNote } from './saving/save-buttons.js';
import { showMoment } from './start/moment.js';
import { listenToTheme } from './theme.js';
import type { ClipDesk } from './video/clip-desk.js';
import { WorkingPanel } from './working-panel.js';

type Mode = 'photo' | 'clip' | 'own-blur';

const status = element('status', HTMLElement);
const engineChoice = element('engine', HTMLSelectElement);

/** Engines are not compared while a clip takes the processor's time. */
const restorer = new PageRestorer({ mayCompare: () => !clipDesk?.isWorking });
const player = new Player();
const working = new WorkingPanel();
const desk = new PhotoDesk({
  restorer,
  player,
  working,
  say,
  isShown: () => mode === 'photo',
  engineChoice: {
    get value() {
      return engineChoice.value;
    },
    set value(value) {
      engineChoice.value = value;
      restorer.chooseEngine(chosenEngine());
    },
  },
});
const ownBlurDesk = new OwnBlurDesk({
  restorer,
  player,
  working,
  say,
  isShown: () => mode === 'own-blur',
  useChosenEngine: () => restorer.chooseEngine(chosenEngine()),
  leaveWork,
  showMode,
});
/** Clips are for those who have some: their part of the page is loaded with the first. */
let clips: Promise<ClipDesk> | undefined;
let clipDesk: ClipDesk | undefined;
let mode: Mode = 'photo';
/** Grows with every time that files are given. */
let filesGiven = 0;

function say(message: string, isError = false): void {
  status.textContent = message;
  status.classList.toggle('is-error', isError);
}

/** Files as they were dropped or chosen: a clip, or photographs, which become a queue. */
async function takeFiles(files: File[]): Promise<void> {
  scrollToStatus();
  const given = ++filesGiven;
  const modeBefore = mode;
  const photos: GivenPhoto[] = [];
  const refused: string[] = [];
  for (const file of files) {
    try {
      const kind = await kindOf(file);
      if (kind === 'video' && files.length === 1) return void giveClip(file);
      const name = file.name.replace(/\.[^.]*$/, '') || 'photo';
      if (kind === 'video') refused.push(`${file.name} is a clip: choose it by itself.`);
      else photos.push({ file, isHeic: kind === 'heic', name, state: 'waiting' });
    } catch (cause) {
      refused.push(failureMessage(cause));
    }
  }
  // What cannot be decoded does not take the place of what is there: a result, or the first screen.
  while (photos.length > 0 && !photos[0]!.first) {
    if (given !== filesGiven) return;
    say(`Reading ${photos[0]!.name} …`);
    await lookAt(photos[0]!).catch((cause: Error) => {
      photos.shift();
      refused.push(failureMessage(cause));
    });
  }
  if (given !== filesGiven) return;
  if (photos.length > 0) return givePhotos(photos, modeBefore, refused);
  // What is on show is still what was given before.
  const still = mode === 'photo' && desk.shown ? ` Still showing ${desk.shown.name}.` : '';
  if (refused.length > 0) say(refused.join(' ') + still, true);
}

/** @param modeBefore the mode in which they were given: reading them takes a while. */
function givePhotos(photos: GivenPhoto[], modeBefore: Mode, refused: string[] = []): void {
  // Whoever has gone elsewhere meanwhile stays there; it begins when they look at photographs.
  if (mode !== modeBefore && mode !== 'photo') return desk.give(photos, refused);
  // What was chosen with goes away.
  const hadFocus = element('start', HTMLElement).contains(document.activeElement);
  ownBlurDesk.leave();
  resetSaveNote();
  restorer.chooseEngine(chosenEngine());
  switchMode('photo');
  desk.give(photos, refused);
  showMode();
  if (hadFocus) element('stage', HTMLElement).focus({ preventScroll: true });
}

function loadClips(): Promise<ClipDesk> {
  clips ??= import('./video/clip-desk.js').then(({ ClipDesk }) => {
    clipDesk = new ClipDesk({
      container: element('clip-work', HTMLElement),
      say,
      take: (files) => void takeFiles(files),
      isShown: () => mode === 'clip',
      engine: chosenEngine,
    });
    return clipDesk;
  });
  clips.catch(() => (clips = undefined));
  return clips;
}

async function giveClip(file: File): Promise<void> {
  if (mode !== 'clip') {
    leaveWork();
    switchMode('clip');
    showMode();
  }
  let desk: ClipDesk;
  try {
    desk = await loadClips();
  } catch (cause) {
    return say(failureMessage(cause), true);
  }
  await desk.give(file);
}

function chosenEngine(): EngineName | undefined {
  return (engineChoice.value || undefined) as EngineName | undefined;
}

function switchMode(next: Mode): void {
  if (next === mode) return;
  if (mode === 'clip') clipDesk?.leave();
  mode = next;
  for (const tab of tabs) {
    tab.setAttribute('aria-selected', String(tab.id === `tab-${mode}`));
    tab.tabIndex = tab.id === `tab-${mode}` ? 0 : -1;
  }
  showPreload(mode === 'clip' ? 'clip' : 'photo');
  if (mode !== 'clip') element('work', HTMLElement).setAttribute('aria-labelledby', `tab-${mode}`);
  resetSaveNote();
}

/** Shows what the mode has to show: its last result, or where one begins. */
function showMode(): void {
  const isStart = mode === 'photo' && desk.isEmpty;
  element('start', HTMLElement).hidden = !isStart;
  element('work', HTMLElement).hidden = isStart || mode === 'clip';
  element('clip-work', HTMLElement).hidden = mode !== 'clip';
  for (const id of ['photo-card', 'other-way']) element(id, HTMLElement).hidden = mode === 'own-blur';
  element('photo-origin', HTMLElement).hidden = mode === 'clip';
  element('clip-origin', HTMLElement).hidden = mode !== 'clip';
  for (const id of ['own-blur-card', 'scores-card']) element(id, HTMLElement).hidden = mode !== 'own-blur';
  ownBlurDesk.hide();
  say('');
  if (mode === 'clip') {
    loadClips().then(
      (desk) => mode === 'clip' && desk.show(),
      (cause: unknown) => say(failureMessage(cause), true),
    );
    return;
  }
  if (mode === 'photo') {
    if (isStart) player.hide();
    else desk.show();
    return;
  }
  desk.show();
  ownBlurDesk.show();
}

/** Leaves what is under way; photographs are gone on with when they are shown again. */
function leaveWork(): void {
  ownBlurDesk.leave();
  desk.pause();
  restorer.stop();
  working.hide();
}

const modes = ['photo', 'clip', 'own-blur'] as const satisfies Mode[];
const tabs = modes.map((name) => element(`tab-${name}`, HTMLButtonElement));
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener('click', () => {
    const next = modes[index]!;
    if (next === mode) return;
    leaveWork();
    switchMode(next);
    showMode();
  });
  tab.addEventListener('keydown', ({ key }) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
    const other = tabs.at((index + (key === 'ArrowLeft' ? -1 : 1)) % tabs.length)!;
    other.focus();
    other.click();
  });
}

element('skip-link', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  const places = ['clip-stage', 'stage', 'file'].map((id) => document.getElementById(id));
  places.find((place) => place?.checkVisibility())?.focus();
});

// Of one photograph the results are soon made again.
addEventListener('beforeunload', (event) => {
  if (desk.wouldBeMissed || clipDesk?.wouldBeMissed) event.preventDefault();
});

element('stop', HTMLButtonElement).addEventListener('click', () => {
  if (mode === 'photo') return desk.stop();
  leaveWork();
  showMode();
  say('Stopped.');
});
element('back-to-start', HTMLButtonElement).addEventListener('click', () => {
  leaveWork();
  desk.clear();
  showMode();
  element('file', HTMLInputElement).focus();
});
engineChoice.addEventListener('change', () => {
  restorer.chooseEngine(chosenEngine());
  if (mode === 'photo') desk.restoreAgain();
  else ownBlurDesk.restoreAgain();
});

for (const { name, title, url } of examples) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'example' });
  const thumbnail = Object.assign(document.createElement('img'), {
    src: url,
    alt: title,
    width: 640,
    height: 360,
    loading: 'lazy',
  });
  button.append(thumbnail);
  button.addEventListener('click', async () => {
    scrollToStatus();
    const [given, modeBefore] = [++filesGiven, mode];
    const file = await fetch(url)
      .then((response) => (response.ok ? response.blob() : undefined))
      .catch(() => undefined);
    // Other files were given meanwhile.
    if (given !== filesGiven) return;
    if (file) givePhotos([{ file, isHeic: false, name, state: 'waiting' }], modeBefore);
    else say('The example could not be downloaded; check the connection and try again.', true);
  });
  element('examples', HTMLElement).append(button);
}

listenForFiles(
  {
    dropTarget: document.body,
    fileInputs: ['file', 'camera-file', 'other-file'].map((id) => element(id, HTMLInputElement)),
  },
  (files) => void takeFiles(files),
);
listenToSaveButtons(player, () => (mode === 'own-blur' ? ownBlurDesk : desk).savable);
listenToTheme(element('theme', HTMLButtonElement));
showMoment();
element('weights-note', HTMLElement).textContent = `Weights: ${defaultWeightsName}, for research use.`;
const sourceLink = element('source-link', HTMLAnchorElement);
sourceLink.hidden = !__sourceUrl__;
sourceLink.href = __sourceUrl__;
const askedEngine = new URLSearchParams(location.search).get('engine');
if (engineNames.some((name) => name === askedEngine)) engineChoice.value = askedEngine!;
restorer.chooseEngine(chosenEngine());
const { photoWeights, videoWeights, processorWasm } = __fileBytes__;
const showPreload = tellOffline({
  photo: {
    of: 'photographs',
    bytes: photoWeights + processorWasm,
    weightsUrl: photoWeightsUrl,
    async load() {
      await restorer.start();
      if (!isMetered()) void restorer.checkGraphics();
    },
  },
  clip: {
    of: 'clips',
    bytes: videoWeights + processorWasm,
    weightsUrl: defaultVideoWeights.url.href,
    load: async () => (await loadClips()).prepare(),
  },
});
showPreload('photo');
