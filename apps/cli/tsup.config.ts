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
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
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

export default defineConfig({
  ...shared,
  entry: { bin: 'src/bin.ts' },
  // So that it, too, is spared that. It stays a dependency, where audits find it and its licence.
  noExternal: ['commander'],
  esbuildPlugins: [builtinsAsUsed],
});
