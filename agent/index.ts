// Entry on a target: reads the boot words, runs the agent, and ends with 0 when the machine shall restart (stage 2's init does
// that) or with 1 when it shall start the agent again.
import { readFile } from 'node:fs/promises';
import { runAgent } from './agent.ts';
import { linuxEnvironment } from './linux.ts';
import { parseBootWords } from './words.ts';

const VERSION = '0.1.0';

// A bug ends the agent; stage 2's init starts it again, and it goes on with the session it had.
process.on('unhandledRejection', (error) => {
  console.error('rackside: the agent made a mistake:', error);
  process.exit(1);
});

const main = async (): Promise<number> => {
  const words = parseBootWords(await readFile('/proc/cmdline', 'utf8'));
  if (!words.ok) {
    console.error(`${words.failure.message} ${words.failure.next}`);
    return 1;
  }
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  const environment = await linuxEnvironment(words.value, VERSION);
  const ending = await runAgent(environment, stop.signal);
  // A machine that was refused comes back with fresh words; a short pause keeps a refusing station from a storm.
  if (ending.kind === 'refused') await new Promise((resolve) => setTimeout(resolve, 10_000));
  return ending.kind === 'stopped' ? 1 : 0;
};

process.exit(await main());
