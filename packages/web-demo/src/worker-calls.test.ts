import { expect, test } from '@jest/globals';
import { WorkerCalls } from './worker-calls.js';

/** A worker that says what it is told to say. */
class ToldWorker extends EventTarget {
  postMessage(): void {}
  terminate(): void {}
  say(data: object): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

function callOf(patienceSeconds?: () => number) {
  const worker = new ToldWorker();
  const calls = new WorkerCalls<string, string, string>(worker as unknown as Worker);
  const reports: string[] = [];
  const answer = calls.call('request', {
    onReport: (report) => reports.push(report),
    ...(patienceSeconds && { patienceSeconds }),
  });
  return { worker, calls, reports, answer };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('a call is given up once its worker is silent for too long, not while it reports', async () => {
  const { worker, answer, reports } = callOf(() => 0.2);
  const outcome = answer.catch(({ name }: Error) => name);
  for (let report = 0; report < 4; report++) {
    await pause(80);
    worker.say({ id: 1, kind: 'report', report: `${report}` });
  }
  expect(reports).toEqual(['0', '1', '2', '3']);
  expect(await outcome).toBe('SilenceError');
  worker.say({ id: 1, kind: 'result', result: 'too late' });
});

test('a call without an end of patience waits', async () => {
  const { worker, answer } = callOf();
  await pause(50);
  worker.say({ id: 1, kind: 'result', result: 'at last' });
  expect(await answer).toBe('at last');
});

test('calls of a stopped worker are rejected, those under way and later ones', async () => {
  const { calls, answer } = callOf();
  calls.stop();
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  await expect(calls.call('another')).rejects.toMatchObject({ name: 'AbortError' });
});

test('calls to a worker that could not be loaded are rejected, later ones too', async () => {
  const { worker, calls, answer } = callOf();
  worker.dispatchEvent(new Event('error'));
  for (const call of [answer, calls.call('another')]) {
    await expect(call).rejects.toThrow('could not be loaded; reload it');
  }
});

test('a worker that has failed at one call answers others', async () => {
  const { worker, calls, answer } = callOf();
  worker.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  await expect(answer).rejects.toThrow('out of memory');
  const other = calls.call('another');
  worker.say({ id: 2, kind: 'result', result: 'here' });
  expect(await other).toBe('here');
});
