import { areFinite } from '@unblur/core-model';
import { UnblurError } from '@unblur/files/file-error';

/**
 * The network's images may overshoot; displays cannot. In place.
 * @throws as `expectFinite` does.
 */
export function clampToDisplay(values: Float32Array): Float32Array {
  expectFinite(values);
  for (let i = 0; i < values.length; i++) values[i] = Math.min(1, Math.max(0, values[i]!));
  return values;
}

/**
 * @throws UnblurError if a network gave an infinite value or NaN, which would turn into a black or white
 * frame.
 */
export function expectFinite(values: Float32Array): Float32Array {
  if (!areFinite(values)) {
    throw new UnblurError(
      'Expected finite values from the network but received infinite ones or NaN: its weights are damaged or their training diverged; use other weights',
    );
  }
  return values;
}
