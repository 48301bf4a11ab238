// Proof that a request belongs to a session: HMAC-SHA256 over method, path, counter and body hash, by WebCrypto so that
// both sides share one pure file. The key travels once, in the signed answer to `hello`.

const encoder = new TextEncoder();

const toHex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const fromHex = (text: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  return bytes;
};

/** Imports a session key of 64 hex characters. */
export const importSessionKey = async (keyHex: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', fromHex(keyHex), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);

/** Hex HMAC of one request; `path` carries its query. */
export const requestMac = async (
  key: CryptoKey,
  request: { readonly method: string; readonly path: string; readonly counter: number; readonly body: Uint8Array<ArrayBuffer> },
): Promise<string> => {
  const bodyHash = toHex(await crypto.subtle.digest('SHA-256', request.body));
  const text = `${request.method}\n${request.path}\n${request.counter}\n${bodyHash}`;
  return toHex(await crypto.subtle.sign('HMAC', key, encoder.encode(text)));
};

/** Compares two hex MACs in time that depends on their length only. */
export const sameMac = (left: string, right: string): boolean => {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  return difference === 0;
};
