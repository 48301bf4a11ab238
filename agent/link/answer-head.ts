// The head of an HTTP/1.1 answer (RFC 9112 §4, §5) as far as direct-http.ts needs it: status, length of the body, and whether the
// connection stays. An answer of unknown length is refused: a station of ours always says it.

export type AnswerHead = {
  readonly status: number;
  /** Length of the head with the empty line that ends it. */
  readonly headBytes: number;
  readonly bodyBytes: number;
  readonly keepsOpen: boolean;
};

/** `more` while the head is not whole; any other text says why the answer cannot be read. */
export const parseAnswerHead = (bytes: Buffer): AnswerHead | string => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return 'more';
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = /^HTTP\/1\.1 ([2-5]\d\d)(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) return `the answer begins with "${statusLine.slice(0, 60)}"`;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || fields.has(name)) return 'a field of the answer is malformed or comes twice';
    fields.set(name, line.slice(colon + 1).trim());
  }
  const length = status === '204' || status === '304' ? '0' : fields.get('content-length');
  if (fields.has('transfer-encoding') || length === undefined || !/^\d{1,12}$/.test(length)) return 'the answer does not say its length';
  const keepsOpen = fields.get('connection')?.toLowerCase() !== 'close';
  return { status: Number(status), headBytes: end + 4, bodyBytes: Number(length), keepsOpen };
};
