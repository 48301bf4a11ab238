// A database as an older station left it: one site, operator and machine, and a consent for its disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { MIGRATIONS } from '../../main/database/migrations/all.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';

export type OlderDatabase = { open(): Database; leave(before: number, jobs: string): void };

/** `leave` makes one of before a migration and fills it; `open` is the station of today. In a folder that goes with the test. */
export const olderDatabase = (): OlderDatabase => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-older-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = (migrations = MIGRATIONS): Database => {
    const opened = openDatabase(join(folder, 'station.db'), migrations);
    return opened.ok ? opened.value : expect.fail(opened.failure.message);
  };
  return {
    open: () => open(),
    leave: (before: number, jobs: string): void => {
      const old = open(MIGRATIONS.filter(({ number }) => number < before));
      old.exec(`
        INSERT INTO site(id, name, created_at_ms) VALUES (1, 'Site A', 1);
        INSERT INTO operator(id, name, created_at_ms) VALUES (1, 'Ada', 1);
        INSERT INTO machine(id, provisional, state, state_at_ms, says, first_seen_at_ms, last_seen_at_ms) VALUES ('m', 0, 'seen', 1, '', 1, 1);
        INSERT INTO consent(id, at_ms, site_id, operator_id, machine_id, session_id, disk_serial, disk_size_bytes, content_hash, osoid, given_by)
          VALUES ('c', 1, 1, 1, 'm', 's', 'D', 1000, 'h', 'o', 'person');
        ${jobs}`);
      old.close();
    },
  };
};
