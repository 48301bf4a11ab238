// IPv4 arithmetic on dotted text: parse, format, networks in CIDR terms (RFC 4632) and address ranges. Pure.

/** `10.0.0.1` → 0x0a000001, or null when the text is not exactly four decimal octets. */
export const parseIpv4 = (text: string): number | null => {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    // Leading zeros are refused: C libraries read them as octal, so `010.0.0.1` means two different hosts.
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
};

export const formatIpv4 = (value: number): string =>
  `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

export const isIpv4 = (text: string): boolean => parseIpv4(text) !== null;

/** A network: `address` may be any host in it; `prefixLength` 0..32. */
export type Ipv4Network = { readonly address: string; readonly prefixLength: number };

/** `10.0.0.1/24` → its parts, or null when either part is not valid. */
export const parseCidr = (text: string): Ipv4Network | null => {
  const [address = '', prefix = '', ...rest] = text.split('/');
  if (rest.length > 0 || !isIpv4(address) || !/^[0-9]{1,2}$/.test(prefix) || Number(prefix) > 32) return null;
  return { address, prefixLength: Number(prefix) };
};

const maskValue = (prefixLength: number): number => (prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0);
const valueOf = (address: string): number => {
  const value = parseIpv4(address);
  if (value === null) throw new Error(`not an IPv4 address: ${address}`);
  return value;
};

/** 24 → `255.255.255.0`. */
export const subnetMask = (prefixLength: number): string => formatIpv4(maskValue(prefixLength));

/** `255.255.255.0` → 24, or null when the mask has holes. */
export const prefixLengthOf = (mask: string): number | null => {
  const value = parseIpv4(mask);
  if (value === null) return null;
  const length = Math.clz32(~value >>> 0);
  return maskValue(length) === value ? length : null;
};

export const networkAddress = ({ address, prefixLength }: Ipv4Network): string =>
  formatIpv4((valueOf(address) & maskValue(prefixLength)) >>> 0);

export const broadcastAddress = ({ address, prefixLength }: Ipv4Network): string =>
  formatIpv4((valueOf(address) | (~maskValue(prefixLength) >>> 0)) >>> 0);

export const contains = (network: Ipv4Network, address: string): boolean => {
  const value = parseIpv4(address);
  return value !== null && (value & maskValue(network.prefixLength)) >>> 0 === valueOf(networkAddress(network));
};

/** A closed range of addresses. */
export type Ipv4Range = { readonly first: string; readonly last: string };

/** How many addresses a range holds; 0 when it runs backwards. */
export const rangeSize = ({ first, last }: Ipv4Range): number => Math.max(0, valueOf(last) - valueOf(first) + 1);

export const inRange = ({ first, last }: Ipv4Range, address: string): boolean => {
  const value = parseIpv4(address);
  return value !== null && value >= valueOf(first) && value <= valueOf(last);
};

/** Every address of a range once, beginning `start` places in and wrapping round; lazy, so a huge range costs only what is read. */
export function* addressesOf(range: Ipv4Range, start = 0): Generator<string, void> {
  const size = rangeSize(range);
  const first = valueOf(range.first);
  for (let step = 0; step < size; step += 1) yield formatIpv4(first + ((start + step) % size));
}
