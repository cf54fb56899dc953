import { defineConfig } from 'tsup';
import { shared } from '../../tsup.shared.ts';

export default defineConfig({
  ...shared,
  entry: {
    index: 'src/index.ts',
    'node/index': 'src/node/index.ts',
    'node/sha1': 'src/node/sha1.ts',
    'sha1-portable': 'src/sha1-portable.ts',
  },
  // Whoever runs the package chooses: "imports" in package.json maps it to node:crypto or to @noble/hashes.
  external: ['#sha1'],
});
