/** A stream of pseudo-random numbers that is the same on every machine. */
export interface Random {
  /** Uniform in [0, 1), with 32 random bits. */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  below(count: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
}

/**
 * The generator sfc32 (Doty-Humphrey, PractRand): 128 bits of state, 32-bit integer arithmetic only. The
 * state is the given words, each mixed in turn, so streams that differ in one word (a sample index, say) are
 * unrelated.
 *
 * @param words integers, for example (seed, sample index); equal words give equal streams.
 */
export function createRandom(...words: number[]): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;

  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };

  for (const word of words) {
    a ^= word | 0;
    // The high part keeps integers beyond 32 bits apart.
    b ^= Math.floor(word / 4294967296) | 0;
    for (let round = 0; round < 12; round++) next();
  }

  const uniform = (): number => next() / 4294967296;
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    below: (count) => Math.floor(uniform() * count),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/**
 * A random index of a list of weights of at least 0, each as often as its weight says; one of them must be
 * above 0.
 */
export function drawByWeight(random: Random, weights: readonly number[]): number {
  let place = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => (place -= weight) < 0);
}
