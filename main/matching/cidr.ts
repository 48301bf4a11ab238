// Networks in CIDR notation (RFC 4632, RFC 4291 section 2.3), for tests on addresses and subnets.
import { isIPv4, isIPv6 } from 'node:net';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export type Network = { readonly bits: 32 | 128; readonly base: bigint; readonly prefixLength: number };

const addressNumber = (address: string): { readonly bits: 32 | 128; readonly value: bigint } | null => {
  if (isIPv4(address)) return { bits: 32, value: address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  if (!isIPv6(address) || address.includes('%')) return null;
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const low = embedded === null ? null : addressNumber(embedded[2] ?? '');
  const text = low === null ? address : `${embedded?.[1] ?? ''}${(low.value >> 16n).toString(16)}:${(low.value & 0xffffn).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const front = groups(head);
  const back = groups(tail ?? '');
  const gap = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return { bits: 128, value: [...front, ...gap, ...back].reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n) };
};

const keep = (network: Network, value: bigint, prefixLength: number): bigint => {
  const hostBits = BigInt(network.bits - prefixLength);
  return (value >> hostBits) << hostBits;
};

/** Reads `10.0.0.0/24`, `fd00::/8` or a single address; bits beyond the prefix are dropped (see `hostBitsSet`). */
export const parseNetwork = (text: string): Result<Network> => {
  const [address = '', length, ...rest] = text.trim().split('/');
  const number = addressNumber(address);
  const prefixLength = length === undefined ? (number?.bits ?? 0) : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (number === null || rest.length > 0 || !(prefixLength <= number.bits)) {
    return failed('cidr.unreadable', `"${text}" is not a network`, 'Write an address and a prefix length, such as 10.20.0.0/16.');
  }
  const network = { bits: number.bits, base: number.value, prefixLength };
  return success({ ...network, base: keep(network, number.value, prefixLength) });
};

/** True for `10.0.0.5/24`: almost always a slip for the network or for the single address. */
export const hostBitsSet = (text: string): boolean => {
  const network = parseNetwork(text);
  const address = addressNumber(text.trim().split('/')[0] ?? '');
  return network.ok && address !== null && network.value.base !== address.value;
};

/** `10.20.0.0/16`; IPv6 in full groups. */
export const networkWords = ({ bits, base, prefixLength }: Network): string => {
  const size = bits === 32 ? 8n : 16n;
  const groups = Array.from(
    { length: bits / Number(size) },
    (_, at) => (base >> (BigInt(bits) - size * BigInt(at + 1))) & ((1n << size) - 1n),
  );
  return `${bits === 32 ? groups.join('.') : groups.map((group) => group.toString(16)).join(':')}/${prefixLength}`;
};

/** Whether an address lies, or a whole subnet lies, inside `network`; null when `text` is neither. */
export const insideNetwork = (network: Network, text: string): boolean | null => {
  const other = parseNetwork(text);
  if (!other.ok) return null;
  if (other.value.bits !== network.bits || other.value.prefixLength < network.prefixLength) return false;
  return keep(network, other.value.base, network.prefixLength) === network.base;
};
