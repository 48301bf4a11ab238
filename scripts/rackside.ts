// `npm run rackside` and the `rackside` command in the checkout: the command line itself, with its window built first where a
// command serves one. The package has it built.
import { runCommandLine } from '../main/command/rackside.ts';
import { stopSignal } from '../main/command/stop-signal.ts';

const words = process.argv.slice(2);
const signal = stopSignal();
if (words[0] === 'serve' && !words.includes('--help')) {
  const { buildWindow } = await import('./build.ts');
  await buildWindow();
}
process.exitCode = await runCommandLine(words, signal);
