#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The published package carries dist/. In the repository it is built on first use, and again when a source
// has changed.
if (existsSync(new URL('../tsconfig.lib.json', import.meta.url))) {
  const { buildIfStale } = await import('../../../scripts/build.js');
  try {
    buildIfStale((line) => console.error(line));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

const { main } = await import('../dist/index.js');
await main(process.argv.slice(2));
