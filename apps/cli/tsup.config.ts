import { isBuiltin } from 'node:module';
import { defineConfig, type Options } from 'tsup';
import { shared } from '../../tsup.shared.ts';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Modules of functions that few commands call: loaded when one is called. */
const SELDOM_USED = new Set([
  'node:child_process',
  'node:dns',
  'node:dns/promises',
  'node:http',
  'node:https',
]);

/**
 * Takes from Node's own modules only what is used. An `import` of one reads all it has, and some of that loads much
 * more: `process` its standard input, `fs` its promises, `util` its MIME types. That is 15 ms of each start.
 */
const builtinsAsUsed: Plugin = {
  name: 'builtins-as-used',
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path }) =>
      isBuiltin(path) ? { path: `node:${path.replace('node:', '')}`, namespace: 'builtin' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: exportsOf(path),
      loader: 'js',
    }));
  },
};

/** Returns a module with the exports of another, each of which is left out where it is not used. */
function exportsOf(path: string): string {
  const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => /^\w+$/u.test(name));
  if (SELDOM_USED.has(path)) return functionsOf(path, names);
  return [
    `const builtin = process.getBuiltinModule('${path}');`,
    'const $read = (name) => builtin[name];',
    'export default builtin;',
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ $read('${name}');`),
  ].join('\n');
}

/** Returns a module with the functions of another, which is loaded when the first of them is called. */
function functionsOf(path: string, names: readonly string[]): string {
  const functions = names.filter((name) => /^[a-z]/u.test(name));
  return [
    `const $load = () => process.getBuiltinModule('${path}');`,
    'export default { __proto__: null,',
    ...functions.map((name) => `  ${name}: (...args) => $load().${name}(...args),`),
    '};',
    ...functions.map((name) => `export const ${name} = (...args) => $load().${name}(...args);`),
  ].join('\n');
}

/** The worker threads of the layers, where `imports` in our package.json has them. */
const WORKERS = {
  'piece-worker': '../../packages/downloader/dist/node/piece-worker.js',
  'hash-worker': '../../packages/metainfo/dist/node/hash-worker.js',
};

/** With all that they need, so that nothing of a start is spent on finding it. It stays a dependency, where audits find it. */
const whole: Options = {
  ...shared,
  clean: false,
  splitting: false,
  noExternal: [/./u],
  esbuildPlugins: [builtinsAsUsed],
  esbuildOptions(options) {
    options.logOverride = { 'ignored-bare-import': 'silent' };
  },
};

export default defineConfig([
  { ...whole, entry: { bin: 'src/start.ts' } },
  { ...whole, entry: WORKERS },
  {
    ...whole,
    entry: { program: 'src/bin.ts' },
    // A function of what only a module knows: V8 keeps the compiled form of classic scripts only (src/compiled-script.ts).
    format: 'cjs',
    banner: { js: '(function (ownUrl, resolveOwn) {' },
    footer: { js: '})' },
    esbuildOptions(options, context) {
      whole.esbuildOptions?.(options, context);
      options.define = {
        ...options.define,
        'import.meta.url': 'ownUrl',
        'import.meta.resolve': 'resolveOwn',
      };
      options.minifyWhitespace = true; // and comments: they would make two bytes of each character in memory
      options.lineLimit = 160;
    },
  },
]);
