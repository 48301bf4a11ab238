// A window onto a station that another program started and named by its window address, as the demo does (`RACKSIDE_ATTACH`).
import type { StationAccess } from '../../preload/contract/native.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Null without an address, or with one that is no station's on this computer. */
export const attachedStation = (address: string | undefined): StationAccess | null => {
  const url = URL.parse(address ?? '');
  const token = url === null ? null : new URLSearchParams(url.hash.slice(1)).get('token');
  if (url === null || token === null || url.protocol !== 'http:' || !LOOPBACK.has(url.hostname)) return null;
  return { pipeUrl: `ws://${url.host}/pipe`, token };
};
