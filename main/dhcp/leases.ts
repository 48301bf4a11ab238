// Leases as data, who owns one, and the choice of an address (RFC 2131 section 4.3.1). Pure; lease-store.ts keeps them.
import { addressesOf, inRange, type Ipv4Range } from '../network/ipv4.ts';
import type { BootClient } from './boot-client.ts';
import { OPTION } from './options.ts';
import { macOf, type DhcpPacket } from './packet.ts';

export type LeaseState = 'offered' | 'bound' | 'declined';

export type Lease = {
  /** See `clientKeyOf`. */
  readonly clientKey: string;
  readonly mac: string;
  readonly address: string;
  readonly state: LeaseState;
  readonly expiresAtMs: number;
  readonly hostname: string | null;
  readonly updatedAtMs: number;
};

/** Applied in order: an address changes hands by a `remove` before the `put`. */
export type LeaseChange = { readonly kind: 'put'; readonly lease: Lease } | { readonly kind: 'remove'; readonly clientKey: string };

/** Where leases live. `all` is cheap (in memory) and knows every change at once; `put` replaces by `clientKey`. */
export type LeaseStore = {
  all(): readonly Lease[];
  put(lease: Lease): void;
  remove(clientKey: string): void;
  /** When it returns, the changes so far survive a power cut, if a bound lease is among them. Throws when they cannot be kept: then none was made. */
  save(): void;
};

export const memoryLeaseStore = (): LeaseStore => {
  const leases = new Map<string, Lease>();
  return {
    all: () => [...leases.values()],
    put: (lease) => void leases.set(lease.clientKey, lease),
    remove: (clientKey) => void leases.delete(clientKey),
    save: () => undefined,
  };
};

/**
 * The owner of a lease. One machine speaks as PXE ROM, as GRUB's firmware, as our agent and as its own OS, each with another
 * client identifier (option 61) or none; what boots is keyed by MAC, so its address stays the same through the whole boot, and an
 * OS that identifies itself by MAC (`01` + MAC) keeps it too. Any other identifier is keyed together with the MAC, against
 * RFC 2131's letter: clones of one golden image send the same identifier, and must not fight over one address.
 */
export const clientKeyOf = (packet: DhcpPacket, client: BootClient): string => {
  const id = packet.options.get(OPTION.clientId);
  const mac = macOf(packet);
  if (client.firmware !== 'other' || id === undefined || id.byteLength < 2) return mac;
  const hex = Buffer.from(id).toString('hex');
  return hex === `01${mac.replaceAll(':', '')}` ? mac : `${hex}/${mac}`;
};

/** A declined address is nobody's until it expires; this key keeps it in the same table. */
export const declinedKey = (address: string): string => `declined/${address}`;

export const isLive = (lease: Lease, now: number): boolean => lease.expiresAtMs > now;

export type AddressChoice = { readonly address: string; readonly evicts: Lease | null };

/**
 * The client's own lease, else the address it asks for, else a free one found from a place that its MAC decides (so that it comes
 * out the same after the leases were lost), else the longest expired one. Null: the pool is full.
 */
export const chooseAddress = (
  client: { readonly clientKey: string; readonly mac: string; readonly requested: string | null },
  leases: readonly Lease[],
  pool: Ipv4Range,
  reserved: ReadonlySet<string>,
  now: number,
): AddressChoice | null => {
  const holders = new Map(leases.map((lease) => [lease.address, lease]));
  const usable = (address: string): boolean => inRange(pool, address) && !reserved.has(address);

  const own = leases.find((lease) => lease.clientKey === client.clientKey);
  if (own !== undefined && usable(own.address)) return { address: own.address, evicts: null };

  if (client.requested !== null && usable(client.requested)) {
    const holder = holders.get(client.requested);
    if (holder === undefined || !isLive(holder, now)) return { address: client.requested, evicts: holder ?? null };
  }
  // At most one step per taken address is wasted before a free one comes, so a full scan happens only when the pool is full.
  for (const address of addressesOf(pool, placeOf(client.mac))) {
    if (!holders.has(address) && !reserved.has(address)) return { address, evicts: null };
  }
  const expired = leases
    .filter((lease) => usable(lease.address) && !isLive(lease, now))
    .toSorted((a, b) => a.expiresAtMs - b.expiresAtMs)[0];
  return expired === undefined ? null : { address: expired.address, evicts: expired };
};

/** FNV-1a over the MAC's text. */
const placeOf = (mac: string): number => {
  let hash = 0x811c9dc5;
  for (const character of mac) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
};
