// Ends what a builder left running that is in its process group no more: a daemon, or whatever made a session of its own. Processes keep
// the environment that they were started with, and Linux shows it (proc(5)); other systems do not, and there nothing is found.
import { readFile, readdir } from 'node:fs/promises';

/** Those that were being started while we looked are found the next time. */
const LOOKS_MOST = 20;

/** `variable`: `NAME=value`, as only they have it. */
export const endProcessesOf = async (variable: string): Promise<void> => {
  for (let look = 0; look < LOOKS_MOST; look += 1) if ((await endOnce(variable)) === 0) return;
};

/** How many there were. */
const endOnce = async (variable: string): Promise<number> => {
  const names = await readdir('/proc').catch(() => []);
  let ended = 0;
  for (const pid of names.filter((name) => /^\d+$/.test(name))) {
    // Of others', and of those that have ended, nothing is shown.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (!environment.split('\0').includes(variable)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
      ended += 1;
    } catch {
      // It has ended, or runs as somebody else by now.
    }
  }
  return ended;
};
