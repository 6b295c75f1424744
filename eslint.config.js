import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import typescript from 'typescript-eslint';

/**
 * Data flows one way: files -> datasets -> trainer -> weights -> inference -> evaluation -> app. A package
 * may import from its own layer and from those named here.
 */
const layers = {
  core: ['core'],
  data: ['data', 'core'],
  training: ['training', 'data', 'core'],
  weights: ['weights', 'core'],
  inference: ['inference', 'weights', 'core'],
  evaluation: ['evaluation', 'inference', 'weights', 'training', 'data', 'core'],
  app: ['evaluation', 'inference', 'weights', 'training', 'data', 'core'],
};

/** Where a package runs; what runs anywhere may only need what runs anywhere. */
const platforms = {
  any: ['any'],
  node: ['node', 'any'],
  web: ['web', 'any'],
};

/** Packages for Node that carry the tag `entry:any` have, beside their main entry, one that runs anywhere. */
const nodeEntries = ['@unblur/datasets', '@unblur/files'];

const withPrefix = (prefix, names) => names.map((name) => `${prefix}:${name}`);

const layerConstraints = Object.entries(layers).map(([layer, allowed]) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: withPrefix('layer', allowed),
}));

const platformConstraints = Object.entries(platforms).map(([platform, allowed]) => ({
  sourceTag: `platform:${platform}`,
  onlyDependOnLibsWithTags: [
    ...withPrefix('platform', allowed),
    ...(platform === 'node' ? [] : ['entry:any']),
  ],
  ...(platform === 'node' ? {} : { bannedExternalImports: ['sharp'] }),
}));

/** What can be said in two ways and is said in one. */
const oneStyle = [
  {
    selector:
      ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"], TSParameterProperty)[accessibility="private"]',
    message: 'Write #name: private at run time too.',
  },
  {
    selector: 'VariableDeclarator > Identifier.id[name=/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/][name.length>1]',
    message: 'Constants are named like every other variable: camelCase.',
  },
  {
    selector: 'CallExpression[callee.name="it"], CallExpression[callee.object.name="it"]',
    message: 'Write test(...).',
  },
  {
    selector: 'Literal[value=/\\bbut (got|found)\\b/], TemplateElement[value.raw=/\\bbut (got|found)\\b/]',
    message: 'Errors say "Expected ..., but received ...".',
  },
];

const endlessMkdir = {
  selector: 'CallExpression[callee.name=/^mkdir(Sync)?$/] Property[key.name="recursive"]',
  message: 'Use makeFolder of @unblur/files: a recursive mkdir never ends in places such as /proc.',
};

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/out-tsc/',
    '**/node_modules/',
    '**/coverage/',
    '.nx/',
    'tmp/',
    'runs/',
    'restored/',
    '**/*_pb.ts',
  ]),
  eslint.configs.recommended,
  ...typescript.configs.recommended,
  {
    rules: {
      curly: ['error', 'multi-line', 'consistent'],
      eqeqeq: 'error',
      'no-console': ['error', { allow: ['error'] }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      'no-restricted-syntax': ['error', ...oneStyle],
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    plugins: { '@nx': nx, 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          banTransitiveDependencies: true,
          allow: [],
          // Constants and patterns, which load nothing.
          checkDynamicDependenciesExceptions: ['@unblur/inference/result-names'],
          depConstraints: [...layerConstraints, ...platformConstraints],
        },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test-tool.ts'],
    rules: { 'no-restricted-syntax': ['error', ...oneStyle, endlessMkdir] },
  },
  {
    files: ['packages/{core-model,restoration,web-demo}/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test-tool.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        ...nodeEntries.map((name) => ({
          name,
          message: 'This entry needs Node; import the one that runs anywhere.',
        })),
      ],
    },
  },
  {
    files: [
      'packages/*/src/**/*.test.ts',
      'packages/*/src/**/*.test-tool.ts',
      'packages/*/src/**/*.bench.ts',
    ],
    // Tests may take what the repository has: the tfjs backends, oracles of other layers, golden data.
    rules: { '@nx/enforce-module-boundaries': 'off', 'no-console': 'off' },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        performance: 'readonly',
      },
    },
    rules: { 'no-console': 'off' },
  },
);
