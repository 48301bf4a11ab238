// The one-time token of a boot. It proves itself by a key of this station, so that a token which was handed out costs nothing until
// it is used: whoever makes up addresses on the wire can ask for as many as it likes, and no real machine's token is lost by it.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '../database/open.ts';
import { macBytes } from '../dhcp/packet.ts';

export type BootTokens = {
  issue(mac: string, nowAtMs: number): string;
  /**
   * The MAC that it was issued for; null when it is none of ours, too old, or was used by another hello than `nonce`. `isRepeat`:
   * this very hello has used it before.
   */
  redeem(token: string, nonce: string, nowAtMs: number): { readonly mac: string; readonly isRepeat: boolean } | null;
};

/** A token is for the boot that fetched it; an hour covers the slowest firmware. */
export const TOKEN_LIFE_MS = 60 * 60_000;

/** MAC 6, time of issue in ms 6, random 2, proof 10: 32 characters. 80 bits of proof can only be tried against this station, online. */
const BODY_BYTES = 14;
const PROOF_BYTES = 10;

export const createBootTokens = (database: Database): BootTokens => {
  // Kept, because machines that are booting while the station is restarted come with a token of before.
  const insertKey = database.prepare("INSERT OR IGNORE INTO setting(key, value) VALUES ('token-key', ?)");
  insertKey.run(randomBytes(32).toString('hex'));
  const key = Buffer.from(database.prepare("SELECT value FROM setting WHERE key = 'token-key'").pluck().get() as string, 'hex');
  const dropOld = database.prepare('DELETE FROM used_token WHERE issued_at_ms < ?');
  const selectUsed = database.prepare<[string], { nonce: string }>('SELECT nonce FROM used_token WHERE token_hash = ?');
  const insertUsed = database.prepare('INSERT INTO used_token(token_hash, nonce, issued_at_ms) VALUES (?, ?, ?)');
  const proofOf = (body: Buffer): Buffer => createHmac('sha256', key).update(body).digest().subarray(0, PROOF_BYTES);

  return {
    issue: (mac, nowAtMs) => {
      const body = Buffer.alloc(BODY_BYTES);
      body.set(macBytes(mac));
      body.writeUIntBE(nowAtMs, 6, 6);
      body.set(randomBytes(2), 12);
      return Buffer.concat([body, proofOf(body)]).toString('base64url');
    },
    redeem: (token, nonce, nowAtMs) => {
      const bytes = Buffer.from(token, 'base64url');
      // One token has one spelling, or each spelling of it could be used once.
      if (bytes.length !== BODY_BYTES + PROOF_BYTES || bytes.toString('base64url') !== token) return null;
      const body = bytes.subarray(0, BODY_BYTES);
      if (!timingSafeEqual(bytes.subarray(BODY_BYTES), proofOf(body))) return null;
      const issuedAtMs = body.readUIntBE(6, 6);
      if (nowAtMs - issuedAtMs > TOKEN_LIFE_MS) return null;
      const mac = body.toString('hex', 0, 6).replace(/(..)(?=.)/g, '$1:');
      const hash = createHash('sha256').update(token).digest('hex');
      const used = selectUsed.get(hash);
      if (used !== undefined) return used.nonce === nonce ? { mac, isRepeat: true } : null;
      dropOld.run(nowAtMs - TOKEN_LIFE_MS);
      insertUsed.run(hash, nonce, issuedAtMs);
      return { mac, isRepeat: false };
    },
  };
};
