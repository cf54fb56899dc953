import type { Options } from 'tsup';

/** What every package's build shares; declarations come from tsc (see tsconfig.build.base.json). */
export const shared: Options = {
  format: 'esm',
  target: 'node22',
  platform: 'node',
  dts: false,
  sourcemap: true,
  clean: true,
  splitting: true,
  removeNodeProtocol: false,
};
