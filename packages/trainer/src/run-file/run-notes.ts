import { isDeepStrictEqual } from 'node:util';
import { counted } from '@unblur/files';
import { deviceSection, torchSection } from './fields.js';
import type { RunSettings } from './fields.js';

/**
 * What a run file says that the run will not do, a line each: for whoever has switched its engine, or
 * mistaken a number.
 *
 * @param steps weight updates of the whole run.
 */
export function runNotes(config: RunSettings, steps: number): string[] {
  const { engine, synthesis, minutes, torch, device, validation, samplesEverySteps } = config;
  const notes: string[] = [];
  // A stored run has every default filled in: only what differs from them was asked for.
  const unusedTorch = engine === 'torch' ? [] : differing('torch', torch, torchSection.read({}, 'torch'));
  if (unusedTorch.length > 0) {
    notes.push(`the engine ${engine} ignores ${listed(unusedTorch)}, which only the engine torch has.`);
  }
  const unusedDevice =
    synthesis === 'device' ? [] : differing('device', device, deviceSection.read({}, 'device'));
  if (unusedDevice.length > 0) {
    notes.push(
      `samples made on the processor ignore ${listed(unusedDevice)}, which only 'synthesis: device' has.`,
    );
  }
  // The samples to look at are those of a validation.
  const validationEverySteps = Math.min(validation.everySteps, samplesEverySteps);
  if (minutes === null && validationEverySteps > steps) {
    notes.push(
      `the run is validated only after its last step: 'validation.everySteps' is ${validation.everySteps}, and it has ${counted(steps, 'step')}.`,
    );
  }
  return notes;
}

/** Paths of the settings that are not as the others. */
function differing<Settings extends object>(path: string, settings: Settings, others: Settings): string[] {
  return Object.entries(settings)
    .filter(([key, value]) => !isDeepStrictEqual(value, others[key as keyof Settings]))
    .map(([key]) => `'${path}.${key}'`);
}

/** Such as `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}
