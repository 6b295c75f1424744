import { frameCount, shownTimes } from '../engine/frame-order.js';
import type { PageRestorer, Restoration, RestorerReport } from '../engine/restorer.js';
import type { Picture } from '../picture.js';
import type { Player, Scene } from '../player/player.js';
import type { Savable } from '../saving/save-buttons.js';
import type { WorkingPanel } from '../working-panel.js';

/** What a restoration needs of the page. */
export interface SceneParts {
  restorer: PageRestorer;
  player: Player;
  working: WorkingPanel;
}

/**
 * Restores all frames of a picture. They are shown as they come, the player staying at the frame that is
 * looked at.
 *
 * @param title of the panel. @param truth the frames as they were, where known.
 * @param blur what is known of it, see `PageRestorer.estimate`.
 * @param isCurrent whether anybody still waits for it. @param isShown whether it is what is on show.
 * @returns the scene, the same object that was shown unfinished; undefined where nobody waits for it.
 */
export async function restoreScene(
  { restorer, player, working }: SceneParts,
  blurred: Picture,
  {
    title,
    truth,
    blur,
    isCurrent,
    isShown,
  }: {
    title: string;
    truth?: readonly Picture[];
    blur?: number | undefined;
    isCurrent: () => boolean;
    isShown: () => boolean;
  },
): Promise<{ scene: Savable['scene']; restoration: Restoration } | undefined> {
  const frames = new Array<Picture | undefined>(frameCount).fill(undefined);
  let scene: Scene | undefined;
  const onReport = (report: RestorerReport) => {
    if (!isCurrent()) return;
    showReport(working, title, report);
    if (report.kind === 'motion') {
      scene = { blurred, frames, motion: report.motion, ...(truth && { truth }) };
    } else if (report.kind === 'frame' && scene) {
      frames[report.index] = report.picture;
      if (!isShown()) return;
      // Something else may have been looked at since its last frame.
      if (player.isShowing(scene)) player.showNewFrames();
      else player.showUnfinishedScene(scene);
    }
  };
  const restoration = await restorer.restore(blurred, shownTimes, onReport, blur);
  if (!isCurrent()) return undefined;
  working.hide();
  const { motion, renderAt } = restoration;
  return {
    scene: Object.assign(scene!, { frames: restoration.frames, motion, renderAt }),
    restoration,
  };
}

/** Tells the panel what a restoration reports. */
export function showReport(working: WorkingPanel, title: string, report: RestorerReport): void {
  if (report.kind === 'piece') {
    working.showPiece(title, report);
  } else if (report.kind === 'lost') {
    working.show('The graphics device was lost; continuing without it');
  } else if (report.kind === 'warm-up') {
    working.show('Preparing the network');
  } else if (report.kind === 'download') {
    working.showDownload(report);
  }
}
