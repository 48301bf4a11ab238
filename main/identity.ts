// Who this station is to others: its ed25519 key, made once and kept 0600 in the data folder, and its name.
import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { generateSigningKey, seedOf, signingKeyFromSeed } from '../agent/image/signature.ts';
import type { SigningKey } from '../agent/image/signature.ts';
import { failed, success } from '../agent/protocol/failure.ts';
import type { Result } from '../agent/protocol/failure.ts';

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
      writeWhole(path, Buffer.from(seedOf(generateSigningKey())).toString('hex'));
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

/** A power cut leaves the whole file or none: half a key would be refused for ever. */
const writeWhole = (path: string, text: string): void => {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncFolder(dirname(path));
};

/** Folders cannot be synced on Windows, nor on some FUSE filesystems. */
const syncFolder = (path: string): void => {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The rename is there all the same.
  }
};
