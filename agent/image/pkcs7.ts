// Just enough DER (X.690) to say who issued the certificate behind a PKCS#7 SignedData (RFC 2315 §9): the common name in
// signerInfos[0].issuerAndSerialNumber.

type Node = { readonly tag: number; readonly body: Buffer; readonly end: number };

/** Common name of the signer's issuer, at most 256 characters; undefined for anything malformed. */
export const issuerOfSigner = (signedData: Uint8Array): string | undefined => {
  const bytes = Buffer.from(signedData.buffer, signedData.byteOffset, signedData.byteLength);
  const contentInfo = nodeAt(bytes, 0);
  const wrapped = contentInfo === undefined ? undefined : children(contentInfo.body)[1];
  const signed = wrapped === undefined ? undefined : nodeAt(wrapped.body, 0);
  const signerInfos = signed === undefined ? undefined : children(signed.body).findLast((node) => node.tag === 0x31);
  const signer = signerInfos === undefined ? undefined : nodeAt(signerInfos.body, 0);
  const issuerAndSerial = signer === undefined ? undefined : children(signer.body)[1];
  const issuer = issuerAndSerial === undefined ? undefined : nodeAt(issuerAndSerial.body, 0);
  return issuer === undefined ? undefined : commonName(issuer.body)?.slice(0, 256);
};

/** 2.5.4.3 */
const COMMON_NAME = Buffer.from('550403', 'hex');

const commonName = (name: Buffer): string | undefined => {
  for (const set of children(name)) {
    for (const attribute of children(set.body)) {
      const [type, value] = children(attribute.body);
      if (type?.body.equals(COMMON_NAME) === true && value !== undefined) return stringOf(value);
    }
  }
  return undefined;
};

/** BMPString (0x1e) is big-endian UTF-16; the others that occur in names are read as UTF-8. */
const stringOf = (node: Node): string =>
  node.tag === 0x1e && node.body.length % 2 === 0
    ? Buffer.from(node.body).swap16().toString('utf16le').toWellFormed()
    : node.body.toString('utf8');

const children = (body: Buffer): readonly Node[] => {
  const nodes: Node[] = [];
  for (let at = 0; at < body.length && nodes.length < 256;) {
    const node = nodeAt(body, at);
    if (node === undefined) break;
    nodes.push(node);
    at = node.end;
  }
  return nodes;
};

const nodeAt = (bytes: Buffer, at: number): Node | undefined => {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || first === 0x80 || at + 2 + lengthBytes > bytes.length) return undefined;
  const start = at + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  return start + length > bytes.length ? undefined : { tag, body: bytes.subarray(start, start + length), end: start + length };
};
