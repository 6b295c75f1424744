import { createHash } from 'node:crypto';
import { Option, type Command } from 'commander';
import { readVersion } from './version.js';
import { namesOf, type ChosenWeights } from './weights-choice.js';

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

/** Frames that are scored. */
export interface ScoredFrames {
  /** What people call them. */
  label: string;
  /** Of which command they are, and which weights or which folder, for programs. */
  scored: Record<string, unknown>;
}

/**
 * @param weights several: their networks were averaged.
 * @param making how the weights were used.
 */
export function ownFrames(weights: ChosenWeights | ChosenWeights[], making: object): ScoredFrames {
  const describe = ({ name, bytes }: ChosenWeights) => ({
    name,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  return {
    label: `weights ${namesOf(weights)}`,
    scored: {
      version: readVersion(),
      weights: Array.isArray(weights) ? weights.map(describe) : describe(weights),
      ...making,
    },
  };
}

/** @param folder of another program's frames. */
export function otherFrames(folder: string): ScoredFrames {
  return { label: `frames of ${folder}`, scored: { version: readVersion(), restored: folder } };
}
