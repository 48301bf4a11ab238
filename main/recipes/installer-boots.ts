// Which machines are being installed by a vendor's own installer, and how far they are: the disk made ready, the next boot waiting, the
// installer at work, its result being captured. In the database, for an installation outlives a restart of the station.
import { randomBytes } from 'node:crypto';
import type { Database } from '../database/open.ts';

export type InstallerPhase = 'preparing' | 'ready' | 'installing' | 'collecting';
export type InstallerBoot = {
  readonly jobId: string;
  /** In every address that the installer is given: who does not know it gets nothing. */
  readonly token: string;
  readonly mac: string;
  readonly recipeSha256: string;
  /** As the agent saw the disk that was consented to. */
  readonly diskPath: string;
  readonly phase: InstallerPhase;
  readonly phaseAtMs: number;
  /** When the installer said that it was done. */
  readonly finishedAtMs: number | null;
};

export type InstallerBoots = {
  begin(boot: Pick<InstallerBoot, 'jobId' | 'mac' | 'recipeSha256' | 'diskPath'>): InstallerBoot;
  ofJob(jobId: string): InstallerBoot | null;
  ofMac(mac: string): InstallerBoot | null;
  ofToken(token: string): InstallerBoot | null;
  all(): readonly InstallerBoot[];
  enter(jobId: string, phase: InstallerPhase): void;
  finished(jobId: string): void;
  drop(jobId: string): void;
};

type Row = {
  job_id: string;
  token: string;
  mac: string;
  recipe_sha256: string;
  disk_path: string;
  phase: InstallerPhase;
  phase_at_ms: number;
  finished_at_ms: number | null;
};

const bootOf = (row: Row | undefined): InstallerBoot | null =>
  row === undefined
    ? null
    : {
        jobId: row.job_id,
        token: row.token,
        mac: row.mac,
        recipeSha256: row.recipe_sha256,
        diskPath: row.disk_path,
        phase: row.phase,
        phaseAtMs: row.phase_at_ms,
        finishedAtMs: row.finished_at_ms,
      };

export const createInstallerBoots = ({ database, now }: { readonly database: Database; readonly now: () => number }): InstallerBoots => {
  const removeOfMac = database.prepare('DELETE FROM installer_boot WHERE mac = ?');
  const insert = database.prepare(
    `INSERT INTO installer_boot(job_id, token, mac, recipe_sha256, disk_path, phase, phase_at_ms) VALUES (?, ?, ?, ?, ?, 'preparing', ?)`,
  );
  const byJob = database.prepare<[string], Row>('SELECT * FROM installer_boot WHERE job_id = ?');
  const byMac = database.prepare<[string], Row>('SELECT * FROM installer_boot WHERE mac = ?');
  const byToken = database.prepare<[string], Row>('SELECT * FROM installer_boot WHERE token = ?');
  const select = database.prepare<[], Row>('SELECT * FROM installer_boot');
  const enter = database.prepare('UPDATE installer_boot SET phase = ?, phase_at_ms = ? WHERE job_id = ?');
  const finish = database.prepare('UPDATE installer_boot SET finished_at_ms = ? WHERE job_id = ?');
  const remove = database.prepare('DELETE FROM installer_boot WHERE job_id = ?');
  const ofJob = (jobId: string): InstallerBoot | null => bootOf(byJob.get(jobId));
  return {
    begin: ({ jobId, mac, recipeSha256, diskPath }) => {
      removeOfMac.run(mac);
      insert.run(jobId, randomBytes(12).toString('hex'), mac, recipeSha256, diskPath, now());
      const boot = ofJob(jobId);
      if (boot === null) throw new Error(`no installer boot for ${jobId}`);
      return boot;
    },
    ofJob,
    ofMac: (mac) => bootOf(byMac.get(mac)),
    ofToken: (token) => bootOf(byToken.get(token)),
    all: () => select.all().flatMap((row) => bootOf(row) ?? []),
    enter: (jobId, phase) => void enter.run(phase, now(), jobId),
    finished: (jobId) => void finish.run(now(), jobId),
    drop: (jobId) => void remove.run(jobId),
  };
};
