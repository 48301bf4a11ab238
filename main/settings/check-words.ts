// What a hostname, a user, a key or an address may look like. Each gives the reason for a person, or null where it is good.
import { BlockList, isIP } from 'node:net';

const KEY_TYPES = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);

/** RFC 1123 §2.1: labels of letters, digits and inner hyphens. */
export const hostnameProblem = (name: string): string | null =>
  name.length <= 253 && name.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)) && !/^[\d.]+$/.test(name)
    ? null
    : 'is no host name: letters, digits and inner hyphens, at most 63 a label';

export const userProblem = (name: string): string | null =>
  /^[a-z_][a-z0-9_-]{0,31}$/.test(name) ? null : 'is no user name: small letters, digits, _ and -, at most 32, no digit first';

/** RFC 4253 §6.6: the base64 part begins with the type's own name, and ends with its last field: half a key is found here, not at the machine. */
export const sshKeyProblem = (line: string): string | null => {
  if (line.includes('PRIVATE KEY')) return 'is a private key; give the public one (the file that ends in .pub)';
  if (/[\r\n]/.test(line)) return 'has several lines; give each key of its own';
  const [type = '', data = ''] = line.split(/\s+/);
  if (!KEY_TYPES.has(type)) return `begins with "${type.slice(0, 30)}", which is no type of SSH public key`;
  const bytes = Buffer.from(data, 'base64');
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === data.replace(/=+$/, '');
  const [named, ...parts] = isBase64 ? fieldsOf(bytes) : [];
  return named?.toString('latin1') === type && parts.length > 0 ? null : 'is cut off or damaged';
};

/** Each with its length before it (RFC 4251 §5); none where they do not end with the bytes. */
const fieldsOf = (bytes: Buffer): readonly Buffer[] => {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return [];
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return [];
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
};

export const macProblem = (mac: string): string | null =>
  /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac) ? null : 'is no MAC address, such as 52:54:00:12:34:56';

export const addressProblem = (address: string): string | null => {
  const [ip = '', prefix, ...rest] = address.split('/');
  const kind = isIP(ip);
  if (kind === 0 || rest.length > 0) return 'is no address with its prefix length, such as 10.0.0.5/24';
  if (prefix === undefined) return `lacks its prefix length: write it behind, such as ${ip}/${kind === 4 ? 24 : 64}`;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (kind === 4 ? 32 : 128) ? null : 'has no good prefix length';
};

export const ipProblem = (ip: string): string | null => (isIP(ip) === 0 ? 'is no IP address' : null);

/** Addresses and gateway are good by themselves here. */
export const gatewayProblem = (gateway: string, addresses: readonly string[]): string | null => {
  if (addresses.length === 0) return 'stands without an address to reach it from';
  const reaches = addresses.some((address) => {
    const [ip = '', prefix] = address.split('/');
    if (isIP(ip) !== isIP(gateway)) return false;
    const family = isIP(ip) === 4 ? 'ipv4' : 'ipv6';
    const network = new BlockList();
    network.addSubnet(ip, Number(prefix), family);
    return network.check(gateway, family);
  });
  // A link-local router serves every IPv6 network.
  return reaches || /^fe80:/i.test(gateway) ? null : 'is in none of the networks of its addresses';
};

/** What cloud-init tells by its first line. */
export const userDataType = (text: string): string | null => {
  const [first = ''] = text.split('\n', 1);
  if (first.trim() === '#cloud-config') return 'text/cloud-config';
  if (first.startsWith('#!')) return 'text/x-shellscript';
  if (first.trim() === '## template: jinja') return 'text/jinja2';
  if (first.trim() === '#cloud-boothook') return 'text/cloud-boothook';
  if (first.trim() === '#include') return 'text/x-include-url';
  return null;
};
