/**
 * Every published package as those meet it who install it: unpacked from its tarball, in a folder outside the
 * repository. A package sees there only what its manifest asks for; what is not ours is linked from the
 * repository, so that no network is needed.
 */
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { workspaceRoot } from './run-command.js';

// Beside other tests, that share the processors, restoring takes its time.
jest.setTimeout(180_000);

const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
const packages = readdirSync(join(workspaceRoot, 'packages'))
  .map((folder) => ({ folder, manifest: readJson(workspaceRoot, 'packages', folder, 'package.json') }))
  .filter(({ manifest }) => !manifest.private);
const isOurs = (name) => packages.some(({ manifest }) => manifest.name === name);

const outside = mkdtempSync(join(tmpdir(), 'unblur-consumers-'));
afterAll(() => rmSync(outside, { recursive: true, force: true }));

/** Where a package of ours is unpacked. */
const unpacked = (name) => join(outside, 'store', name, 'node_modules', name);

/** Where npm has put a package of others, as one of our packages sees it. */
function installed(name, folder) {
  return [join(workspaceRoot, 'packages', folder), workspaceRoot]
    .map((place) => join(place, 'node_modules', name))
    .find((path) => existsSync(path));
}

/** What npm installs with a package: dependencies, and peers that are not optional. */
function needs({
  dependencies = {},
  optionalDependencies = {},
  peerDependencies = {},
  peerDependenciesMeta = {},
}) {
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers];
}

function link(name, target, folder) {
  const path = join(folder, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) symlinkSync(target, path, 'junction');
}

/** A folder of someone who has installed one of our packages, and with it the peers that it asks for. */
const consumer = (folder) => join(outside, 'consumers', folder);

beforeAll(() => {
  const tarballs = join(outside, 'tarballs');
  mkdirSync(tarballs);
  const names = packages.flatMap(({ manifest }) => ['--workspace', manifest.name]);
  // Without its script the tarball of ONNX Runtime is small; its builds are linked, not compressed.
  execFileSync('npm', ['pack', ...names, '--ignore-scripts', '--pack-destination', tarballs], {
    cwd: workspaceRoot,
    shell: process.platform === 'win32',
    stdio: 'ignore',
  });
  for (const { folder, manifest } of packages) {
    const { name, version } = manifest;
    const tarball = join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    mkdirSync(unpacked(name), { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked(name), '--strip-components=1']);
    for (const needed of needs(manifest)) {
      link(
        needed,
        isOurs(needed) ? unpacked(needed) : installed(needed, folder),
        join(outside, 'store', name),
      );
    }
    writeConsumer(folder, manifest);
  }
  execFileSync(process.execPath, [
    join(workspaceRoot, 'packages', 'onnxruntime', 'collect-runtime.js'),
    join(unpacked('@unblur/onnxruntime'), 'runtime'),
  ]);
  writeExamples();
});

function writeConsumer(
  folder,
  { name, exports, bin = {}, peerDependencies = {}, peerDependenciesMeta = {} },
) {
  link(name, unpacked(name), consumer(folder));
  for (const peer of Object.keys(peerDependencies)) {
    if (!peerDependenciesMeta[peer]?.optional) link(peer, installed(peer, folder), consumer(folder));
  }
  for (const [command, path] of Object.entries(bin)) {
    link(join('.bin', command), join(unpacked(name), path), consumer(folder));
  }
  link('@types/node', installed('@types/node', folder), consumer(folder));
  writeFileSync(join(consumer(folder), 'package.json'), '{ "type": "module" }');
  const lines = entries({ name, exports }).map((entry, i) => `export * as entry${i} from '${entry}';`);
  writeFileSync(join(consumer(folder), 'typed.ts'), lines.join('\n'));
}

/** The names by which a package is imported. */
function entries({ name, exports }) {
  return Object.entries(exports)
    .filter(([, target]) => target.types)
    .map(([path]) => name + path.slice(1));
}

