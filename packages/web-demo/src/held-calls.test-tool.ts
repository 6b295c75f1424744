import type { Page } from 'playwright-core';
import { frameCount } from './engine/frame-order.js';

/** Work that a page waits for as long as a test wants, however fast or slow the machine is. */
export interface HeldCalls {
  /** Lets the page hear of so many frames more, of each call. */
  giveFrames(frames: number): Promise<void>;
  /** Lets the page hear of all, and holds nothing any more. */
  release(): Promise<void>;
}

interface Answer {
  id: number;
  kind: 'report' | 'result' | 'error';
  report?: { kind: string };
}

interface Call {
  id: number;
  request: { kind: string; times?: readonly number[] };
}

/**
 * Keeps what a page asks its workers for from now on from coming to an end: the workers work, but the page hears
 * of the first frames only, then nothing, and of no result. Previews of photographs are not held.
 *
 * @param kind of request. @param frames that the page hears of all the same, of each call.
 */
export async function holdCalls(
  page: Page,
  kind: 'start' | 'restore' | 'unshake' | 'sharpen',
  frames = 0,
): Promise<HeldCalls> {
  const held = await page.evaluateHandle(
    ({ kind, frames, frameCount }) => {
      let isReleased = false;
      let mostFrames = frames;
      const goOn: (() => Promise<void>)[] = [];

      /** @param ownId the call's id. @param heldId what the worker knows it by: the page knows no such call. */
      function hold(worker: Worker, ownId: number, heldId: number): void {
        const waiting: Answer[] = [];
        let framesHeard = 0;
        const isFrame = ({ report }: Answer) => report?.kind === 'frame';
        const mayPass = (answer: Answer) =>
          isReleased || (answer.kind === 'report' && (!isFrame(answer) || framesHeard < mostFrames));
        const pass = (answer: Answer) => {
          if (isFrame(answer)) framesHeard++;
          worker.dispatchEvent(new MessageEvent('message', { data: { ...answer, id: ownId } }));
        };
        worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
          if (data.id !== heldId) return;
          if (waiting.length === 0 && mayPass(data)) pass(data);
          else waiting.push(data);
        });
        goOn.push(async () => {
          while (waiting.length > 0 && mayPass(waiting[0]!)) {
            pass(waiting.shift()!);
            // Each is a task of its own, as it would be.
            await new Promise((resolve) => setTimeout(resolve));
          }
        });
      }

      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message: Call, options) {
        const { id, request } = message;
        const isPreview = request.times !== undefined && request.times.length < frameCount;
        const isHeld = !isReleased && request.kind === kind && !isPreview;
        if (isHeld) hold(this, id, -id);
        const sent = isHeld ? { id: -id, request } : message;
        postMessage.call(this, sent, options as StructuredSerializeOptions);
      };
      const goOnWithAll = async () => {
        await Promise.all(goOn.map((go) => go()));
      };
      return {
        giveFrames(more: number) {
          mostFrames += more;
          return goOnWithAll();
        },
        release() {
          isReleased = true;
          return goOnWithAll();
        },
      };
    },
    { kind, frames, frameCount },
  );
  return {
    giveFrames: (more) => held.evaluate((calls, more) => calls.giveFrames(more), more),
    release: () => held.evaluate((calls) => calls.release()),
  };
}
