import eslint from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tsdoc from 'eslint-plugin-tsdoc';
import tseslint from 'typescript-eslint';

/**
 * The data's way. A folder may import from those after it in this list and from lib/, never from those before it,
 * and never a file of another folder other than its public entry.
 */
const mayImport = {
  lib: [],
  config: ['lib'],
  couchdb: ['lib'],
  postgres: ['lib'],
  monitoring: ['lib'],
  couch2pg: ['couchdb', 'postgres', 'monitoring', 'lib'],
  dataemon: ['postgres', 'monitoring', 'lib'],
  scaffold: ['postgres', 'lib'],
  dashboards: ['postgres', 'lib'],
  embedded: ['lib'],
  cli: [
    'config',
    'couchdb',
    'couch2pg',
    'postgres',
    'dataemon',
    'monitoring',
    'scaffold',
    'dashboards',
    'embedded',
    'lib',
  ],
};

const folders = Object.keys(mayImport);
const zones = folders.flatMap((target) =>
  folders
    .filter((from) => from !== target && !mayImport[target].includes(from))
    .map((from) => ({
      target: `./src/${target}`,
      from: `./src/${from}`,
      message: `${target}/ must not know ${from}/: see "The layout" in ARCHITECTURE.md.`,
    })),
);

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      '.tools/',
      '.cht-sync/',
      '.python/',
      '.superset/',
      '**/target/',
      '**/dbt_packages/',
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX, tsdoc },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      'tsdoc/syntax': 'error',
      'max-lines': ['error', { max: 400, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_$', argsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.test.ts', 'test/**', 'bench/**', 'scripts/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' } },
  },
);
