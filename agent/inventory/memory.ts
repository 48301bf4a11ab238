// Memory from SMBIOS structure 17 (DSP0134 §7.18) and /proc/meminfo.
import type { Inventory } from '../protocol/inventory.ts';
import type { SmbiosStructure } from './smbios.ts';
import { doubleWordAt, stringAt, wordAt } from './smbios.ts';
import type { HardwareSource } from './source.ts';

export type MemoryReading = NonNullable<Inventory['memory']>;
export type MemoryModule = MemoryReading['modules'][number];

const KIB = 1024;
const MIB = 1024 * 1024;

/** Size in bytes; 0 for an empty socket; null when the vendor says "unknown". */
const sizeOf = (structure: SmbiosStructure): number | null => {
  const word = wordAt(structure, 0x0c);
  if (word === null || word === 0xffff) return null;
  if (word === 0x7fff) return ((doubleWordAt(structure, 0x1c) ?? 0) & 0x7fff_ffff) * MIB;
  return (word & 0x8000) !== 0 ? (word & 0x7fff) * KIB : word * MIB;
};

const speedOf = (structure: SmbiosStructure): number | null => {
  const word = wordAt(structure, 0x15);
  if (word === 0xffff) return doubleWordAt(structure, 0x54);
  return word === 0 ? null : word;
};

/** The modules that are there; empty sockets are left out. */
export const modulesOf = (structures: readonly SmbiosStructure[]): readonly MemoryModule[] =>
  structures
    .filter((structure) => structure.type === 17)
    .flatMap((structure) => {
      const sizeBytes = sizeOf(structure);
      if (sizeBytes === null || sizeBytes === 0) return [];
      return [
        {
          locator: stringAt(structure, 0x10),
          sizeBytes,
          manufacturer: stringAt(structure, 0x17),
          partNumber: stringAt(structure, 0x1a),
          serial: stringAt(structure, 0x18),
          speedMts: speedOf(structure),
        },
      ];
    })
    .slice(0, 1024);

/** `MemTotal` in bytes, or null. It leaves out what firmware and kernel keep. */
export const memTotalBytes = (meminfo: string): number | null => {
  const kibibytes = /^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * KIB;
};

/** Installed memory: the modules' sum where it is at least what the kernel sees, else what the kernel sees. */
export const readMemory = async (source: HardwareSource, structures: readonly SmbiosStructure[]): Promise<MemoryReading | null> => {
  const meminfo = await source.readText('/proc/meminfo');
  const kernelBytes = meminfo === null ? null : memTotalBytes(meminfo);
  const modules = modulesOf(structures);
  const installedBytes = modules.reduce((sum, module) => sum + module.sizeBytes, 0);
  if (kernelBytes === null && modules.length === 0) return null;
  return { sizeBytes: Math.max(installedBytes, kernelBytes ?? 0), modules: [...modules] };
};
