// What leases carry besides an address, as a person says it: a rack switch has no way out, so nothing of this is given unless it is set.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { contains, isIpv4 } from '../network/ipv4.ts';
import type { Ipv4Network } from '../network/ipv4.ts';

export type LeaseWords = {
  readonly routers?: readonly string[];
  readonly nameServers?: readonly string[];
  readonly domainName?: string;
  /** Also systems on machines that this station does not know get a lease. */
  readonly leaseToEveryone?: boolean;
};

export const LEASE_OPTIONS = {
  router: { type: 'string', multiple: true, value: 'ADDRESS', help: 'router that leases name (default: none)' },
  'name-server': { type: 'string', multiple: true, value: 'ADDRESS', help: 'name server that leases name (default: none)' },
  domain: { type: 'string', value: 'NAME', help: 'domain name that leases name (default: none)' },
  'lease-to-all': { type: 'boolean', help: 'give an address to every system that asks, not only to machines known here' },
} as const;

type Words = {
  text(name: 'domain'): string | undefined;
  list(name: 'router' | 'name-server'): readonly string[];
  flag(name: 'lease-to-all'): boolean;
};

/** A message has room for far more; longer lists are a mistake. */
const MOST_ADDRESSES = 8;
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Failure `wire.lease-invalid`; in proxy mode whatever is set, since somebody else gives the leases. */
export const parseLeaseWords = (words: Words, network: Ipv4Network, mode: 'server' | 'proxy'): Result<LeaseWords> => {
  const [routers, nameServers, domainName] = [words.list('router'), words.list('name-server'), words.text('domain')];
  const leaseToEveryone = words.flag('lease-to-all');
  const wrong = (what: string, next: string): Result<never> => failed('wire.lease-invalid', what, next);
  const isSet = routers.length + nameServers.length > 0 || domainName !== undefined || leaseToEveryone;
  if (mode === 'proxy' && isSet)
    return wrong('In proxy mode somebody else hands out the addresses, and what goes with them.', 'Set it there, or use --mode server.');
  if (routers.length > MOST_ADDRESSES || nameServers.length > MOST_ADDRESSES)
    return wrong(`A lease names at most ${MOST_ADDRESSES} routers and name servers.`, 'Leave some out.');
  const strange = [...routers, ...nameServers].find((address) => !isIpv4(address));
  if (strange !== undefined) return wrong(`"${strange}" is no IPv4 address.`, 'Write e.g. --router 10.77.0.254.');
  const far = routers.find((address) => !contains(network, address));
  if (far !== undefined)
    return wrong(
      `The router ${far} is not in ${network.address}/${network.prefixLength}, so no machine there can reach it.`,
      "Name the router's address on this wire.",
    );
  if (domainName !== undefined && !DOMAIN.test(domainName))
    return wrong(`"${domainName}" is no domain name.`, 'Write e.g. --domain rack.example.');
  return success({
    ...(routers.length > 0 ? { routers } : {}),
    ...(nameServers.length > 0 ? { nameServers } : {}),
    ...(domainName === undefined ? {} : { domainName }),
    ...(leaseToEveryone ? { leaseToEveryone } : {}),
  });
};
