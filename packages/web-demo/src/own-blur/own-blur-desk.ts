import { tellEngine } from '../engine/engine-note.js';
import { failureMessage } from '../failure-message.js';
import { element, scrollToStatus } from '../page-elements.js';
import { restoreScene, type SceneParts } from '../photo/scene-restoration.js';
import { tellResult } from '../photo/told-result.js';
import { resetSaveNote, type Savable } from '../saving/save-buttons.js';
import { clearScores, OwnBlurStudio, showScores, type OwnBlur } from './own-blur.js';
import { betterOrder } from './scores.js';

interface DeskParts extends SceneParts {
  say: (message: string, isError?: boolean) => void;
  /** Whether own blurs are what is on show. */
  isShown: () => boolean;
  /** Has the restorer use the engine that is chosen. */
  useChosenEngine: () => void;
  /** Leaves what is under way. */
  leaveWork: () => void;
  /** Shows what there is to show, once that has changed. */
  showMode: () => void;
}

/** The visitor's own blur: made in the studio, restored, and scored against the truth. */
export class OwnBlurDesk {
  readonly #parts: DeskParts;
  readonly #editButton = element('edit-own-blur', HTMLButtonElement);
  #studio: OwnBlurStudio | undefined;
  /** The restoration of the blur, as long as the blur is still that one. */
  #result: (Savable & { told: string }) | undefined;
  /** The restoration that is under way; what comes back for another one is dropped. */
  #work: { own: OwnBlur } | undefined;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    element('restore-own-blur', HTMLButtonElement).addEventListener('click', () => {
      if (this.#studio?.current) void this.#restore(this.#studio.current);
    });
    this.#editButton.addEventListener('click', () => {
      this.#forgetResult();
      element('viewfinder', HTMLElement).focus();
    });
    clearScores();
  }

  /** What is on show, for saving. */
  get savable(): Savable | undefined {
    return this.#result;
  }

  /** Shows the last result, or the studio. */
  show(): void {
    const { player, say } = this.#parts;
    if (this.#result) {
      say(this.#result.told);
      return player.showScene(this.#result.scene);
    }
    player.hide();
    this.#studio ??= new OwnBlurStudio({
      onError: (message) => say(message, true),
      onChange: () => this.#forgetResult(),
    });
    this.#studio.show();
    say('Drag to look around. Then choose “Move camera” and drag to make a blur.');
  }

  hide(): void {
    this.#studio?.hide();
  }

  /** What is under way is not waited for any more. */
  leave(): void {
    this.#work = undefined;
  }

  /** What is under way once more, on the engine that is chosen now. */
  restoreAgain(): void {
    if (this.#work) void this.#restore(this.#work.own);
  }

  async #restore(own: OwnBlur): Promise<void> {
    const { restorer, player, say, working } = this.#parts;
    scrollToStatus();
    const work = (this.#work = { own });
    const isCurrent = () => work === this.#work;
    restorer.stop();
    this.#parts.useChosenEngine();
    resetSaveNote();
    try {
      this.hide();
      player.showPhoto(own.blurred);
      say('Restoring …');
      const restored = await restoreScene(this.#parts, own.blurred, {
        title: 'Restoring',
        truth: own.truth,
        isCurrent,
        isShown: isCurrent,
      });
      if (!restored) return;
      const { scene, restoration } = restored;
      this.#work = undefined;
      tellEngine(restoration.engine);
      const told = tellResult(restoration, own.blurred, {
        ifLong: 'move the camera less',
        ifNone: 'move the camera more',
      });
      this.#result = { name: 'own-blur', scene, told };
      this.#editButton.disabled = false;
      player.showScene(scene);
      say(told);
      await this.#score(own, this.#result);
    } catch (cause) {
      if (!isCurrent() || (cause as Error).name === 'AbortError') return;
      this.#work = undefined;
      working.hide();
      this.#parts.showMode();
      say(failureMessage(cause), true);
    }
  }

  async #score(own: OwnBlur, { scene }: Savable): Promise<void> {
    const isCurrent = () => this.#result?.scene === scene;
    try {
      const scores = await this.#studio!.score(own, scene.frames);
      if (!isCurrent()) return;
      showScores(scores);
      // Frame by frame, the truth is compared in the order that fits.
      if (betterOrder(scores) === 'reverse') {
        scene.truth = [...own.truth].reverse();
        this.#parts.player.showNewTruth();
      }
    } catch (cause) {
      if (isCurrent() && this.#parts.isShown()) this.#parts.say(failureMessage(cause), true);
    }
  }

  /** The blur has changed: what was restored, or is being restored, is of another. */
  #forgetResult(): void {
    if (!this.#result && !this.#work) return;
    this.#parts.leaveWork();
    this.#result = undefined;
    this.#editButton.disabled = true;
    clearScores();
    resetSaveNote();
    this.#parts.showMode();
  }
}
