// Who this station is to others: its ed25519 key, made once and kept 0600 in the data folder, and its name.
import { lstatSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { generateSigningKey, seedOf, signingKeyFromSeed } from '../agent/image/signature.ts';
import type { SigningKey } from '../agent/image/signature.ts';
import { failed, success } from '../agent/protocol/failure.ts';
import type { Result } from '../agent/protocol/failure.ts';
import { writeDurably } from './durable-file.ts';

export type Identity = { readonly name: string; readonly signingKey: SigningKey; readonly publicKeyText: string };

/**
 * Reads or makes the key. A key file that cannot be read is never replaced: images and disks in the field were signed with it.
 * Failure `station.key-unreadable`.
 */
export const loadIdentity = (dataFolder: string, name: string = hostname().split('.')[0] || 'station'): Result<Identity> => {
  const path = join(dataFolder, 'station.key');
  try {
    // Not existsSync, to which a link without its target is nothing.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
      writeDurably(path, Buffer.from(seedOf(generateSigningKey())).toString('hex'));
    const text = readFileSync(path, 'utf8').trim();
    if (!/^[0-9a-f]{64}$/.test(text)) throw new Error('it does not hold 32 bytes in hex');
    const signingKey = signingKeyFromSeed(Buffer.from(text, 'hex'));
    return success({ name, signingKey, publicKeyText: Buffer.from(signingKey.publicKey).toString('base64url') });
  } catch (error) {
    return failed(
      'station.key-unreadable',
      `The station's key ${path} cannot be used (${(error as Error).message}).`,
      'Restore it from a copy. Only if it is lost: move it away; images signed with it then count as unknown.',
    );
  }
};
