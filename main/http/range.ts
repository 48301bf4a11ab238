// Conditions and ranges of a request as RFC 9110 sections 13 and 14 read them. Pure.

/** `end` is exclusive, in bytes. */
export type RangeDecision =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' };

/** One range is honoured; several, another unit or nonsense are answered with the whole, which RFC 9110 14.2 allows. */
export const decideRange = (
  header: string | undefined,
  sizeBytes: number,
  ifRange: string | undefined,
  etag: string | undefined,
): RangeDecision => {
  if (header === undefined) return { kind: 'whole' };
  // A weak or foreign validator means the client holds part of something else.
  if (ifRange !== undefined && ifRange !== quoted(etag)) return { kind: 'whole' };
  const match = /^bytes=\s*(\d{0,16})-(\d{0,16})\s*$/i.exec(header);
  if (!match) return { kind: 'whole' };
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) return { kind: 'whole' };
  return start >= sizeBytes ? { kind: 'unsatisfiable' } : { kind: 'part', start, end };
};

/** If-None-Match holds our validator: 304 (weak comparison, RFC 9110 13.1.2). */
export const isUnchanged = (ifNoneMatch: string | undefined, etag: string | undefined): boolean => {
  if (ifNoneMatch === undefined || etag === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === quoted(etag));
};

export const quoted = (etag: string | undefined): string | undefined => (etag === undefined ? undefined : `"${etag}"`);