/** The examples of all READMEs, as modules of one folder that has installed all packages. */
function writeExamples() {
  const folder = join(outside, 'examples');
  for (const { manifest } of packages) link(manifest.name, unpacked(manifest.name), folder);
  for (const name of ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@types/node', 'sharp']) {
    link(name, installed(name, '.'), folder);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  // What a wrapper does that passes on what it may not have been given.
  writeFileSync(
    join(folder, 'wrapper.ts'),
    `import type * as inference from '@unblur/inference';
    import type { EagerRestorerOptions } from '@unblur/restoration';
    interface Given {
      photo: inference.LoadPhotoOptions;
      restorer: inference.RestorerOptions;
      frames: inference.RestoreFramesOptions;
      folder: inference.RestorePhotoOptions;
      deblurrer: inference.VideoDeblurrerOptions;
      video: inference.DeblurVideoOptions;
      calibration: inference.CalibrationOptions;
      eager: EagerRestorerOptions;
    }
    type Optional<Options> = Omit<Options, 'weights'>;
    type MaybeUndefined<Options> = { [Name in keyof Options]?: Options[Name] | undefined };
    export declare const given: { [Name in keyof Given]: MaybeUndefined<Optional<Given[Name]>> };
    given satisfies { [Name in keyof Given]: Optional<Given[Name]> };`,
  );
  const readmes = ['README.md', ...packages.map(({ folder }) => join('packages', folder, 'README.md'))];
  for (const path of readmes) {
    const examples = readFileSync(join(workspaceRoot, path), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g);
    for (const [i, [, code]] of [...examples].entries()) {
      writeFileSync(join(folder, `${path.replaceAll(/[^\w-]/g, '_')}_${i + 1}.ts`), `${code}\nexport {};\n`);
    }
  }
}

const run = promisify(execFile);

describe.each(packages)('$manifest.name', ({ folder, manifest }) => {
  test('is imported, and required from CommonJS', async () => {
    const program = entries(manifest).map(
      (name) =>
        `const required = require('${name}');
         import('${name}').then((imported) => {
           const names = Object.keys(imported);
           if (names.length === 0 || names.some((name) => !(name in required))) throw new Error(names);
         });`,
    );
    const code = program.map((lines) => `{ ${lines} }`).join('\n');
    const { stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', code], {
      cwd: consumer(folder),
    });
    expect(stderr).toBe('');
  });
});

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
])(
  'TypeScript with moduleResolution $moduleResolution finds all types, and README examples compile',
  async (options) => {
    const config = join(outside, `tsconfig.${options.moduleResolution}.json`);
    const compilerOptions = {
      ...options,
      target: 'es2022',
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
    };
    writeFileSync(
      config,
      JSON.stringify({
        compilerOptions: {
          ...compilerOptions,
          noEmit: true,
          skipLibCheck: true,
          types: ['node'],
          typeRoots: [join(workspaceRoot, 'node_modules', '@types')],
        },
        include: ['consumers/*/typed.ts', 'examples/*.ts'],
      }),
    );
    const compiler = join(workspaceRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [compiler, '-p', config]).catch((error) => error);
    expect(stdout).toBe('');
  },
);

/** Entries that run in a browser: of packages that run anywhere the main one, of others what is beside it. */
function browserEntries({ nx, ...manifest }) {
  if (nx.tags.includes('entry:node')) return [];
  const [main, ...beside] = entries(manifest);
  if (nx.tags.includes('platform:any')) return [main];
  return nx.tags.includes('entry:any') ? beside : [];
}

/** Bundles modules with Vite, for this process has Jest's own objects, which Vite's native part refuses. */
const bundler = `
  import { isBuiltin } from 'node:module';
  const { build } = await import(process.argv[1]);
  let ofNode;
  const watch = {
    name: 'watch',
    enforce: 'pre',
    resolveId(source, importer = '') {
      if (isBuiltin(source) && importer.includes('@unblur')) ofNode ??= importer + ' imports ' + source;
    },
  };
  for (const input of process.argv.slice(2)) {
    const { output } = await build({
      root: input.replace(/[^/]*$/, ''),
      configFile: false,
      logLevel: 'error',
      plugins: [watch],
      build: { write: false, minify: false, assetsInlineLimit: 0, rolldownOptions: { input } },
    });
    const code = output.map((part) => part.code ?? '').join('');
    console.log(code.length > 1000 ? ofNode ?? 'fine' : 'empty');
  }`;

