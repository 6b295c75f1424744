import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
        id: fileURLToPath(new URL('src/offline/service-worker.ts', import.meta.url)),
        fileName: 'service-worker.js',
      });
    },
    // After the page itself and its cards are emitted.
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const kept = Object.values(bundle).filter(
          ({ fileName }) => fileName !== 'service-worker.js' && !/\.(safetensors|wasm)$/.test(fileName),
        );
        const contents = {
          ...Object.fromEntries(kept.map((file) => [file.fileName, file.code ?? file.source])),
          ...Object.fromEntries(publicFiles.map((name) => [name, readFileSync(publicFile(name))])),
        };
        const files = Object.keys(contents).map((name) => (name === 'index.html' ? './' : name));
        // Names alone do not tell: those of the page, its cards and what lies in public/ stay.
        const hash = createHash('sha256');
        for (const [name, content] of Object.entries(contents)) hash.update(name).update(content);
        const version = hash.digest('hex').slice(0, 12);
        this.emitFile({
          type: 'asset',
          fileName: 'offline-files.json',
          source: JSON.stringify({ version, files }),
        });
      },
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
      if (!code.includes(opening)) {
        this.error(
          'Expected the factory of the threaded WebAssembly backend to look as it did in 4.22; adapt vite.config.js to its new form.',
        );
      }
      return code.replace(opening, moved);
    },
  };
}

const fileOf = (specifier) => fileURLToPath(import.meta.resolve(specifier));
const runtimeFile = (build) => fileOf(`onnxruntime-web/ort-wasm-simd-threaded${build}.wasm`);
const weightsFile = (name) => fileURLToPath(new URL(`../weights/files/${name}.safetensors`, import.meta.url));

/** Of what is downloaded apart from the page; see src/build-facts.d.ts. */
const fileBytes = Object.fromEntries(
  Object.entries({
    processorWasm: runtimeFile(''),
    suspendingWasm: runtimeFile('.jspi'),
    unwindingWasm: runtimeFile('.asyncify'),
    photoWeights: weightsFile('photo'),
    videoWeights: weightsFile('video-small'),
  }).map(([name, path]) => [name, statSync(path).size]),
);

/** Of public/, what the page and its manifest name; the picture for links is left to those who ask for it. */
const publicFiles = [
  'favicon.svg',
  'icon-192.png',
  'icon-512.png',
  'manifest.webmanifest',
  'panorama/bridge.webp',
  'moment/blurred.webp',
  'moment/sharp.webp',
  'moment/moment.mp4',
];
const publicFile = (name) => new URL(`public/${name}`, import.meta.url);

/**
 * What the bundled page may load and run: its own files, and WebAssembly. The server that shows the page
 * while it is worked on puts code of its own into it, so there it does not hold.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function securityPolicy() {
  return {
    name: 'security-policy',
    apply: 'build',
    // Other networks, which are measured beside ours, may need more.
    transformIndexHtml: (_, { path }) =>
      path === '/benchmark.html'
        ? []
        : [
            {
              tag: 'meta',
              attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
              injectTo: 'head-prepend',
            },
          ],
  };
}

/** The cards of the networks that the page runs, as text that any host serves as such. */
function modelCards() {
  const cards = { 'model-card.txt': 'photo', 'video-model-card.txt': 'video-small' };
  return {
    name: 'model-cards',
    apply: 'build',
    generateBundle() {
      for (const [fileName, weights] of Object.entries(cards)) {
        const source = readFileSync(weightsFile(weights).replace(/safetensors$/, 'md'));
        this.emitFile({ type: 'asset', fileName, source });
      }
    },
  };
}

/** Where the sources are, as package.json says; empty where it does not. */
const { repository } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const sourceUrl = String(repository?.url ?? repository ?? '').replace(/^git\+|\.git$/g, '');

/**
 * Pages that are not the product: `--mode test` adds one that compares engines, `--mode benchmark` one that
 * times them, and another network.
 */
const furtherPages = { test: ['engine-parity.html'], benchmark: ['benchmark.html'] };

export default defineConfig(({ mode }) => ({
  base: './',
  resolve: {
    conditions: [
      '@unblur/source',
      // The WebAssembly files of ONNX Runtime lie beside its modules, not inside them.
      'onnxruntime-web-use-extern-wasm',
      'module',
      'browser',
      'development|production',
    ],
  },
  define: { __fileBytes__: JSON.stringify(fileBytes), __sourceUrl__: JSON.stringify(sourceUrl) },
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
  plugins: [selfContainedWasmThreads(), offline(), securityPolicy(), modelCards()],
}));
