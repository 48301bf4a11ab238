// What the help of `rackside facts` says: every fact there is, and how its values are spelt. Policies, fields, plans and recipes name
// facts; this is where somebody finds them who has no other page.
import { FACTS, factDefinition } from '../../agent/protocol/facts.ts';
import { quantityShown } from '../../agent/protocol/quantities.ts';
import type { FactDefinition, FactValue } from '../../agent/protocol/facts.ts';
import { table } from './output.ts';

const oneInWords = (name: string, value: string | number | boolean): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const definition = factDefinition(name);
  return typeof value === 'number' && definition !== null ? quantityShown(value, definition) : String(value);
};

/** A value as people read it, with its unit. */
export const inWords = (name: string, value: FactValue | null): string => {
  if (value === null) return '(no longer known)';
  return Array.isArray(value) ? value.map((part) => oneInWords(name, part)).join(', ') : oneInWords(name, value);
};

/** An example as it is written in a policy, where the type alone does not tell. */
const EXAMPLES: Readonly<Partial<Record<keyof typeof FACTS, string>>> = {
  manufacturer: '"Dell Inc.", "HPE", "LENOVO": as the maker writes it',
  model: '"PowerEdge R740", "ProLiant DL380 Gen10"',
  'chassis.type': '"Rack Mount Chassis", "Blade", "Notebook"',
  'chassis.enclosure': 'the name of the enclosure, or its serial',
  'blade.slot': '"5", "5a", "c2n1": the bare position',
  'secure-boot': 'true, false',
  architecture: '"x86_64", "aarch64"',
  'cpu.id': '"F2 06 03 00 FF FB EB BF"',
  'cpu.vendor': '"GenuineIntel", "AuthenticAMD"',
  'memory.size': '"64 GiB"',
  'disk.sizes': '"1.9 TB"',
  'disk.nvme-sizes': 'one disk of this kind and size: "1 TB"',
  'disk.wwns': '"naa.5000c500a1b2c3d4", "eui.…"',
  'nic.macs': '"52:54:00:ab:cd:ef"',
  'nic.pci-ids': '"15b3:1017"',
  'nic.speeds': '"25 Gbit/s"',
  'pci.ids': '"10de:20b5"',
  'usb.ids': '"0529:0001"',
  'network.address': '"10.20.0.5"',
  'network.subnet': '"10.20.0.0/16"',
  'network.vlan': '20',
};

const spelt = (name: string, { values }: FactDefinition): string => values?.join(', ') ?? EXAMPLES[name as keyof typeof FACTS] ?? '';

const title = ({ title: words }: FactDefinition): string => words.replace(/ \([^)]*, [^)]*\)$| \(bios or uefi\)$/, '');

const rows = Object.entries(FACTS).map(([name, definition]: [string, FactDefinition]) => [
  name,
  definition.type,
  title(definition),
  spelt(name, definition),
]);

export const FACT_LIST = `  Every fact, as policies, fields, site plans and recipes name them:
${table(
  ['FACT', 'TYPE', 'WHAT', 'WRITTEN'],
  [...rows, ['input.NAME', 'text', 'what people typed under that name', 'a number or size where its field says so']],
)
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
  Types: text; number; bytes, written with their unit; flag, true or false; a list is several of them. Case never counts.
  A value marked as filler ("To be filled by O.E.M.") is one that its maker never filled in: for policies it is not known.`;
