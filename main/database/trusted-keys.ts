// Keys whose manifests and provenance records this station believes. Trust is the station's own: it never arrives with a library.
import type { TrustedKey } from '../../agent/protocol/decision.ts';
import type { Database } from './open.ts';

export type TrustedKeys = {
  list(): readonly (TrustedKey & { readonly name: string })[];
  add(key: TrustedKey & { readonly name: string }): void;
  remove(keyId: string): void;
};

export const createTrustedKeys = ({ database, now }: { readonly database: Database; readonly now: () => number }): TrustedKeys => {
  const select = database.prepare<[], { key_id: string; public_key: string; name: string }>(
    'SELECT key_id, public_key, name FROM trusted_key ORDER BY added_at_ms, key_id',
  );
  const insert = database.prepare(
    'INSERT INTO trusted_key(key_id, public_key, name, added_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT(key_id) DO UPDATE SET name = excluded.name',
  );
  const remove = database.prepare('DELETE FROM trusted_key WHERE key_id = ?');
  return {
    list: () => select.all().map((row) => ({ keyId: row.key_id, publicKey: row.public_key, name: row.name })),
    add: ({ keyId, publicKey, name }) => void insert.run(keyId, publicKey, name, now()),
    remove: (keyId) => void remove.run(keyId),
  };
};
