import { createHash } from 'node:crypto';
import { Option, type Command } from 'commander';
import { readVersion } from './version.js';

/** What a command line says about frames of another program that are scored in place of ours. */
export interface RestoredOption {
  /** The folder that they lie in. */
  restored?: string;
}

/** Adds `--restored` to a command. @param instead options, by their keys, that say how we would restore. */
export function addRestoredOption(command: Command, layout: string, instead: string[]): Command {
  return command.addOption(
    new Option('--restored <folder>', `score frames that another program restored: ${layout}`).conflicts(
      instead,
    ),
  );
}

/** What was scored, for programs. */
export interface ScoredFrames {
  /** Of the command. */
  version: string;
  weights?: { name: string; sha256: string };
  /** The folder of another program's frames. */
  restored?: string;
}

export function describeOwnFrames(weightsName: string, weights: Uint8Array): ScoredFrames {
  const sha256 = createHash('sha256').update(weights).digest('hex');
  return { version: readVersion(), weights: { name: weightsName, sha256 } };
}

export function describeOtherFrames(restored: string): ScoredFrames {
  return { version: readVersion(), restored };
}
