import { averagingSpaces, type AveragingSpace } from './exposure.js';
import { requireThat } from './option-checks.js';
import { drawByWeight, type Random } from './random.js';

/**
 * One averaging space for all samples, or a weight for each of those that samples draw from: `{ display: 1,
 * 'linear-srgb': 3 }`.
 */
export type AveragingChoice = AveragingSpace | Partial<Record<AveragingSpace, number>>;

/** A sample's averaging space. Takes a number from `random` only where there is a choice. */
export function drawAveraging(random: Random, choice: AveragingChoice): AveragingSpace {
  if (typeof choice === 'string') return choice;
  return averagingSpaces[
    drawByWeight(
      random,
      averagingSpaces.map((space) => choice[space] ?? 0),
    )
  ]!;
}

/** @throws RangeError unless the choice is a space, or weights of spaces of which one is above 0. */
export function requireAveraging(choice: AveragingChoice): void {
  const isSpace = (name: string): boolean => (averagingSpaces as readonly string[]).includes(name);
  const isRight =
    typeof choice === 'string'
      ? isSpace(choice)
      : typeof choice === 'object' &&
        choice !== null &&
        Object.keys(choice).every(isSpace) &&
        Object.values(choice).every((weight) => Number.isFinite(weight) && weight >= 0) &&
        Object.values(choice).some((weight) => weight > 0);
  requireThat(isRight, 'averaging', `${averagingSpaces.join(' or ')}, or weights of these`, choice);
}
