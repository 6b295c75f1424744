import './clip.css';
import { failureMessage } from '../failure-message.js';
import { element, scrollToStatus } from '../page-elements.js';
import type { EngineName } from '../engine/engine-names.js';
import { tellEngine } from '../engine/engine-note.js';
import { canShareVideo, download, notShared, share } from '../saving/save-buttons.js';
import { duration, WorkingPanel } from '../working-panel.js';
import { ClipChoices, type ClipSettings } from './clip-choices.js';
import { ClipPlayer, type PlayedClips } from './clip-player.js';
import type { ClipFacts } from './clip-reading.js';
import view from './clip-view.html?raw';
import { commandFor } from './command.js';
import { PageSharpener, videoWeightsBytes, type ClipReport, type ClipResults } from './page-sharpener.js';
import { tellFacts, tellFile, tellSharpened } from './told-clip.js';
import { secondsPerFrame, type NetworkCost } from './working-size.js';

interface DeskParts {
  /** Where the view is put. */
  container: HTMLElement;
  say: (message: string, isError?: boolean) => void;
  /** Called with files that are chosen in the view. */
  take: (files: File[]) => void;
  /** Whether the view is on show. */
  isShown: () => boolean;
  /** The engine that must be used; undefined for the better one. */
  engine: () => EngineName | undefined;
}

interface GivenClip {
  file: File;
  facts: ClipFacts;
  /** What one pass takes, as far as is known. */
  cost?: NetworkCost;
  /** The whole clip as it was made last; stays until the next is complete. */
  result?: ClipResult;
}

interface ClipResult {
  settings: ClipSettings;
  played: PlayedClips;
  /** The scratch file that holds it. */
  fileName?: string;
  /** What it is, and how it was made. */
  note: string;
  told: string;
  isSaved?: boolean;
}

/** So much is sharpened first, to be looked at; a clip that does not last longer, as a whole. */
const previewSeconds = 1;
/** The first frame is shown in this size. */
const firstSidePixels = 640;

