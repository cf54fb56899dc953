import { defineProject, mergeConfig } from 'vitest/config';
import shared from '../../vitest.shared.ts';

export default mergeConfig(
  shared,
  defineProject({ test: { name: 'testkit', expect: { poll: { timeout: 10_000 } } } }),
);
