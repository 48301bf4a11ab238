// Memory from SMBIOS records and /proc/meminfo.
import { memorySockets, modulesFromRecords } from '../facts/smbios/memory.ts';
import type { DmiRecord } from '../facts/smbios/records.ts';
import type { Inventory } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';

export type MemoryReading = NonNullable<Inventory['memory']>;

const KIB = 1024;

/** `MemTotal` in bytes, or null. It leaves out what firmware and kernel keep. */
export const memTotalBytes = (meminfo: string): number | null => {
  const kibibytes = /^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * KIB;
};

/** Installed memory: the modules' sum where it is at least what the kernel sees, else what the kernel sees. */
export const readMemory = async (source: HardwareSource, records: readonly DmiRecord[]): Promise<MemoryReading | null> => {
  const meminfo = await source.readText('/proc/meminfo');
  const kernelBytes = meminfo === null ? null : memTotalBytes(meminfo);
  const modules = modulesFromRecords(records);
  const installedBytes = modules.reduce((sum, module) => sum + module.sizeBytes, 0);
  if (kernelBytes === null && modules.length === 0) return null;
  const sockets = memorySockets(records);
  return { sizeBytes: Math.max(installedBytes, kernelBytes ?? 0), modules: [...modules], ...(sockets === null ? {} : { sockets }) };
};
