import { verdictAfterFailure, verdictAfterLoss, whyNoGraphics, type Verdict } from './engine-check.js';
import type { EngineName } from './engine-names.js';

/** Each network has kernels and shapes of its own, so what is found with one says little of the other. */
type CheckedNetwork = 'photo' | 'clip';

/** What a network is run on here: what was chosen, else what this browser was found to do better. */
export class EngineDecision {
  readonly #network: CheckedNetwork;
  readonly #whyNoGraphics: typeof whyNoGraphics;
  #verdict: Verdict | undefined;
  /** The engine that must be used; undefined for the better one. */
  choice: EngineName | undefined;

  constructor(network: CheckedNetwork, whyNot: typeof whyNoGraphics = whyNoGraphics) {
    this.#network = network;
    this.#whyNoGraphics = whyNot;
    this.#verdict = keptVerdict(network);
  }

  /** Undefined as long as nothing is chosen or known. */
  get engine(): EngineName | undefined {
    return this.choice ?? this.#verdict?.engine;
  }

  /** Why not WebGPU, where nobody has chosen. */
  get reason(): string | undefined {
    return this.choice ? undefined : this.#verdict?.reason;
  }

  /**
   * Whether WebGPU is there and is still to be tried; where it need not be, the reason is known from now on.
   */
  async isOpen(): Promise<boolean> {
    if (this.engine) return false;
    const reason = await this.#whyNoGraphics();
    if (reason) this.#verdict ??= { engine: 'wasm', reason };
    return !this.engine;
  }

  /**
   * Tries WebGPU, once for a browser and its version.
   *
   * @param attempt gives the verdict; undefined where it was stopped before there was one. What it throws is
   * thrown, and tells too.
   */
  async tryGraphics(attempt: () => Promise<Verdict | undefined>): Promise<void> {
    // In case the browser does not live to see the end.
    store(this.#network, { engine: 'wasm', reason: 'the browser ended while it tried WebGPU' });
    const forget = () => store(this.#network, undefined);
    addEventListener('pagehide', forget);
    let verdict: Verdict | undefined;
    try {
      verdict = await attempt();
    } catch (cause) {
      verdict = verdictAfterFailure(cause as Error);
      throw cause;
    } finally {
      removeEventListener('pagehide', forget);
      this.#keep(verdict);
    }
  }

  /** @param verdict where WebGPU, which was to be used, did not start; undefined where nothing is known of it. */
  fail(verdict: Verdict | undefined): void {
    if (verdict && !this.choice) this.#keep(verdict);
  }

  /** WebGPU has failed while it worked. */
  lose(): void {
    if (!this.choice) this.#keep(verdictAfterLoss(this.#verdict ?? { engine: 'webgpu' }));
  }

  #keep(verdict: Verdict | undefined): void {
    this.#verdict = verdict;
    store(this.#network, verdict);
  }
}

const storageKey = (network: CheckedNetwork) => `unblur-engine-${network}`;

/** A verdict is of one browser, in one version, with one version of the engine and the network. */
const verdictIsFor = () => [navigator.userAgent, ...Object.values(__fileBytes__)].join();

/** What was found earlier; undefined where that is not known of this browser. */
function keptVerdict(network: CheckedNetwork): Verdict | undefined {
  try {
    const { isFor, verdict } = JSON.parse(localStorage.getItem(storageKey(network)) ?? '{}') as {
      isFor?: string;
      verdict?: Verdict;
    };
    return isFor === verdictIsFor() ? verdict : undefined;
  } catch {
    return undefined;
  }
}

/** @param verdict undefined to ask again. */
function store(network: CheckedNetwork, verdict: Verdict | undefined): void {
  try {
    const key = storageKey(network);
    if (verdict) localStorage.setItem(key, JSON.stringify({ isFor: verdictIsFor(), verdict }));
    else localStorage.removeItem(key);
  } catch {
    // Where nothing may be stored, every visit finds out for itself.
  }
}