/** A clip that was given: looked at, a second of it made sharp, then all of it; a short one, at once. */
export class ClipDesk {
  readonly #parts: DeskParts;
  readonly #sharpener = new PageSharpener();
  readonly #working: WorkingPanel;
  readonly #player: ClipPlayer;
  readonly #choices: ClipChoices;
  readonly #sharpenButton: HTMLButtonElement;
  readonly #stopButton: HTMLButtonElement;
  #clip: GivenClip | undefined;
  #isWorking = false;
  /** Whether it is the result that plays. */
  #isResultShown = false;
  /** What was said last, for whoever comes back. */
  #told: { message: string; isError: boolean } = { message: '', isError: false };
  /** Grows with every piece of work; what comes back for an older one is dropped. */
  #workNumber = 0;
  /** Grows with every clip that is given. */
  #givenNumber = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    parts.container.innerHTML = view;
    this.#working = new WorkingPanel('clip-');
    this.#player = new ClipPlayer();
    this.#choices = new ClipChoices(() => this.#chooseAnew());
    this.#sharpenButton = element('clip-sharpen', HTMLButtonElement);
    this.#stopButton = element('clip-stop', HTMLButtonElement);
    element('clip-download-note', HTMLElement).textContent =
      `The network for clips, ${Math.round(videoWeightsBytes / 1e6)} MB, is downloaded once and kept.`;
    for (const id of ['clip-file', 'clip-other-file']) {
      const input = element(id, HTMLInputElement);
      input.addEventListener('change', () => {
        const files = [...(input.files ?? [])];
        input.value = '';
        if (files.length > 0) parts.take(files);
      });
    }
    this.#sharpenButton.addEventListener('click', () => void this.#sharpenAll());
    this.#stopButton.addEventListener('click', () => this.#stop());
    element('clip-save', HTMLButtonElement).addEventListener('click', () => void this.#save(download));
    const shareButton = element('clip-share', HTMLButtonElement);
    shareButton.hidden = !canShareVideo();
    shareButton.addEventListener('click', () => void this.#save(share));
  }

  /** A clip takes the place of the one before, which stays where the new one cannot be opened. */
  async give(file: File): Promise<void> {
    const given = ++this.#givenNumber;
    if (this.#clip) {
      let refusal: Error | undefined;
      // Stop and other settings end the clip that is there, not the one that is given.
      do {
        refusal = await this.#sharpener.check(file).then(
          () => undefined,
          (cause: Error) => cause,
        );
        if (given !== this.#givenNumber) return;
      } while (refusal?.name === 'AbortError');
      if (refusal && this.#clip) {
        const { name } = this.#clip.file;
        return this.#say(
          `${failureMessage(refusal)} ${this.#isWorking ? `${name} continues.` : `Still showing ${name}.`}`,
          true,
        );
      }
    }
    this.#end();
    this.#forget();
    // The button goes away that whoever chose the clip was at.
    if (this.#parts.container.contains(document.activeElement)) {
      element('clip-stage', HTMLElement).focus({ preventScroll: true });
    }
    const isCurrent = this.#begin();
    try {
      if (!('VideoDecoder' in self && 'VideoEncoder' in self)) {
        throw new Error(`This browser cannot decode and encode video (WebCodecs). ${commandFor(file.name)}`);
      }
      this.#say(`Reading ${file.name} …`);
      this.#working.show('Reading the clip');
      const { facts, first } = await this.#sharpener.open(file, firstSidePixels);
      if (!isCurrent()) return;
      this.#clip = { file, facts };
      this.#player.showFirst(first);
      this.#showControls();
      this.#working.show('Starting');
      const { cost } = await this.#sharpener.start((report) => {
        if (isCurrent()) this.#showReport(report);
      });
      if (!isCurrent()) return;
      this.#clip.cost = cost;
      this.#choices.offer(facts, cost);
      await this.#sharpenFirst();
    } catch (cause) {
      this.#fail(cause as Error, isCurrent);
    }
  }

  /** Downloads what clips need and starts the engine. */
  async prepare(): Promise<void> {
    // What is under way ends on the engine that it began on.
    if (!this.#isWorking) this.#sharpener.chooseEngine(this.#parts.engine());
    await this.#sharpener.start();
  }

  /** Says what was said last. */
  show(): void {
    this.#parts.say(this.#told.message, this.#told.isError);
  }

  /** Whether a clip is worked on, on show or not. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** Whether it takes minutes to have again what leaving the page would lose. */
  get wouldBeMissed(): boolean {
    return this.#isWorking || (this.#clip?.result !== undefined && !this.#clip.result.isSaved);
  }

  /** Ends what plays; what is under way goes on. */
  leave(): void {
    this.#player.pause();
  }

  #stop(): void {
    if (!this.#isWorking) return;
    this.#end();
    if (!this.#choices.isReady) this.#forget();
    if (this.#clip?.result) return this.#goBackTo(this.#clip.result, 'Stopped. What is shown: ');
    this.#showControls();
    this.#say('Stopped.');
  }

  #forget(): void {
    this.#clip = undefined;
    this.#choices.clear();
    this.#isResultShown = false;
    this.#player.hide();
  }

  #chooseAnew(): void {
    const { facts, cost } = this.#clip ?? {};
    if (!facts || !cost) return;
    this.#choices.updateTimes(facts, cost);
    this.#look();
  }

  /** Other settings were chosen: shows what they give, or the result where it was made with them. */
  #look(): void {
    const { result } = this.#clip!;
    const isOf = ({ settings }: ClipResult, { width, height, passes }: ClipSettings) =>
      settings.width === width && settings.height === height && settings.passes === passes;
    scrollToStatus();
    this.#end();
    if (!result || !isOf(result, this.#choices.settings)) return void this.#sharpenFirst();
    this.#goBackTo(result);
  }

  /** Shows the result and what it was made with. */
  #goBackTo(result: ClipResult, before = ''): void {
    const { facts, cost } = this.#clip!;
    this.#choices.goBackTo(result.settings);
    this.#choices.updateTimes(facts, cost!);
    this.#showResult(result);
    this.#say(before + result.told);
  }

  #showResult(result: ClipResult): void {
    element('clip-save-note', HTMLElement).textContent = result.note;
    this.#showControls();
    if (!this.#isResultShown) this.#player.showClips(result.played);
    this.#isResultShown = true;
  }

  #begin(): () => boolean {
    const work = ++this.#workNumber;
    this.#isWorking = true;
    this.#sharpener.chooseEngine(this.#parts.engine());
    const before = this.#clip?.result;
    element('clip-save-note', HTMLElement).textContent = before
      ? `Made before: ${before.note}`
      : 'The sharp clip can be saved once it is complete.';
    this.#showControls();
    return () => work === this.#workNumber;
  }

  #end(): void {
    this.#workNumber++;
    if (this.#isWorking) this.#sharpener.stop();
    this.#isWorking = false;
    this.#working.hide();
  }

  /** What is made without being asked for, as it is set. */
  #sharpenFirst(): Promise<void> {
    return this.#clip!.facts.seconds <= previewSeconds ? this.#sharpenAll() : this.#preview();
  }

  async #preview(): Promise<void> {
    const clip = this.#clip!;
    const isCurrent = this.#begin();
    const { width, height, seconds } = this.#choices.chosen;
    const part = previewSeconds / clip.facts.seconds;
    this.#say(
      `The first second at ${width} × ${height} takes about ${duration(part * seconds)}; the whole clip, about ${duration(seconds)}.`,
    );
    try {
      const sharpened = await this.#run('First second', part, isCurrent, previewSeconds);
      if (!isCurrent()) return;
      this.#done();
      this.#isResultShown = false;
      this.#player.showClips({
        original: clip.file,
        sharp: sharpened.clip,
        framesPerSecond: clip.facts.frames / clip.facts.seconds,
        hasSound: false,
        loops: true,
      });
      if (!this.#parts.isShown()) this.#player.pause();
      this.#learnCost(sharpened, { width, height });
      this.#say(
        `The first second, before and after. “Sharpen the whole clip” takes about ${duration(this.#choices.chosen.seconds)}.`,
      );
    } catch (cause) {
      this.#fail(cause as Error, isCurrent);
    }
  }

  /** Measured by the clip itself, the times are known best. */
  #learnCost(sharpened: ClipResults['sharpen'], size: { width: number; height: number }): void {
    const { facts, cost } = this.#clip!;
    const expected = secondsPerFrame(size, cost!) * this.#choices.timesOnePass;
    // A single frame tells nothing.
    cost!.secondsPerMegapixel *= (sharpened.secondsPerFrame || expected) / expected;
    this.#choices.updateTimes(facts, cost!);
    this.#showControls();
  }

  async #sharpenAll(): Promise<void> {
    const clip = this.#clip!;
    const hadFocus = document.activeElement === this.#sharpenButton;
    scrollToStatus();
    const isCurrent = this.#begin();
    const { settings } = this.#choices;
    this.#say(`Sharpening ${clip.file.name} …`);
    const start = performance.now();
    try {
      const running = this.#run('Sharpening', 1, isCurrent);
      if (hadFocus) this.#stopButton.focus();
      const sharpened = await running;
      if (!isCurrent()) return;
      this.#done();
      this.#isResultShown = false;
      tellEngine({ description: sharpened.engine });
      this.#learnCost(sharpened, settings);
      clip.result = this.#resultOf(clip, sharpened, settings, (performance.now() - start) / 1000);
      this.#showResult(clip.result);
      this.#say(clip.result.told);
    } catch (cause) {
      this.#fail(cause as Error, isCurrent);
    }
  }

  #resultOf(
    clip: GivenClip,
    sharpened: ClipResults['sharpen'],
    settings: ClipSettings,
    seconds: number,
  ): ClipResult {
    const { facts } = clip;
    return {
      settings,
      fileName: sharpened.fileName,
      played: {
        original: clip.file,
        sharp: sharpened.clip,
        framesPerSecond: facts.frames / facts.seconds,
        hasSound: facts.hasSound && !sharpened.lostSound,
        loops: false,
      },
      note: tellFile(settings, sharpened.clip.size),
      told: tellSharpened(facts, sharpened, settings, seconds),
    };
  }

  async #run(title: string, part: number, isCurrent: () => boolean, toSeconds?: number) {
    const { facts, result } = this.#clip!;
    const { width, height, seconds } = this.#choices.chosen;
    const frames = Math.max(1, Math.round(part * facts.frames));
    this.#working.show(title, undefined, 'opening the network');
    return this.#sharpener.sharpen(
      {
        width,
        height,
        format: this.#choices.settings.format,
        mirrored: this.#choices.isMirrored,
        toSeconds,
        keptFile: result?.fileName,
      },
      (report) => {
        if (!isCurrent()) return;
        if (report.kind !== 'frame') return this.#showReport(report);
        const frameSeconds = report.secondsPerFrame || seconds / facts.frames;
        this.#working.showPiece(title, {
          fromShare: Math.min(1, report.frames / frames),
          toShare: Math.min(1, (report.frames + 1) / frames),
          seconds: frameSeconds,
          secondsLeft: Math.max(0, frames - report.frames) * frameSeconds,
        });
        if (report.pair && !this.#isResultShown) this.#player.showPair(report.pair);
      },
    );
  }

  #done(): void {
    this.#isWorking = false;
    this.#working.hide();
    this.#showControls();
  }

  #fail(cause: Error, isCurrent: () => boolean): void {
    if (!isCurrent() || cause.name === 'AbortError') return;
    this.#end();
    const message = failureMessage(cause);
    const result = this.#clip?.result;
    if (result) {
      this.#goBackTo(result);
      return this.#say(`${message} What is shown: ${result.told}`, true);
    }
    // Another size may do.
    if (!this.#choices.isReady) this.#forget();
    this.#showControls();
    this.#say(message, true);
  }

  #showControls(): void {
    const clip = this.#clip;
    const { isReady } = this.#choices;
    element('clip-facts', HTMLElement).textContent = clip
      ? tellFacts(clip.file.name, clip.facts)
      : 'None chosen yet.';
    element('clip-invitation', HTMLElement).hidden = clip !== undefined || this.#isWorking;
    element('clip-other-card', HTMLElement).hidden = !clip;
    this.#sharpenButton.disabled = !isReady || this.#isWorking;
    this.#sharpenButton.textContent = `Sharpen the whole clip${isReady ? `, about ${duration(this.#choices.chosen.seconds)}` : ''}`;
    element('clip-cost', HTMLElement).textContent = isReady
      ? 'The longer side, also of the saved clip. Times are for the whole clip on this device.'
      : 'The longer side. Times are shown once this device has been measured.';
    element('clip-save-card', HTMLFieldSetElement).disabled = !clip?.result;
  }

  #showReport(report: ClipReport): void {
    if (report.kind === 'download') this.#working.showDownload(report);
  }

  async #save(give: (blob: Blob, fileName: string) => Promise<string>): Promise<void> {
    const { file, result } = this.#clip!;
    const { sharp } = result!.played;
    const note = element('clip-save-note', HTMLElement);
    const name = file.name.replace(/\.[^.]*$/, '') || 'clip';
    note.textContent = await give(sharp, `${name}-sharp.${sharp.type.split('/')[1]}`);
    if (note.textContent !== notShared) result!.isSaved = true;
  }

  #say(message: string, isError = false): void {
    this.#told = { message, isError };
    if (this.#parts.isShown()) this.#parts.say(message, isError);
  }
}
