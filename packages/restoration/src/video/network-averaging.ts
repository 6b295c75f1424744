import { openTogether } from '../compute-engine.js';
import { ChangeShares } from './change-shares.js';
import type { OpenVideoNetwork, VideoNetwork, VideoPass } from './video-network.js';

/**
 * Several networks whose restored frames are averaged: errors that they do not share are less in the mean.
 * `ChangeShares` has how much each counts where.
 *
 * @param networks at least two, with one pass each; the first is trusted most.
 */
export function averageNetworks(networks: readonly VideoNetwork[]): VideoNetwork {
  for (const [index, { passes }] of networks.entries()) {
    if (passes === 1) continue;
    throw new Error(
      `Expected networks that go over a clip once, to average them, but number ${index + 1} goes over it ${passes} times; use its weights alone`,
    );
  }
  const sumOf = (read: (network: VideoNetwork) => number) =>
    networks.reduce((sum, network) => sum + read(network), 0);
  const reach = Math.max(...networks.map((network) => network.reach));
  return {
    config: networks[0]!.config,
    multiple: networks.map(({ multiple }) => multiple).reduce(leastCommonMultiple),
    passes: 1,
    multiplyAddsPerPixel: sumOf((network) => network.multiplyAddsPerPixel),
    reach,
    computedBytesPerPixel: sumOf((network) => network.computedBytesPerPixel),
    keptBytesPerPixel: sumOf((network) => network.keptBytesPerPixel + 3 * 4),
    async open(width, height, engine) {
      const { opened, release } = await openTogether(async (keep) => {
        const all: OpenVideoNetwork[] = [];
        for (const network of networks) all.push(await keep(network.open(width, height, engine)));
        return all;
      });
      return {
        startPass: () =>
          new AveragingPass(
            opened.map((network, index) => ({
              pass: network.startPass(),
              delay: reach - networks[index]!.reach,
              looksAround: networks[index]!.reach > 0,
              restored: new Float32Array(width * height * 3),
            })),
            reach,
            new ChangeShares(width, height, opened.length),
          ),
        release,
      };
    },
  };
}

interface Member {
  readonly pass: VideoPass;
  /** By how many frames it is behind the newest one, to restore the same as the others. */
  readonly delay: number;
  /** Whether it must see every frame. */
  readonly looksAround: boolean;
  readonly restored: Float32Array;
}

class AveragingPass implements VideoPass {
  readonly #members: readonly Member[];
  /** What looks at most frames comes first: the others wait for it. */
  readonly #inTurn: readonly Member[];
  readonly #reach: number;
  readonly #shares: ChangeShares;
  /** The newest last. */
  #frames: Float32Array[] = [];

  constructor(members: readonly Member[], reach: number, shares: ChangeShares) {
    [this.#members, this.#reach, this.#shares] = [members, reach, shares];
    this.#inTurn = members.toSorted((a, b) => a.delay - b.delay);
  }

  restart(): void {
    for (const { pass } of this.#members) pass.restart();
    this.#frames = [];
  }

  async push(frame: Float32Array): Promise<Float32Array | undefined> {
    this.#frames = [...this.#frames, frame].slice(-1 - this.#reach);
    let isComplete = true;
    for (const { pass, delay, looksAround, restored } of this.#inTurn) {
      const delayed = this.#frames.at(-1 - delay);
      if (!delayed || (!looksAround && !isComplete)) {
        isComplete = false;
        continue;
      }
      const image = await pass.push(delayed);
      if (image) restored.set(image);
      else isComplete = false;
    }
    if (!isComplete) return undefined;
    return this.#shares.average(
      this.#frames[0]!,
      this.#members.map(({ restored }) => restored),
    );
  }
}

function leastCommonMultiple(a: number, b: number): number {
  const greatestCommonDivisor = (x: number, y: number): number =>
    y === 0 ? x : greatestCommonDivisor(y, x % y);
  return (a * b) / greatestCommonDivisor(a, b);
}
