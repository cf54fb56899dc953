import { defineConfig } from 'tsup';
import { shared } from '../../tsup.shared.ts';

export default defineConfig({
  ...shared,
  entry: {
    index: 'src/index.ts',
    schema: 'src/schema.ts',
    'node/allocate': 'src/node/allocate.ts',
    'allocate-portable': 'src/allocate-portable.ts',
  },
  // Whoever runs the package chooses: "imports" in package.json has uninitialised memory under node only.
  external: ['#allocate'],
});
