// "Boot your own disk": the answer that a network boot gets once, after a job or the agent's own check ended with it.
import { localBootSchema } from '../../agent/protocol/decision.ts';
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import type { Database } from './open.ts';

export type LocalBoots = {
  put(mac: string, boot: LocalBoot): void;
  /** What the next boot of this MAC will get; does not use it up. */
  peek(mac: string): LocalBoot | null;
  /** Uses the answer up. Loaders ask twice (first for the size, or after a lost packet), so it repeats for `REPEAT_MS`. */
  take(mac: string): LocalBoot | null;
  drop(mac: string): void;
  /**
   * Takes the answer back: the firmware was told to start the disk itself. False, and nothing is taken back, where it was told so not
   * long ago and came to the network all the same: such firmware needs the answer.
   */
  leaveToFirmware(mac: string): boolean;
  /** A new boot begins: an answer that was taken is used up, and no longer repeats. */
  endRepeat(mac: string): void;
};

/** The slowest servers take over ten minutes from reboot to their first DHCP packet. */
export const LOCAL_BOOT_LIFE_MS = 30 * 60_000;
export const REPEAT_MS = 20_000;

type Row = { boot_json: string; until_ms: number; taken_at_ms: number | null };

export const createLocalBoots = ({ database, now }: { readonly database: Database; readonly now: () => number }): LocalBoots => {
  const insert = database.prepare(
    `INSERT INTO local_boot(mac, boot_json, until_ms, taken_at_ms) VALUES (?, ?, ?, NULL)
     ON CONFLICT(mac) DO UPDATE SET boot_json = excluded.boot_json, until_ms = excluded.until_ms, taken_at_ms = NULL`,
  );
  const select = database.prepare<[string], Row>('SELECT boot_json, until_ms, taken_at_ms FROM local_boot WHERE mac = ?');
  const take = database.prepare('UPDATE local_boot SET taken_at_ms = ? WHERE mac = ? AND taken_at_ms IS NULL');
  const remove = database.prepare('DELETE FROM local_boot WHERE mac = ?');
  /** When firmware was told last. Forgotten with the station, which costs one more look at the disk. */
  const toldAtMs = new Map<string, number>();
  const removeTaken = database.prepare('DELETE FROM local_boot WHERE mac = ? AND taken_at_ms IS NOT NULL');
  const peek = (mac: string): LocalBoot | null => {
    const row = select.get(mac);
    if (row === undefined) return null;
    const endsAtMs = row.taken_at_ms === null ? row.until_ms : row.taken_at_ms + REPEAT_MS;
    return now() < endsAtMs ? localBootSchema.parse(JSON.parse(row.boot_json)) : null;
  };
  return {
    put: (mac, boot) => void insert.run(mac, JSON.stringify(boot), now() + LOCAL_BOOT_LIFE_MS),
    peek,
    take: (mac) => {
      const boot = peek(mac);
      if (boot !== null) take.run(now(), mac);
      return boot;
    },
    drop: (mac) => {
      toldAtMs.delete(mac);
      remove.run(mac);
    },
    leaveToFirmware: (mac) => {
      if (now() - (toldAtMs.get(mac) ?? Number.NEGATIVE_INFINITY) < LOCAL_BOOT_LIFE_MS) return false;
      toldAtMs.set(mac, now());
      remove.run(mac);
      return true;
    },
    endRepeat: (mac) => void removeTaken.run(mac),
  };
};
