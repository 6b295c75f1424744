import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readWholeFile, UnblurError } from '@unblur/files';
import { bundledWeights, bundledWeightsNames, defaultWeightsName, findBundledWeights } from '@unblur/weights';
import { defaultVideoWeights } from '@unblur/weights/video';
import { Argument, type Command } from 'commander';
import { offerNames } from './shell-completion.js';

const maxWeightsBytes = 2 ** 30;

/** What a command line says about the network. */
export interface WeightsOptions {
  /** A `.safetensors` file, or the name of bundled weights. */
  weights?: string;
}

export interface ChosenWeights {
  /** How to call them in results: the bundled name, or the path. */
  name: string;
  bytes: Uint8Array;
}

/** What to call weights, of which there may be several, in messages. */
export const namesOf = (weights: ChosenWeights | ChosenWeights[]): string =>
  [weights]
    .flat()
    .map(({ name }) => name)
    .join(' + ');

/** Adds `--weights` to a command. */
export function addWeightsOptions(command: Command): Command {
  return command.addOption(
    offerNames(
      command.createOption(
        '--weights <file|name>',
        `weights to use: a .safetensors file or the name of bundled ones (${bundledWeightsNames.join(', ')})`,
      ),
      bundledWeightsNames,
    ),
  );
}

/**
 * Reads the weights that the options name; the default ones where they name none.
 *
 * @throws Error that lists what there is when they name nothing that exists
 */
export async function readChosenWeights({ weights }: WeightsOptions): Promise<ChosenWeights> {
  if (weights !== undefined && isFile(weights)) {
    return { name: weights, bytes: await readWeightsFile(weights) };
  }
  if (weights !== undefined && !Object.hasOwn(bundledWeights, weights)) {
    const hint = weights === defaultVideoWeights.name ? '; these weights are for unblur video' : '';
    throw new Error(
      `Expected a .safetensors file or the name of bundled weights (${bundledWeightsNames.join(', ')}) for --weights, but ${weights} is neither${hint}.`,
    );
  }
  const name = weights ?? defaultWeightsName;
  return { name, bytes: await readFile(fileURLToPath(findBundledWeights(name).url)) };
}

/** Where all bundled weights are, those for photographs and for videos, by name. */
const urlsOfAllNetworks: Record<string, URL> = {
  ...Object.fromEntries(bundledWeightsNames.map((name) => [name, bundledWeights[name].url])),
  [defaultVideoWeights.name]: defaultVideoWeights.url,
};

/** The names of all bundled weights. */
export const namesOfAllNetworks = Object.keys(urlsOfAllNetworks);

/** The argument that names weights of any network; see `readWeightsOfAnyNetwork`. */
export function weightsArgument(): Argument {
  const argument = new Argument(
    '<weights>',
    `a .safetensors file of any network, or the name of bundled weights (${namesOfAllNetworks.join(', ')})`,
  );
  return offerNames(argument, namesOfAllNetworks);
}

/**
 * Reads a `.safetensors` file of any network, or bundled weights by their name. A file of such a name is
 * preferred.
 *
 * @throws Error that lists what there is where it is neither
 */
export async function readWeightsOfAnyNetwork(given: string): Promise<ChosenWeights> {
  const bundled = Object.hasOwn(urlsOfAllNetworks, given) ? urlsOfAllNetworks[given] : undefined;
  if (bundled && !isFile(given)) return { name: given, bytes: await readWeightsFile(fileURLToPath(bundled)) };
  if (!existsSync(given)) {
    throw new Error(
      `Expected a .safetensors file or the name of bundled weights (${namesOfAllNetworks.join(', ')}), but ${given} is neither.`,
    );
  }
  return { name: given, bytes: await readWeightsFile(given) };
}

/**
 * Opens a network.
 *
 * @throws UnblurError that names the weights where they cannot be used; else what `open` throws.
 */
export async function openNaming<T>(name: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    const { UnusableWeightsError } = await import('@unblur/inference');
    throw cause instanceof UnusableWeightsError
      ? new UnblurError(`The weights in ${name} cannot be used. ${cause.reason}`, { cause })
      : cause;
  }
}

/** The bytes of a weights file. @throws UnblurError where it cannot be read, or is larger than any. */
export async function readWeightsFile(path: string): Promise<Uint8Array> {
  // As a plain array: a Buffer's `slice` does not copy.
  return new Uint8Array(readWholeFile(path, maxWeightsBytes));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
