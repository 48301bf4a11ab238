// A signing key as one line of text, so that it can be mailed, read aloud or put on a stick: `rackside-key <64 hex digits> <name>`.
// Only ever the public half.
import { keyIdOf } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** `publicKey` is base64url, as the database and the wire have it; `name` is empty where the text has none. */
export type KeyText = { readonly keyId: string; readonly publicKey: string; readonly name: string };

const LINE = /^rackside-key ([0-9a-f]{64})(?: (.{0,120}))?$/;
const BARE_HEX = /^[0-9a-f]{64}$/;
const BARE_BASE64URL = /^[A-Za-z0-9_-]{43}$/;

export const keyLine = (key: Pick<KeyText, 'publicKey' | 'name'>): string =>
  `rackside-key ${Buffer.from(key.publicKey, 'base64url').toString('hex')} ${key.name}`.trimEnd();

/** Reads the line, or the 32 bytes alone in hex or base64url. Code `trust.key-invalid`. */
export const parseKeyText = (text: string): Result<KeyText> => {
  const trimmed = text.trim();
  const line = LINE.exec(trimmed);
  const bytes =
    line !== null
      ? Buffer.from(line[1] ?? '', 'hex')
      : BARE_HEX.test(trimmed)
        ? Buffer.from(trimmed, 'hex')
        : BARE_BASE64URL.test(trimmed)
          ? Buffer.from(trimmed, 'base64url')
          : null;
  if (bytes?.length !== 32)
    return failed('trust.key-invalid', 'This is no signing key.', 'Give the line that the other station prints with: rackside trust show');
  return success({ keyId: keyIdOf(bytes), publicKey: bytes.toString('base64url'), name: line?.[2]?.trim() ?? '' });
};
