// Typed settings in cloud-init's own words. JSON is YAML too, so nothing here needs to quote anything for itself.
import { createHash } from 'node:crypto';
import { userDataType } from './check-words.ts';

export type FilledUser = {
  readonly name: string;
  readonly sshKeys: readonly string[];
  readonly groups: readonly string[];
  readonly sudo: boolean;
};
export type FilledNetwork = {
  readonly mac: string;
  readonly dhcp: boolean;
  readonly addresses: readonly string[];
  readonly gateway: string | null;
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
};

/** `#cloud-config` of the typed fields; null where they say nothing. */
export const cloudConfig = (hostname: string | null, users: readonly FilledUser[]): string | null => {
  if (hostname === null && users.length === 0) return null;
  const host =
    hostname === null
      ? {}
      : { preserve_hostname: false, hostname: hostname.split('.')[0], ...(hostname.includes('.') ? { fqdn: hostname } : {}) };
  const accounts = users.map(({ name, sshKeys, groups, sudo }) => ({
    name,
    shell: '/bin/bash',
    lock_passwd: true,
    ssh_authorized_keys: sshKeys,
    ...(groups.length === 0 ? {} : { groups }),
    ...(sudo ? { sudo: 'ALL=(ALL) NOPASSWD:ALL' } : {}),
  }));
  const root = users.some(({ name }) => name === 'root') ? { disable_root: false } : {};
  return `#cloud-config\n${JSON.stringify({ ...host, ...root, ...(accounts.length === 0 ? {} : { users: accounts }) }, null, 1)}\n`;
};

/** Both, where both say something: a MIME archive whose second part adds to the first (cloud-init, "User-data formats"). */
export const withUserData = (typed: string | null, userData: string | null): string => {
  if (userData === null) return typed ?? '#cloud-config\n{}\n';
  if (typed === null) return userData;
  const boundary = `rackside-${createHash('sha256').update(typed).update(userData).digest('hex').slice(0, 32)}`;
  const part = (type: string, name: string, text: string): string =>
    [
      `--${boundary}`,
      `Content-Type: ${type}; charset="utf-8"`,
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${name}"`,
      ...(type === 'text/cloud-config' ? ['Merge-Type: list(append)+dict(no_replace,recurse_list)+str()'] : []),
      '',
      Buffer.from(text, 'utf8')
        .toString('base64')
        .replace(/(.{76})/g, '$1\n')
        .trimEnd(),
    ].join('\n');
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    'MIME-Version: 1.0',
    '',
    part('text/cloud-config', 'rackside', typed),
    part(userDataType(userData) ?? 'text/plain', 'user-data', userData),
    `--${boundary}--`,
    '',
  ].join('\n');
};

/** The same for a person to read: the parts of what `withUserData` joined, each by itself. */
export const readableUserData = (text: string): readonly string[] => {
  const boundary = /^Content-Type: multipart\/mixed; boundary="([^"]+)"\n/.exec(text)?.[1];
  if (boundary === undefined) return [text];
  return text
    .split(`--${boundary}\n`)
    .slice(1)
    .map((part) => Buffer.from(part.slice(part.indexOf('\n\n') + 2).split('--', 1)[0] ?? '', 'base64').toString('utf8'));
};

/** Network configuration version 2: cards are known by their MAC, which no kernel and no slot renames. */
export const networkConfig = (cards: readonly FilledNetwork[]): string => {
  const ethernets = Object.fromEntries(
    cards.map(({ mac, dhcp, addresses, gateway, nameservers, search }, index) => [
      `nic${index}`,
      {
        match: { macaddress: mac },
        dhcp4: dhcp,
        ...(addresses.length === 0 ? {} : { addresses }),
        ...(gateway === null ? {} : { routes: [{ to: gateway.includes(':') ? '::/0' : '0.0.0.0/0', via: gateway }] }),
        ...(nameservers.length === 0 && search.length === 0 ? {} : { nameservers: { addresses: nameservers, search } }),
      },
    ]),
  );
  return `${JSON.stringify({ version: 2, ethernets }, null, 1)}\n`;
};
