// Processors from SMBIOS structure 4 (DSP0134 §7.5): what stands in for /proc/cpuinfo where only a recorded table is at hand. PURE.
import type { Inventory } from '../../protocol/inventory.ts';
import { processorsOf, textOf } from './dmi.ts';
import type { DmiRecord } from './records.ts';

type CpuReading = NonNullable<Inventory['cpu']>;

/** As the kernel names them. */
const vendorOf = (manufacturer: string | null): string | null => {
  if (/intel/i.test(manufacturer ?? '')) return 'GenuineIntel';
  return /\bamd\b|advanced micro/i.test(manufacturer ?? '') ? 'AuthenticAMD' : manufacturer;
};

/** Makers of the processor or its cores; `ARMv8` is how a family is called whatever its maker. */
const ARM_MAKERS = /\barm(v[89]\w*)?\b|ampere|hisilicon|cavium|marvell|phytium|qualcomm|fujitsu a64|apple|nvidia/i;

/** The kernel's name of the architecture, by all the names of a processor; '' where they do not tell. */
export const architectureOf = (makers: string, is64Bit: boolean): string => {
  if (ARM_MAKERS.test(makers)) return 'aarch64';
  return is64Bit && /intel|amd|advanced micro|zhaoxin|hygon|centaur/i.test(makers) ? 'x86_64' : '';
};

export const architectureFromRecords = (records: readonly DmiRecord[]): string => {
  const fields = processorsOf(records)[0]?.fields;
  const makers = ['Manufacturer', 'Version', 'Family'].map((field) => fields?.get(field) ?? '').join(' ');
  return architectureOf(makers, fields?.get('Characteristics')?.includes('64-bit capable') === true);
};

const countIn = (record: DmiRecord, field: string): number => {
  const count = Number(record.fields.get(field) ?? '0');
  return Number.isInteger(count) && count > 0 && count < 0x1_0000 ? count : 0;
};

/** Those that run: a setting may switch cores off. Not believed where more than two threads would run on each. */
export const runningCores = (count: number, enabled: number, threads: number): number =>
  enabled > 0 && enabled < count && threads > 0 && threads <= 2 * enabled ? enabled : count;

const coresOf = (record: DmiRecord): number =>
  runningCores(countIn(record, 'Core Count'), countIn(record, 'Core Enabled'), countIn(record, 'Thread Count'));

/** Zero cores or threads: the table is older than the field. */
export const cpuFromRecords = (records: readonly DmiRecord[]): CpuReading | null => {
  const processors = processorsOf(records);
  const [first] = processors;
  if (first === undefined) return null;
  const sum = (counts: readonly number[]): number => (counts.includes(0) ? 0 : counts.reduce((a, b) => a + b, 0));
  const cores = sum(processors.map(coresOf));
  return {
    vendor: vendorOf(textOf(first, 'Manufacturer')),
    model: textOf(first, 'Version')?.trim().replace(/\s+/g, ' ') ?? null,
    signature: null,
    sockets: processors.length,
    cores,
    threads: Math.max(sum(processors.map((record) => countIn(record, 'Thread Count'))), cores),
    architecture: architectureFromRecords(records),
  };
};
