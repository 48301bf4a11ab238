// A disk image for the software rack, made on any system without tools: GPT, BIOS boot partition, EFI system partition with a
// loader that only has a loader's headers, and a root partition of compressible, repeatable content. It boots no real machine.
import { open } from 'node:fs/promises';
import { tablePatches } from '../../agent/image/resize-table.ts';
import { BIOS_BOOT_TYPE, ESP_TYPE } from '../../agent/image/partition-table.ts';
import type { Partition, PartitionTable } from '../../agent/image/partition-table.ts';
import { writeFat16 } from './fat16.ts';

const MIB = 1024 * 1024;
const SECTOR = 512;
const LINUX_ROOT_TYPE = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';

/** How the image starts, for machines that it does not fit. */
export type DemoBoot = 'bios' | 'uefi' | 'both' | 'uefi-aarch64';

/** The smallest PE header that says "EFI application" (PE format specification). */
const loaderProgram = (machine: number): Buffer => {
  const program = Buffer.alloc(4096);
  program.write('MZ', 0, 'ascii');
  program.writeUInt32LE(64, 60);
  program.write('PE\0\0', 64, 'ascii');
  program.writeUInt16LE(machine, 68);
  program.writeUInt16LE(0x20b, 88);
  program.writeUInt16LE(10, 88 + 68);
  return program;
};

/** Words from a small vocabulary, so that it compresses about as an operating system does. */
export const compressible = (sizeBytes: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let at = 0; at < sizeBytes;) {
    const length = Math.min(sizeBytes - at, 8 + (next() % 120));
    if (next() % 3 === 0) for (let index = 0; index < length; index += 1) bytes[at + index] = next();
    else bytes.fill(`unit${next() % 512}=`, at, at + length);
    at += length;
  }
  return bytes;
};

const partition = (number: number, type: string, startLba: number, sectors: number, name: string, seed: number): Partition => ({
  number,
  type,
  guid: `52414b53-0000-4000-8000-${String(seed).padStart(6, '0')}${String(number).padStart(6, '0')}`,
  startLba,
  sectors,
  attributes: '0000000000000000',
  name,
});

/** Writes the raw image to `path`; `contentBytes` of its root partition hold data, the rest is zero. */
export const writeDemoImage = async (
  path: string,
  options: { readonly contentBytes: number; readonly seed: number; readonly rootBytes?: number; readonly boot?: DemoBoot },
): Promise<{ readonly sizeBytes: number }> => {
  const boot = options.boot ?? 'both';
  const rootBytes = options.rootBytes ?? Math.ceil((options.contentBytes * 1.5) / MIB) * MIB;
  const espBytes = 16 * MIB;
  const rootStart = 2 * MIB + espBytes;
  const sizeBytes = rootStart + rootBytes + MIB;
  const sectors = sizeBytes / SECTOR;
  const table: PartitionTable = {
    kind: 'gpt',
    diskSizeBytes: sizeBytes,
    logicalSectorBytes: SECTOR,
    id: `52414b53-4944-4500-8000-${String(options.seed).padStart(12, '0')}`,
    partitions: [
      partition(1, BIOS_BOOT_TYPE, MIB / SECTOR, MIB / SECTOR, 'bios', options.seed),
      partition(2, ESP_TYPE, (2 * MIB) / SECTOR, espBytes / SECTOR, 'ESP', options.seed),
      partition(3, LINUX_ROOT_TYPE, rootStart / SECTOR, rootBytes / SECTOR, 'root', options.seed),
    ],
    problems: [],
    gpt: {
      entriesLba: 2,
      entryCount: 128,
      entrySizeBytes: 128,
      firstUsableLba: 34,
      lastUsableLba: sectors - 34,
      backupLba: sectors - 1,
      entries: new Uint8Array(128 * 128),
    },
    mbr: null,
  };
  const file = await open(path, 'w+');
  try {
    await file.truncate(sizeBytes);
    if (boot === 'both' || boot === 'bios') await file.write(Buffer.from('rackside demo boot code'), 0, 23, 0);
    const read = async (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
      const bytes = Buffer.alloc(lengthBytes);
      await file.read(bytes, 0, lengthBytes, offsetBytes);
      return bytes;
    };
    for (const patch of await tablePatches(read, table)) await file.write(patch.bytes, 0, patch.bytes.length, patch.offsetBytes);
    await file.write(compressible(64 * 1024, options.seed + 1), 0, 64 * 1024, MIB);
    const [loader, name] = boot === 'uefi-aarch64' ? [loaderProgram(0xaa64), 'AA64'] : [loaderProgram(0x8664), 'X64'];
    const esp = writeFat16({
      sizeBytes: espBytes,
      serial: 0x52410000 + options.seed,
      label: 'ESP',
      files:
        boot === 'bios'
          ? []
          : [
              { path: `EFI/BOOT/BOOT${name}.EFI`, bytes: loader },
              { path: `EFI/DEBIAN/SHIM${name}.EFI`, bytes: loader },
            ],
    });
    await file.write(esp, 0, esp.length, 2 * MIB);
    for (let at = 0; at < options.contentBytes; at += 8 * MIB) {
      const bytes = compressible(Math.min(8 * MIB, options.contentBytes - at), options.seed + 2 + at);
      await file.write(bytes, 0, bytes.length, rootStart + at);
    }
    return { sizeBytes };
  } finally {
    await file.close();
  }
};
