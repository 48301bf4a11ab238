// How readers spell the values of facts (docs/facts.md, "How values are spelt"), and what was probably meant by another spelling.
import { isIP } from 'node:net';
import { slotIn } from '../../agent/facts/blade.ts';
import { CHASSIS_TYPES } from '../../agent/facts/smbios/records.ts';
import { hostBitsSet, networkWords, parseNetwork } from './cidr.ts';
import { fillerReason } from './filler-operands.ts';
import { foldText, nearest } from './text.ts';

/** Of one folded operand: why no value is ever spelt so, or null. */
export type Spelling = (text: string, isGlob: boolean) => string | null;

const mac: Spelling = (text, isGlob) => {
  const coloned = text.replaceAll(/[-.]/g, ':');
  if (isGlob) {
    if (text.length === 17 || /[*?]/.test(text)) {
      if (/[^0-9a-f:*?]/.test(text)) return macReason(text, coloned);
      return /[0-9a-f]{3}/.test(text) ? macReason(text, text.replaceAll(/[0-9a-f]{3,}/g, inPairs)) : null;
    }
    return macReason(text, `${coloned.replace(/:$/, '')}:*`);
  }
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text)) return null;
  const digits = text.replaceAll(/[^0-9a-f]/g, '');
  const isWhole = digits.length === 12 && /^[0-9a-f:.\s-]+$/.test(text);
  return macReason(text, isWhole ? (digits.match(/../g) ?? []).join(':') : null);
};
/** `001b21*` and `*001b21`: the digits of whole bytes, beside what may be any. */
const inPairs = (digits: string, at: number, text: string): string => {
  const isWhole = digits.length % 2 === 0;
  const pairs = at === 0 ? digits.match(/..?/g) : digits.match(/^.(?=(..)+$)|../g);
  const [before, after] = [text[at - 1], text[at + digits.length]];
  return `${isWhole && before === '*' ? ':' : ''}${(pairs ?? []).join(':')}${isWhole && after === '*' ? ':' : ''}`;
};
const macReason = (text: string, meant: string | null): string =>
  `${JSON.stringify(text)} is no MAC as it is told; write "${meant !== null && /^[0-9a-f:*?]+$/.test(meant) ? meant : '52:54:00:12:34:56'}"${
    meant === null ? ', or its beginning with "glob": "52:54:00:*"' : ''
  }`;

const VENDORS: Readonly<Record<string, string>> = { intel: 'GenuineIntel', amd: 'AuthenticAMD', 'advanced micro devices': 'AuthenticAMD' };
const cpuVendor: Spelling = (text) => {
  const said = text.replaceAll(/\(r\)|[*?.,]|\bcorp(oration)?\b|\binc\b/g, '').trim();
  // `*intel*` finds GenuineIntel.
  const vendor = text.startsWith('*') || !Object.hasOwn(VENDORS, said) ? undefined : VENDORS[said];
  return vendor === undefined ? null : `${JSON.stringify(text)} is told as "${vendor}"; write that`;
};

/** Makers whose machines never say the short name alone, with what most of them say. */
const MAKERS: Readonly<Record<string, string>> = {
  dell: 'Dell Inc.',
  vmware: 'VMware, Inc.',
  microsoft: 'Microsoft Corporation',
  apple: 'Apple Inc.',
  cisco: 'Cisco Systems Inc',
};
const maker: Spelling = (text, isGlob) => {
  const said = isGlob || !Object.hasOwn(MAKERS, text) ? undefined : MAKERS[text];
  return said === undefined
    ? null
    : `no machine says just ${JSON.stringify(text)} of its maker, but ${JSON.stringify(said)} and the like; write "glob": "${said.slice(0, text.length)}*"`;
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', amd64: 'x86_64', 'x86-64': 'x86_64', arm64: 'aarch64' };
const architecture: Spelling = (text, isGlob) => {
  const bare = isGlob ? text.replaceAll(/[*?]+$/g, '') : text;
  const said = isGlob && bare === 'arm' ? 'aarch64' : Object.hasOwn(ARCHITECTURES, bare) ? ARCHITECTURES[bare] : undefined;
  return said === undefined ? null : `${JSON.stringify(text)} is told as "${said}"; write that`;
};

const wwn: Spelling = (text, isGlob) => {
  const digits = /^(?:0x|wwn-0x|wwn-)?([0-9a-f]{16}|[0-9a-f]{32})$/.exec(text)?.[1];
  return isGlob || digits === undefined ? null : `${JSON.stringify(text)} is told with its kind; write "naa.${digits}" or "eui.${digits}"`;
};

const slot: Spelling = (text, isGlob) => {
  const [, first, last] = /^0*([1-9]\d?)\s*(?:-|\.\.|to)\s*0*([1-9]\d?)$/.exec(text) ?? [];
  if (first !== undefined && Number(first) < Number(last) && !isGlob) {
    const slots = Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => JSON.stringify(String(Number(first) + at)));
    return `blade.slot is one bare position; write {"fact": "blade.slot", "in": [${slots.join(', ')}]}`;
  }
  const bare = slotIn(text) ?? (/^0+[1-9]\d*$/.test(text) ? text.replace(/^0+/, '') : null);
  return isGlob || bare === null || bare === text ? null : `blade.slot is the bare position; write "${bare}"`;
};

