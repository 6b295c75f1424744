import { join } from 'node:path';
import type { TrialSettings } from './row-network.js';

/** Settings of trials that lie in a folder, report nothing and are not stopped. */
export function trialSettingsIn(folder: string): TrialSettings {
  return {
    experiments: folder,
    out: join(folder, 'out'),
    readWeights: async () => new Uint8Array(),
    signal: new AbortController().signal,
    onSample: () => {},
    report: () => {},
  };
}
