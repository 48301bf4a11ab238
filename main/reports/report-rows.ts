// Prepared statements for the hand-over report: what happened at one site in a period, past the parts that keep their own records.
import type { ArmingPreview } from '../../preload/contract/arming.ts';
import type { ReportVisit } from '../../preload/contract/report.ts';
import type { Database } from '../database/open.ts';

/** Inclusive, and exclusive. */
export type Span = { readonly siteId: number; readonly sinceMs: number; readonly untilMs: number };

export type Happening = {
  readonly atMs: number;
  readonly kind: string;
  readonly operator: string;
  readonly machineId: string | null;
  readonly text: string;
};

export type ConsentGiven = { readonly id: string; readonly atMs: number; readonly by: string; readonly givenBy: 'person' | 'armed' };

export type ArmingPast = {
  readonly operator: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly machines: number;
  readonly used: number;
  readonly replaceExisting: boolean;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
  readonly shown: ArmingPreview;
};

export type ReportRows = {
  /** Stretches of work at a site, the latest last. */
  visits(siteId: number): readonly ReportVisit[];
  operators(span: Span): readonly string[];
  /** Machines to which something happened there then; first and last of it. */
  machines(span: Span): readonly { readonly machineId: string; readonly sinceMs: number; readonly untilMs: number }[];
  /** The last that happened to a machine anywhere. */
  lastOf(machineId: string): { readonly atMs: number; readonly siteId: number; readonly siteName: string } | null;
  happenings(span: Span, kinds: readonly string[]): readonly Happening[];
  consents(span: Span): ReadonlyMap<string, ConsentGiven>;
  armings(span: Span): readonly ArmingPast[];
};

/** A pause of this length ends a visit: longer than a meal, shorter than a night. */
const PAUSE_MS = 6 * 60 * 60_000;
const VISITS_MOST = 100;

type ArmingRow = Omit<ArmingPast, 'replaceExisting' | 'shown'> & { readonly replaceExisting: number; readonly shownJson: string };

export const createReportRows = (database: Database): ReportRows => {
  const visits = database.prepare<[{ siteId: number }], { sinceMs: number; untilMs: number; operators: string }>(
    `WITH step AS (SELECT id, at_ms, operator_id, at_ms - lag(at_ms) OVER (ORDER BY id) > ${PAUSE_MS} AS later FROM event WHERE site_id = :siteId),
       part AS (SELECT *, sum(coalesce(later, 1)) OVER (ORDER BY id) AS visit FROM step)
     SELECT min(at_ms) AS sinceMs, max(at_ms) AS untilMs, json_group_array(DISTINCT operator.name) AS operators
     FROM part JOIN operator ON operator.id = operator_id GROUP BY visit ORDER BY visit DESC LIMIT ${VISITS_MOST}`,
  );
  const within = 'site_id = :siteId AND at_ms >= :sinceMs AND at_ms < :untilMs';
  const operators = database.prepare<[Span], { name: string }>(
    `SELECT operator.name FROM event JOIN operator ON operator.id = operator_id WHERE ${within} GROUP BY operator.id ORDER BY min(event.id)`,
  );
  const machines = database.prepare<[Span], { machineId: string; sinceMs: number; untilMs: number }>(
    `SELECT machine_id AS machineId, min(at_ms) AS sinceMs, max(at_ms) AS untilMs FROM event
     WHERE ${within} AND machine_id IS NOT NULL GROUP BY machine_id`,
  );
  const lastOf = database.prepare<[string], { atMs: number; siteId: number; siteName: string }>(
    `SELECT at_ms AS atMs, site_id AS siteId, site.name AS siteName FROM event JOIN site ON site.id = site_id
     WHERE machine_id = ? ORDER BY event.id DESC LIMIT 1`,
  );
  const happenings = database.prepare<[Span & { kinds: string }], Happening>(
    `SELECT at_ms AS atMs, kind, operator.name AS operator, machine_id AS machineId, text FROM event JOIN operator ON operator.id = operator_id
     WHERE ${within} AND kind IN (SELECT value FROM json_each(:kinds)) ORDER BY event.id`,
  );
  const consents = database.prepare<[{ siteId: number }], ConsentGiven>(
    `SELECT consent.id, at_ms AS atMs, operator.name AS "by", given_by AS givenBy FROM consent JOIN operator ON operator.id = operator_id
     WHERE site_id = :siteId`,
  );
  const armings = database.prepare<[Span], ArmingRow>(
    `SELECT operator.name AS operator, at_ms AS sinceMs, until_ms AS untilMs, machines, ended_at_ms AS endedAtMs, end_reason AS endReason,
       replace_existing AS replaceExisting, shown_json AS shownJson,
       (SELECT count(*) FROM arming_machine WHERE arming_id = arming.id) AS used
     FROM arming JOIN operator ON operator.id = operator_id
     WHERE site_id = :siteId AND at_ms < :untilMs AND coalesce(ended_at_ms, until_ms) >= :sinceMs ORDER BY at_ms`,
  );
  return {
    visits: (siteId) =>
      visits
        .all({ siteId })
        .toReversed()
        .map((row) => ({ ...row, operators: JSON.parse(row.operators) as string[] })),
    operators: (span) => operators.all(span).map(({ name }) => name),
    machines: (span) => machines.all(span),
    lastOf: (machineId) => lastOf.get(machineId) ?? null,
    happenings: (span, kinds) => happenings.all({ ...span, kinds: JSON.stringify(kinds) }),
    consents: ({ siteId }) => new Map(consents.all({ siteId }).map((consent) => [consent.id, consent])),
    armings: (span) =>
      armings.all(span).map(({ shownJson, replaceExisting, ...row }) => ({
        ...row,
        replaceExisting: replaceExisting === 1,
        shown: JSON.parse(shownJson) as ArmingPreview,
      })),
  };
};