const address: Spelling = (text, isGlob) => {
  if (isGlob || isIP(text) !== 0) return null;
  return `${JSON.stringify(text)} is no single address; for a network write {"fact": "network.address", "cidr": "10.20.0.0/16"}`;
};

const subnet: Spelling = (text, isGlob) => {
  if (isGlob) return null;
  const network = parseNetwork(text);
  if (network.ok && text.includes('/') && !hostBitsSet(text)) return null;
  const meant = network.ok && text.includes('/') ? networkWords(network.value) : '10.20.0.0/16';
  return `${JSON.stringify(text)} is no network with its prefix; write "${meant}"`;
};

const CHASSIS = CHASSIS_TYPES.filter((type) => type !== '' && fillerReason('chassis.type', foldText(type)) === null);
const chassis: Spelling = (text, isGlob) => {
  if (isGlob || fillerReason('chassis.type', text) !== null || CHASSIS.some((type) => foldText(type) === text)) return null;
  const meant = CHASSIS_TYPES[Number(text)] || CHASSIS.find((type) => foldText(type).startsWith(text)) || nearest(text, CHASSIS);
  return meant
    ? `${JSON.stringify(text)} is told as "${meant}"; write that`
    : `${JSON.stringify(text)} is no chassis type; they are ${CHASSIS.join(', ')}. Simpler: {"fact": "machine.kind", "equal": "rack"}`;
};

const writeThat = (text: string, meant: string): string => `${JSON.stringify(text)} is told as "${meant}"; write that`;

/** Vendor and device of a PCI or USB device, four digits each. */
const deviceId: Spelling = (text, isGlob) => {
  const bare = text.replace(/^(pci|usb)[: ]/, '').replaceAll(/\b0x/g, '');
  if (isGlob && /[*?]/.test(text)) return bare === text && /^[0-9a-f:*?]+$/.test(text) ? null : writeThat(text, bare);
  if (/^[0-9a-f]{4}:[0-9a-f]{4}$/.test(text)) return null;
  const [, vendor, device] = /^([0-9a-f]{1,4})[:/ -]([0-9a-f]{1,4})$/.exec(bare) ?? /^([0-9a-f]{4})([0-9a-f]{4})$/.exec(bare) ?? [];
  if (vendor !== undefined && device !== undefined) return writeThat(text, `${vendor.padStart(4, '0')}:${device.padStart(4, '0')}`);
  const maker = /^[0-9a-f]{4}$/.test(bare) ? bare : '10de';
  return `${JSON.stringify(text)} is no vendor:device as it is told, such as "10de:20b5"; all of one vendor are "glob": "${maker}:*"`;
};

const pciAddress: Spelling = (text) => {
  const isShort = /^[0-9a-f]{2}:[0-9a-f*?]{1,2}/.test(text);
  return isShort ? `${JSON.stringify(text)} lacks its domain; write "0000:${text}"` : null;
};

const uuid: Spelling = (text, isGlob) => {
  if (isGlob) return null;
  const digits = text.replace(/^urn:uuid:/, '').replaceAll(/[{}\s-]/g, '');
  const meant = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return /^[0-9a-f]{32}$/.test(digits) && meant !== text ? writeThat(text, meant) : null;
};

/** `F2 06 03 00 FF FB EB BF`, as dmidecode prints it. */
const processorId: Spelling = (text, isGlob) => {
  const digits = text.replace(/^0x/, '').replaceAll(/[\s:-]/g, '');
  const meant = (digits.match(/../g) ?? []).join(' ').toUpperCase();
  return !isGlob && /^[0-9a-f]{16}$/.test(digits) && foldText(meant) !== text ? writeThat(text, meant) : null;
};

export const SPELLINGS: Readonly<Record<string, Spelling>> = {
  manufacturer: maker,
  'board.manufacturer': maker,
  'chassis.manufacturer': maker,
  'nic.macs': mac,
  'nic.current-macs': mac,
  'network.boot-mac': mac,
  'cpu.vendor': cpuVendor,
  architecture,
  'disk.wwns': wwn,
  'blade.slot': slot,
  'chassis.type': chassis,
  'network.address': address,
  'network.subnet': subnet,
  'pci.ids': deviceId,
  'nic.pci-ids': deviceId,
  'usb.ids': deviceId,
  'pci.addresses': pciAddress,
  'nic.pci-addresses': pciAddress,
  'system.uuid': uuid,
  'cpu.id': processorId,
};

const MACS: readonly string[] = ['nic.macs', 'nic.current-macs', 'network.boot-mac'];

/** Of a regular expression over MACs that wants what no MAC has: another sign than a colon, or the digits of two bytes without one. */
export const misspeltPattern = (fact: string, pattern: string): string | null => {
  // Of several choices, or of what may be left out, another one may hold.
  if (!MACS.includes(fact) || /[|?*]|\{0/.test(pattern)) return null;
  const plain = pattern.replaceAll(/\[[^\]]*\]|\{[^}]*\}/g, '');
  const meant = pattern.replaceAll(/([0-9a-f]{2})\\?[-.](?=[0-9a-f]{2})/gi, '$1:').replaceAll(/[0-9a-f]{2}(?=[0-9a-f]{2})/gi, '$&:');
  return /[0-9a-f]{2}\\?-|[0-9a-f]{3}/i.test(plain) ? `MACs are told with colons; write ${JSON.stringify(meant)}` : null;
};
