/** Calls from the page to a worker: one promise per call, with reports on the way. */

interface CallMessage<Request> {
  id: number;
  request: Request;
}

type AnswerMessage<Result, Report> =
  | { id: number; kind: 'report'; report: Report }
  | { id: number; kind: 'result'; result: Result }
  | { id: number; kind: 'error'; name: string; message: string };

/** What a worker answers, with the memory that is handed over instead of copied. */
export interface Answer<Result> {
  result: Result;
  transfer?: Transferable[];
}

/**
 * What comes of a request: of those that name their kind, the result of that kind; of a worker that does one
 * thing only, its result.
 */
export type ResultOf<Request, Results> = Request extends { kind: infer Kind extends keyof Results }
  ? Results[Kind]
  : Results;

/** Answers calls in the worker that runs this. */
export function answerCalls<Request, Results, Report = never>(
  answer: (
    request: Request,
    report: (report: Report, transfer?: Transferable[]) => void,
  ) => Promise<Answer<ResultOf<Request, Results>>>,
): void {
  self.addEventListener('message', async ({ data: { id, request } }: MessageEvent<CallMessage<Request>>) => {
    const send = (
      message: AnswerMessage<ResultOf<Request, Results>, Report>,
      transfer: Transferable[] = [],
    ) => self.postMessage(message, { transfer });
    try {
      const { result, transfer } = await answer(request, (report, transfer) =>
        send({ id, kind: 'report', report }, transfer),
      );
      send({ id, kind: 'result', result }, transfer);
    } catch (cause) {
      const { name, message } = cause as Error;
      send({ id, kind: 'error', name, message });
    }
  });
}

export interface CallOptions<Report> {
  transfer?: Transferable[];
  onReport?: (report: Report) => void;
  /**
   * After how long without a report or an answer the call is rejected with a SilenceError; it may depend on
   * what was reported last. Default: never.
   */
  patienceSeconds?: (lastReport?: Report) => number;
}

/** A worker that is called. */
export class WorkerCalls<Request, Results, Report = never> {
  readonly #worker: Worker;
  readonly #pending = new Map<
    number,
    { resolve(result: unknown): void; reject(cause: Error): void; onReport?: (report: Report) => void }
  >();
  #lastId = 0;
  /** Why no call can be answered any more. */
  #end: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<AnswerMessage<unknown, Report>>) => {
      const call = this.#pending.get(data.id);
      if (!call) return;
      if (data.kind === 'report') return call.onReport?.(data.report);
      this.#pending.delete(data.id);
      if (data.kind === 'result') call.resolve(data.result);
      else call.reject(Object.assign(new Error(data.message), { name: data.name }));
    });
    worker.addEventListener('error', ({ message }) => {
      const cause = new Error(message || 'A part of this page could not be loaded; reload it.');
      // An error of the worker's own comes with a message, and the worker lives on.
      if (!message) this.#end = cause;
      this.#abandon(cause);
    });
  }

  call<Asked extends Request>(
    request: Asked,
    { transfer = [], onReport, patienceSeconds }: CallOptions<Report> = {},
  ): Promise<ResultOf<Asked, Results>> {
    if (this.#end) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answer = new Promise<ResultOf<Asked, Results>>((resolve, reject) => {
      const wait = (report?: Report) => {
        clearTimeout(timer);
        if (!patienceSeconds) return;
        timer = setTimeout(
          () => {
            this.#pending.delete(id);
            reject(Object.assign(new Error('No answer came.'), { name: 'SilenceError' }));
          },
          1000 * patienceSeconds(report),
        );
      };
      wait();
      this.#pending.set(id, {
        // The worker keeps to the same types: see `answerCalls`.
        resolve: resolve as (result: unknown) => void,
        reject,
        onReport: (report) => {
          wait(report);
          onReport?.(report);
        },
      });
      this.#worker.postMessage({ id, request } satisfies CallMessage<Asked>, transfer);
    });
    return answer.finally(() => clearTimeout(timer));
  }

  /** Ends the worker; calls under way and later ones are rejected with an AbortError. */
  stop(): void {
    this.#end = Object.assign(new Error('Stopped.'), { name: 'AbortError' });
    this.#worker.terminate();
    this.#abandon(this.#end);
  }

  #abandon(cause: Error): void {
    for (const { reject } of this.#pending.values()) reject(cause);
    this.#pending.clear();
  }
}
