import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Loads the first of several packages that is installed, for an engine that few ask for: from beside the
 * module that asks, or from the folder that one works in.
 *
 * @param engine its name, for messages.
 * @param askedFrom `import.meta.url` of the module that asks.
 * @throws saying how to install the last one, or why what is installed cannot be loaded.
 */
export async function importInstalled<T>(
  engine: string,
  packages: readonly string[],
  askedFrom: string,
): Promise<T> {
  const places = [askedFrom, join(process.cwd(), 'package.json')].map((place) => createRequire(place));
  for (const name of packages) {
    const path = places.map((place) => resolveFrom(place, name)).find((found) => found !== undefined);
    if (path === undefined) continue;
    try {
      return (await import(pathToFileURL(path).href)) as T;
    } catch (cause) {
      throw new Error(
        `Expected the package '${name}' to work for the engine '${engine}' but it cannot be loaded (${(cause as Error).message.split('\n')[0]}); install it again, or use the engine 'onnxruntime'`,
        { cause },
      );
    }
  }
  throw new Error(
    `Expected the package ${packages.map((name) => `'${name}'`).join(' or ')} for the engine '${engine}' but it is not installed; npm install ${packages.at(-1)}`,
  );
}

function resolveFrom(place: NodeJS.Require, name: string): string | undefined {
  try {
    return place.resolve(name);
  } catch {
    return undefined;
  }
}
