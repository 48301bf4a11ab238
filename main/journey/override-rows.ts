// A person's own word for one machine, above all policies: deploy this image, or hold. It belongs to a site, ends when the
// person says something else, and a "hold" followed by "retry" hands the machine back to its policies.
import type { DiskHint } from '../../agent/protocol/decision.ts';
import type { SignatureVerdict } from '../../agent/image/signature.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import type { Settings } from '../../preload/contract/settings.ts';

/** The signature that a person accepted although this station does not trust it; void once the manifest is another one. */
export type AcceptedSignature = {
  readonly verdict: Exclude<SignatureVerdict, 'trusted'>;
  readonly keyId: string;
  readonly manifestSha256: string;
};

/** What a deploy shall do beside writing the image, as a person or a policy says it; `grow` null: the station's own way. */
export type DeployWish = { readonly grow: string | null; readonly settings: Settings | null };
export const NO_WISH: DeployWish = { grow: null, settings: null };

export type Override =
  | { readonly kind: 'hold' }
  | {
      readonly kind: 'deploy';
      readonly osoid: string;
      readonly diskHint: DiskHint;
      readonly rewrite: boolean;
      readonly accepted: AcceptedSignature | null;
      readonly options: DeployWish;
      /** The person knows that volumes of it are sealed to another machine. */
      readonly acceptsBound?: boolean;
    };

export type Overrides = {
  get(machineId: string): Override | null;
  put(machineId: string, override: Override): void;
  /** The fresh write that was ordered has been done; the choice, and who made it when, stays. */
  rewritten(machineId: string): void;
  clear(machineId: string): void;
};

type Row = {
  kind: Override['kind'];
  osoid: string | null;
  disk_hint_json: string;
  rewrite: number;
  accepted_json: string | null;
  options_json: string;
  accepts_bound: number;
};

export const createOverrides = (options: { readonly database: Database; readonly now: () => number; readonly sites: Sites }): Overrides => {
  const { database, now, sites } = options;
  const select = database.prepare<[string, number], Row>(
    'SELECT kind, osoid, disk_hint_json, rewrite, accepted_json, options_json, accepts_bound FROM override WHERE machine_id = ? AND site_id = ?',
  );
  const insert = database.prepare(
    'INSERT OR REPLACE INTO override(machine_id, kind, osoid, disk_hint_json, rewrite, accepted_json, options_json, accepts_bound, site_id, operator_id, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const endRewrite = database.prepare('UPDATE override SET rewrite = 0 WHERE machine_id = ?');
  const remove = database.prepare('DELETE FROM override WHERE machine_id = ?');
  return {
    get: (machineId) => {
      const row = select.get(machineId, sites.current().siteId);
      if (row === undefined) return null;
      if (row.kind === 'hold' || row.osoid === null) return { kind: 'hold' };
      return {
        kind: 'deploy',
        osoid: row.osoid,
        diskHint: JSON.parse(row.disk_hint_json) as DiskHint,
        rewrite: row.rewrite === 1,
        accepted: row.accepted_json === null ? null : (JSON.parse(row.accepted_json) as AcceptedSignature),
        options: { ...NO_WISH, ...(JSON.parse(row.options_json) as Partial<DeployWish>) },
        acceptsBound: row.accepts_bound === 1,
      };
    },
    put: (machineId, override) => {
      const { siteId, operatorId } = sites.current();
      const {
        osoid,
        diskHint,
        rewrite,
        accepted,
        options: wish,
        acceptsBound = false,
      } = override.kind === 'deploy' ? override : { osoid: null, diskHint: {}, rewrite: false, accepted: null, options: {} };
      const acceptedJson = accepted === null ? null : JSON.stringify(accepted);
      const given = [osoid, JSON.stringify(diskHint), rewrite ? 1 : 0, acceptedJson, JSON.stringify(wish), acceptsBound ? 1 : 0];
      insert.run(machineId, override.kind, ...given, siteId, operatorId, now());
    },
    rewritten: (machineId) => void endRewrite.run(machineId),
    clear: (machineId) => void remove.run(machineId),
  };
};
