// The facts of a machine that is not here: one or several recordings of it (dmidecode, raw SMBIOS, lshw, lsblk) become the
// inventory that the agent would have read, and its facts. What no recording tells is left out, never guessed. PURE.
import type { Disk } from '../../protocol/disk.ts';
import type { Fact } from '../../protocol/facts.ts';
import { failed, success } from '../../protocol/failure.ts';
import type { Result } from '../../protocol/failure.ts';
import type { Inventory, NicReading } from '../../protocol/inventory.ts';
import { factsFrom } from '../facts.ts';
import { dmiFromRecords } from '../smbios/dmi.ts';
import { memorySockets, modulesFromRecords } from '../smbios/memory.ts';
import { architectureFromRecords, cpuFromRecords } from '../smbios/processors.ts';
import type { DmiRecord } from '../smbios/records.ts';
import { END_OF_TABLE } from '../smbios/structures.ts';
import type { DumpKind, Sniffed } from './sniff.ts';
import { sniff } from './sniff.ts';
import { conflictOf, tablesIn, unitedRecords, versionIn } from './tables.ts';

export type DumpFile = { readonly name: string; readonly bytes: Uint8Array };

export type RecordedMachine = {
  readonly files: readonly { readonly name: string; readonly kind: DumpKind }[];
  readonly facts: readonly Fact[];
  /** What was not readable, or is not certain, in plain sentences. */
  readonly notes: readonly string[];
};

type Known = { readonly name: string; readonly found: Exclude<Sniffed, { kind: 'unknown' }> };

const unknownKind = (name: string, complaints: readonly string[]): Result<never> => {
  const [complaint = ''] = complaints;
  const why = complaint === '' ? '' : complaint.startsWith('it ') ? ` It ${complaint.slice(3)}` : ` It says: ${complaint}`;
  return failed(
    'dump.unreadable',
    `${name} is no recording that can be read.${why}${/[.!?]$/.test(why) || why === '' ? '' : '.'}`,
    'Give the output of dmidecode (or dmidecode --dump-bin), /sys/firmware/dmi/tables/DMI, lshw -json, or lsblk -J -b -O.',
  );
};

/** HPE tells the network interfaces that can boot in a vendor record; dmidecode names it. */
const hpeNics = (records: readonly DmiRecord[]): readonly NicReading[] => {
  const maker = records.find((record) => record.type === 1)?.fields.get('Manufacturer') ?? '';
  if (!/^(hpe?|hewlett)\b/i.test(maker.trim())) return [];
  return records
    .filter((record) => [209, 221, 233].includes(record.type))
    .flatMap((record) => [...record.fields])
    .flatMap(([name, value]) => {
      const [, address, mac] = /^PCI device ([0-9a-f:.]{7,12}), MAC address ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$/i.exec(value.trim()) ?? [];
      if (!/^NIC \d+$/.test(name) || address === undefined || mac === undefined) return [];
      const pciAddress = `0000:${address.toLowerCase()}`;
      const nic = { name, mac: mac.toLowerCase(), permanentMac: mac.toLowerCase(), driver: null, speedMbps: null, carrier: null };
      return [{ ...nic, pciAddress, pciId: null, addresses: [] }];
    });
};

/** One disk may be told by two recordings. */
const differentDisks = (disks: readonly Disk[]): readonly Disk[] => [
  ...new Map(disks.map((disk, index) => [`${disk.path || index} ${disk.serial ?? ''} ${disk.wwn ?? ''}`, disk])).values(),
];

