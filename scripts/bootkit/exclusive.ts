// Lets one build at a time work in the cache: tests, a demo and a person may all start `npm run bootkit`.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Runs `work` while holding the cache's lock file; waits for another living builder, takes over from a dead one. */
export const alone = async <T>(cacheFolder: string, say: (line: string) => void, work: () => Promise<T>): Promise<T> => {
  await mkdir(cacheFolder, { recursive: true });
  const file = join(cacheFolder, 'building');
  let told = false;
  for (;;) {
    const taken = await writeFile(file, String(process.pid), { flag: 'wx' }).then(
      () => true,
      () => false,
    );
    if (taken) break;
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    // An empty file is being written just now; one of a process that is gone is left over.
    if (holder > 0 && !alive(holder)) await rm(file, { force: true });
    else {
      if (!told) say(`waiting for another build (process ${holder})`);
      told = true;
      await pause(500);
    }
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
};
