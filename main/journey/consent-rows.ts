// Consents as given, with who gave them, where and when; kept for ever, since the hand-over report rests on them.
import { randomUUID } from 'node:crypto';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import type { Armed } from './arming.ts';
import type { ConsentSubject } from './consent.ts';

export type Consent = ConsentSubject & {
  readonly id: string;
  readonly operatorId: number;
  readonly operator: string;
  readonly siteId: number;
  readonly siteName: string;
  readonly givenBy: 'person' | 'armed';
};

export type Consents = {
  /** By the person at the laptop, or by an arming in the name of who armed. */
  give(subject: ConsentSubject, arming: Armed | null): Consent;
  get(consentId: string): Consent | null;
  /** Used up or voided, with the reason; the first reason stands. */
  end(consentId: string, reason: string): void;
};

type Row = {
  id: string;
  machine_id: string;
  session_id: string;
  disk_serial: string | null;
  disk_wwn: string | null;
  disk_size_bytes: number;
  content_hash: string;
  osoid: string;
  given_by: Consent['givenBy'];
  operator_id: number;
  operator: string;
  site_id: number;
  site: string;
};

export const createConsents = (options: { readonly database: Database; readonly now: () => number; readonly sites: Sites }): Consents => {
  const { database, now, sites } = options;
  const insert = database.prepare(
    `INSERT INTO consent(id, at_ms, site_id, operator_id, machine_id, session_id, disk_serial, disk_wwn, disk_size_bytes, content_hash, osoid, given_by, arming_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const columns = `consent.id, machine_id, session_id, disk_serial, disk_wwn, disk_size_bytes, content_hash, osoid, given_by,
    operator_id, site_id, operator.name AS operator, site.name AS site FROM consent JOIN operator ON operator.id = operator_id JOIN site ON site.id = site_id`;
  const select = database.prepare<[string], Row>(`SELECT ${columns} WHERE consent.id = ?`);
  const end = database.prepare('UPDATE consent SET ended_at_ms = ?, end_reason = ? WHERE id = ? AND ended_at_ms IS NULL');
  const endOthers = database.prepare('UPDATE consent SET ended_at_ms = ?, end_reason = ? WHERE machine_id = ? AND ended_at_ms IS NULL');

  const give = database.transaction((subject: ConsentSubject, arming: Armed | null): Consent => {
    const { siteId, siteName, operatorId, operator } = arming ?? sites.current();
    const givenBy = arming === null ? 'person' : 'armed';
    const { machineId, sessionId, disk, contentHash, osoid } = subject;
    const id = randomUUID();
    endOthers.run(now(), 'another consent was given', machineId);
    const about = [machineId, sessionId, disk.serial, disk.wwn, disk.sizeBytes, contentHash, osoid];
    insert.run(id, now(), siteId, operatorId, ...about, givenBy, arming?.id ?? null);
    return { ...subject, id, siteId, siteName, operatorId, operator, givenBy };
  });
  return {
    give,
    get: (consentId) => consentOf(select.get(consentId)),
    end: (consentId, reason) => void end.run(now(), reason, consentId),
  };
};

const consentOf = (row: Row | undefined): Consent | null =>
  row === undefined
    ? null
    : {
        id: row.id,
        machineId: row.machine_id,
        sessionId: row.session_id,
        disk: { serial: row.disk_serial, wwn: row.disk_wwn, sizeBytes: row.disk_size_bytes },
        contentHash: row.content_hash,
        osoid: row.osoid,
        operatorId: row.operator_id,
        operator: row.operator,
        siteId: row.site_id,
        siteName: row.site,
        givenBy: row.given_by,
      };
