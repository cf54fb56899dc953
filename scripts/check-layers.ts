import { join } from 'node:path';
import { checkWorkspace } from './layers/check-workspace.ts';
import { RULES } from './layers/rules.ts';

/** Proves the direction of dependencies and the purity of the layers; prints what breaks them, one a line. */
const violations = await checkWorkspace(join(import.meta.dirname, '..'));

for (const { rule, path, line, message } of violations) {
  console.error(`${path}${line === undefined ? '' : `:${line}`}  ${rule}  ${message}`);
}
if (violations.length > 0) {
  console.error(
    `\n${violations.length} violations. The rules are in scripts/layers/rules.ts and docs/architecture.md.`,
  );
  process.exitCode = 1;
} else {
  console.log(`The layers hold: ${Object.keys(RULES).length} folders checked.`);
}
