import { isBuiltin } from 'node:module';
import { defineConfig, type Options } from 'tsup';
import { shared } from '../../tsup.shared.ts';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

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
  return [
    `const builtin = process.getBuiltinModule('${path}');`,
    'const $read = (name) => builtin[name];',
    'export default builtin;',
    ...names.map((name) => `export const ${name} = /* @__PURE__ */ $read('${name}');`),
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