test('what runs in a browser is bundled by Vite and asks for no module of Node', async () => {
  const pages = packages.flatMap(({ folder, manifest }) =>
    browserEntries(manifest).map((name, i) => {
      const input = join(consumer(folder), `page-${i}.js`);
      writeFileSync(input, `import * as entry from '${name}';\nconsole.log(entry);\n`);
      return { name, input };
    }),
  );
  const names = pages.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['@unblur/core-model', '@unblur/onnx', '@unblur/weights']));
  const vite = join(workspaceRoot, 'packages', 'web-demo', 'node_modules', 'vite');
  const { stdout } = await run(process.execPath, [
    '--input-type=module',
    '-e',
    bundler,
    pathToFileURL(
      join(existsSync(vite) ? vite : join(workspaceRoot, 'node_modules', 'vite'), 'dist/node/index.js'),
    ).href,
    ...pages.map(({ input }) => input),
  ]);
  const found = stdout.trim().split('\n');
  expect(names.map((name, i) => [name, found[i]])).toEqual(names.map((name) => [name, 'fine']));
});

/** Bytes of a package's own files, without those of packages inside it. */
function ownBytes(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .map((entry) => join(entry.parentPath, entry.name))
    .reduce((sum, path) => sum + (statSync(path).isDirectory() ? ownBytes(path) : statSync(path).size), 0);
}

/** Adds a package and all that it needs to those seen, by the folder that each lies in. */
function measureInstalled(folder, seen = new Map()) {
  if (seen.has(folder)) return seen;
  seen.set(folder, ownBytes(folder));
  const resolve = createRequire(join(folder, 'package.json'));
  for (const name of needs(readJson(folder, 'package.json'))) {
    const places = resolve.resolve.paths(`${name}/`) ?? [];
    const found = places.find((place) => existsSync(join(place, name)));
    if (found) measureInstalled(realpathSync(join(found, name)), seen);
  }
  return seen;
}

test('no package takes more room, with all that it needs, than there is a reason for', () => {
  const megabytes = packages.map(({ manifest: { name } }) => {
    const sizes = [...measureInstalled(realpathSync(unpacked(name))).values()];
    return { name, megabytes: Math.round(sizes.reduce((sum, bytes) => sum + bytes, 0) / 1e6) };
  });
  console.log(
    [
      'installed size, MB',
      ...megabytes.map((each) => `${String(each.megabytes).padStart(5)}  ${each.name}`),
    ].join('\n'),
  );
  const runsNative = ({ name }) => !['@unblur/clips', '@unblur/files', '@unblur/metrics'].includes(name);
  expect(megabytes.filter((each) => !runsNative(each) && each.megabytes > 1)).toEqual([]);
  // Of which 234 are ONNX Runtime for all systems, and of these 42 what compiles for graphics devices on Windows.
  expect(megabytes.filter((each) => each.megabytes > 400)).toEqual([]);
});

describe('npx @unblur/cli', () => {
  const folder = consumer('cli');
  const restore = (out) =>
    run(
      'npx',
      ['--offline', '@unblur/cli', 'restore', 'square.jpg', '--scale', '1/2', '--frames', '2', '--out', out],
      {
        cwd: folder,
        shell: process.platform === 'win32',
      },
    );

  beforeAll(async () => {
    const { default: sharp } = await import('sharp');
    const example = sharp(join(workspaceRoot, 'examples', 'square.jpg')).resize({ width: 160 });
    await example.toFile(join(folder, 'square.jpg'));
  });

  test('restores an example', async () => {
    const { stderr } = await restore('native');
    expect(stderr).not.toContain('WebAssembly');
    expect(readdirSync(join(folder, 'native', 'square'))).toEqual(
      expect.arrayContaining(['frame-0.png', 'frame-1.png', 'motion.png']),
    );
  });

  test('restores it without the native build too, and says once what helps', async () => {
    rmSync(join(unpacked('@unblur/onnxruntime'), 'runtime', 'native'), { recursive: true });
    const { stderr } = await restore('webassembly');
    expect(stderr).toContain('WebAssembly');
    expect(
      stderr.match(
        /^unblur: working about three times slower, .* install @unblur\/onnxruntime again, .*\.$/gm,
      ),
    ).toHaveLength(1);
    const pixels = async (out) =>
      (await import('sharp'))
        .default(join(folder, out, 'square', 'frame-0.png'))
        .raw()
        .toBuffer();
    const [native, webAssembly] = [await pixels('native'), await pixels('webassembly')];
    expect(native.length).toBe(webAssembly.length);
    const furthest = native.reduce((most, value, i) => Math.max(most, Math.abs(value - webAssembly[i])), 0);
    expect(furthest).toBeLessThanOrEqual(2);
  });
});
