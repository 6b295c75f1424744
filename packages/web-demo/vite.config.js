import { createHash } from 'node:crypto';
import { defineConfig } from 'vite';

/**
 * Threads of WebAssembly need a page that is isolated from others. A static host must send these two headers
 * as well.
 */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * Emits the service worker under a name that stays, and the list of files that it keeps for use without a
 * network.
 */
function offline() {
  return {
    name: 'offline',
    apply: 'build',
    buildStart() {
      this.emitFile({
        type: 'chunk',
        id: new URL('src/offline/service-worker.ts', import.meta.url).pathname,
        fileName: 'service-worker.js',
      });
    },
    generateBundle(_, bundle) {
      const kept = Object.keys(bundle).filter(
        (name) => name !== 'service-worker.js' && !name.endsWith('.safetensors'),
      );
      const files = ['./', ...kept.filter((name) => name !== 'index.html'), ...publicFiles];
      const version = createHash('sha256').update(files.join()).digest('hex').slice(0, 12);
      this.emitFile({
        type: 'asset',
        fileName: 'offline-files.json',
        source: JSON.stringify({ version, files }),
      });
    },
  };
}

/**
 * The TensorFlow.js WebAssembly backend hands the text of this function to its threads, where nothing of the
 * module around it exists: its one outer variable must move inside before it is minified.
 */
function selfContainedWasmThreads() {
  const [opening, moved] = [
    'function(WasmBackendModuleThreadedSimd) {',
    'function(WasmBackendModuleThreadedSimd) { var _scriptDir;',
  ];
  return {
    name: 'self-contained-wasm-threads',
    transform(code, id) {
      if (!id.endsWith('wasm-out/tfjs-backend-wasm-threaded-simd.js')) return undefined;
      if (!code.includes(opening))
        this.error(
          'Expected the factory of the threaded WebAssembly backend to look as it did in 4.22; adapt vite.config.js to its new form.',
        );
      return code.replace(opening, moved);
    },
  };
}

const publicFiles = ['favicon.svg', 'panorama/bridge.webp'];

/**
 * Pages that are not the product: `--mode test` adds one that compares engines, `--mode benchmark` one that
 * runs another network.
 */
const furtherPages = { test: ['engine-parity.html'], benchmark: ['maxim.html'] };

export default defineConfig(({ mode }) => ({
  base: './',
  resolve: { conditions: ['@unblur/source', 'module', 'browser', 'development|production'] },
  assetsInclude: ['**/*.safetensors'],
  worker: { format: 'es', plugins: () => [selfContainedWasmThreads()] },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    rollupOptions: { input: ['index.html', ...(furtherPages[mode] ?? [])] },
  },
  server: { headers: isolation },
  preview: { headers: isolation },
  plugins: [selfContainedWasmThreads(), offline()],
}));