const inventoryOf = (known: readonly Known[], records: readonly DmiRecord[]): Inventory => {
  const lshw = known.flatMap(({ found }) => (found.kind === 'lshw' ? [found] : []));
  const lsblk = known.flatMap(({ found }) => (found.kind === 'lsblk' ? [found] : []));
  const modules = modulesFromRecords(records);
  const sockets = memorySockets(records);
  const sizeBytes = modules.reduce((sum, module) => sum + module.sizeBytes, 0);
  const fromSmbios = modules.length === 0 ? null : { sizeBytes, modules: [...modules], ...(sockets === null ? {} : { sockets }) };
  const nics = lshw.flatMap((one) => one.nics);
  const disks = differentDisks(lsblk.length > 0 ? lsblk.flatMap((one) => one.disks) : lshw.flatMap((one) => one.disks));
  return {
    architecture: architectureFromRecords(records) || (lshw.find((one) => one.cpu !== null)?.cpu?.architecture ?? ''),
    bootMac: null,
    address: null,
    subnet: null,
    dmi: records.length > 0 ? dmiFromRecords(records) : (lshw.find((one) => one.dmi !== null)?.dmi ?? null),
    cpu: cpuFromRecords(records) ?? lshw.find((one) => one.cpu !== null)?.cpu ?? null,
    memory: fromSmbios ?? lshw.find((one) => one.memory !== null)?.memory ?? null,
    firmware: null,
    nics: nics.length > 0 ? [...nics] : [...hpeNics(records)],
    pci: [],
    lldp: [],
    ipmi: null,
    disks: [...disks].slice(0, 512),
    problems: [],
  };
};

/** The agent's sources, as this recording has them. */
const sourceOf = (fact: Fact, kinds: ReadonlySet<DumpKind>): string => {
  const isSmbios = kinds.has('dmidecode') || kinds.has('smbios');
  if (fact.source === 'sysfs:block') return kinds.has('lsblk') ? 'lsblk' : 'lshw';
  if (fact.source === 'sysfs:net') return kinds.has('lshw') ? 'lshw' : 'smbios:209';
  if (['cpuinfo', 'kernel', 'meminfo'].includes(fact.source)) return isSmbios ? 'smbios:4' : 'lshw';
  return fact.source.startsWith('smbios:') && !isSmbios ? 'lshw' : fact.source;
};

const notesOf = (known: readonly Known[], records: readonly DmiRecord[], toldTwice: boolean): readonly string[] => {
  return [
    ...known.flatMap(({ name, found }) => (found.kind === 'dmidecode' ? found.complaints.map((text) => `${name}: ${text}`) : [])),
    ...known.flatMap(({ name, found }) =>
      found.kind === 'lsblk' && found.rounded ? [`${name}: sizes are rounded; lsblk -b gives them exactly.`] : [],
    ),
    ...known.flatMap(({ name, found }) =>
      found.kind === 'smbios' && found.structures.at(-1)?.type !== END_OF_TABLE
        ? [`${name}: the table is cut off; what stood behind its structure ${found.structures.length} is missing, memory too.`]
        : [],
    ),
    ...(known.some(({ found }) => found.kind === 'smbios') && versionIn(known) === null
      ? ['The SMBIOS version is not told: the UUID was read as version 2.6 and newer write it. Give smbios_entry_point too to be sure.']
      : []),
    ...(toldTwice ? ['The memory is told more than once: it counts once.'] : []),
    ...(records.length > 0 && !records.some((record) => record.type === 1)
      ? ['The recording has no System Information (structure 1).']
      : []),
  ];
};

/** Failures: `dump.unreadable`, `dump.several-machines`, `dump.nothing-told`. */
export const recordedFacts = (files: readonly DumpFile[]): Result<RecordedMachine> => {
  const known: Known[] = [];
  for (const { name, bytes } of files) {
    const found = sniff(bytes);
    if (found.kind === 'unknown') return unknownKind(name, found.complaints);
    known.push({ name, found });
  }
  const tables = tablesIn(known);
  const conflict = conflictOf(tables);
  if (!conflict.ok) return conflict;
  const { records, toldTwice } = unitedRecords(tables);
  const kinds = new Set(known.map(({ found }) => found.kind));
  const inventory = inventoryOf(known, records);
  const hasDisks = inventory.disks.length > 0 || kinds.has('lsblk');
  const facts = factsFrom(inventory)
    .filter((fact) => hasDisks || !fact.name.startsWith('disk.'))
    .map((fact) => ({ ...fact, source: sourceOf(fact, kinds) }));
  if (facts.length === 0)
    return failed(
      'dump.nothing-told',
      'These files tell nothing of a machine.',
      'Give a dmidecode output, or the table that belongs to the entry point.',
    );
  return success({ files: known.map(({ name, found }) => ({ name, kind: found.kind })), facts, notes: notesOf(known, records, toldTwice) });
};
