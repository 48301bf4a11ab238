// Joins what is known of one installation (its row, recipe, machine and job), for the wire: what a machine's next boot gets, and the files
// that its installer fetches.
import type { Jobs } from '../jobs/jobs.ts';
import type { Machines } from '../machines/machines.ts';
import { knownFacts } from './correspond.ts';
import type { InstallerBoot, InstallerBoots } from './installer-boots.ts';
import { installerFiles, installerHandOut, installerShim } from './installer-files.ts';
import type { Installation, InstallerFiles, InstallerFilesOptions, InstallerHandOut } from './installer-files.ts';
import type { Recipes } from './recipes.ts';

export type Installations = {
  readonly files: InstallerFiles;
  /** What waits for this machine's next boot; does not use it up. */
  peek(mac: string): { readonly shim: string | null } | null;
  /** The installer has begun with it. */
  take(mac: string, stationUrl: string): InstallerHandOut | null;
};

export const installations = ({
  installers,
  recipes,
  machines,
  jobs,
  onStarted,
  onRead,
  ...files
}: {
  readonly installers: InstallerBoots;
  readonly recipes: Pick<Recipes, 'bySha256'>;
  readonly machines: Pick<Machines, 'facts'>;
  readonly jobs: Pick<Jobs, 'get'>;
  readonly onStarted: (boot: InstallerBoot) => void;
} & Omit<InstallerFilesOptions, 'installation'>): Installations => {
  const installation = (boot: InstallerBoot | null): Installation | null => {
    const recipe = boot === null ? null : (recipes.bySha256(boot.recipeSha256)?.recipe ?? null);
    const job = boot === null ? null : jobs.get(boot.jobId);
    if (boot === null || job?.ok !== true || recipe?.kind !== 'installer') return null;
    return { boot, recipe, facts: knownFacts(machines.facts(job.value.machineId)), diskSerial: job.value.disk.serial };
  };
  const ready = (mac: string): Installation | null => {
    const boot = installers.ofMac(mac);
    return boot?.phase === 'ready' ? installation(boot) : null;
  };
  /** Some installers read the same file several times; the first time is the news. */
  const known = new Set<string>();
  const once = (boot: InstallerBoot, name: string): void => {
    const key = `${boot.token}/${name}`;
    if (known.has(key)) return;
    known.add(key);
    onRead(boot, name);
  };
  return {
    files: installerFiles({ ...files, onRead: once, installation: (token) => installation(installers.ofToken(token)) }),
    peek: (mac) => {
      const one = ready(mac);
      return one === null ? null : { shim: installerShim(one) };
    },
    take: (mac, stationUrl) => {
      const one = ready(mac);
      const handed = one === null ? null : installerHandOut(one, stationUrl);
      // A fact that does not fit was found out before anything was erased; one that was changed since ends as "not started".
      if (one === null || handed?.ok !== true) return null;
      onStarted(one.boot);
      return handed.value;
    },
  };
};
