// Ed25519 (RFC 8032) keys and signatures. Every signature names its purpose, so that a signed manifest can never pass as a
// signed order or provenance record.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { canonicalBytes, parseCanonicalJson } from './canonical-json.ts';

/** A key that can sign: `privateKey` never leaves the station. */
export type SigningKey = { readonly keyId: string; readonly publicKey: Uint8Array; readonly privateKey: KeyObject };

/** Raw 32-byte public keys by key id: what a station (or agent) trusts. */
export type TrustedKeys = ReadonlyMap<string, Uint8Array>;

/** What a signature is for: part of the signed bytes. */
export type SignaturePurpose = 'manifest' | 'description' | 'document' | 'provenance' | 'order' | 'kit';

/** `manifest.sig`: all values lower-case hex, so that there is one spelling only. */
export type DetachedSignature = { readonly alg: 'ed25519'; readonly keyId: string; readonly publicKey: string; readonly sig: string };

export type SignatureVerdict = 'trusted' | 'unknown-key' | 'broken';

/** DER prefixes of RFC 8410 in front of the raw 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The name of a key: the first 16 hex digits of SHA-256 over its raw 32 bytes. */
export const keyIdOf = (publicKey: Uint8Array): string => createHash('sha256').update(publicKey).digest('hex').slice(0, 16);

export const generateSigningKey = (): SigningKey => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return signingKeyOf(privateKey);
};

/** Restores a key from the 32-byte seed that `seedOf` gave. */
export const signingKeyFromSeed = (seed: Uint8Array): SigningKey => {
  if (seed.length !== 32) throw new RangeError('an ed25519 seed has 32 bytes');
  return signingKeyOf(createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' }));
};

/** The 32 secret bytes to store (0600). */
export const seedOf = (key: SigningKey): Uint8Array =>
  new Uint8Array(key.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_PREFIX.length));

export const trustedKeysOf = (publicKeys: Iterable<Uint8Array>): TrustedKeys =>
  new Map(Array.from(publicKeys, (key) => [keyIdOf(key), key] as const));

/** 64 signature bytes over `rackside.<purpose>` NUL `bytes`. */
export const signBytes = (key: SigningKey, purpose: SignaturePurpose, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, purposed(purpose, bytes), key.privateKey));

/** False for any malformed key or signature; never throws on hostile bytes. */
export const verifyBytes = (publicKey: Uint8Array, purpose: SignaturePurpose, bytes: Uint8Array, signature: Uint8Array): boolean => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return verify(null, purposed(purpose, bytes), publicKeyObject(publicKey), signature);
  } catch {
    return false;
  }
};

/** The bytes of a `.sig` file for `bytes`. */
export const encodeSignature = (key: SigningKey, purpose: SignaturePurpose, bytes: Uint8Array): Uint8Array =>
  canonicalBytes({
    alg: 'ed25519',
    keyId: key.keyId,
    publicKey: hex(key.publicKey),
    sig: hex(signBytes(key, purpose, bytes)),
  } satisfies DetachedSignature);

/** Reads a `.sig` file; `signature.malformed` for anything but the one canonical spelling. */
export const parseSignature = (file: Uint8Array): Result<DetachedSignature> => {
  const malformed = failed(
    'signature.malformed',
    'The signature file is not a Rackside signature.',
    'Copy the image again from its source.',
  );
  if (file.length > 1024) return malformed;
  const value = parseCanonicalJson(file) as Partial<DetachedSignature> | undefined;
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 4 || value.alg !== 'ed25519') return malformed;
  const { keyId, publicKey, sig } = value;
  if (!isHex(keyId, 16) || !isHex(publicKey, 64) || !isHex(sig, 128)) return malformed;
  if (keyIdOf(Buffer.from(publicKey, 'hex')) !== keyId) return malformed;
  return success({ alg: 'ed25519', keyId, publicKey, sig });
};

/** `trusted` needs both a correct signature and a key that the station itself trusts. */
export const verifySignature = (
  signature: DetachedSignature,
  purpose: SignaturePurpose,
  bytes: Uint8Array,
  trustedKeys: TrustedKeys,
): SignatureVerdict => {
  const publicKey = Buffer.from(signature.publicKey, 'hex');
  if (!verifyBytes(publicKey, purpose, bytes, Buffer.from(signature.sig, 'hex'))) return 'broken';
  const trusted = trustedKeys.get(signature.keyId);
  return trusted !== undefined && publicKey.equals(trusted) ? 'trusted' : 'unknown-key';
};

const signingKeyOf = (privateKey: KeyObject): SigningKey => {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
  return { keyId: keyIdOf(publicKey), publicKey, privateKey };
};

const publicKeyObject = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });

const purposed = (purpose: SignaturePurpose, bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(`rackside.${purpose}\0`), bytes]);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const isHex = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value);
