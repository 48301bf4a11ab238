// `npm run check`: everything that can be said about the code without running it.
import { runChecks } from './checks.ts';

const failures = runChecks();
if (failures.length > 0) {
  console.error(`check: failed: ${failures.join(', ')}`);
  process.exit(1);
}
