/**
 * @param file of this package that is to be found. @param address `import.meta.url` of the module that asks.
 * @throws where a bundler has taken that away, as in the format cjs.
 */
export function expectOwnAddress(file: string, address: unknown): void {
  if (typeof address === 'string') return;
  throw new Error(
    `Expected import.meta.url, beside which ${file} is found, but this bundle has none, as the format cjs has not; leave @unblur/weights out of the bundle (esbuild: --external:@unblur/weights or --packages=external; webpack: externals), or bundle as an ES module (esbuild: --format=esm).`,
  );
}
