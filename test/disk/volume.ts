// Disks for tests: bytes in memory or in a file, handed out as the agent's disk devices.
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { DiskAttributes, DiskDevice } from '../../agent/inventory/block/device.ts';
import { plainDisk } from '../../agent/inventory/block/device.ts';
import type { ContentReading } from '../../agent/inventory/block/content.ts';
import { readContent } from '../../agent/inventory/block/content.ts';
import { openReader } from '../../agent/inventory/block/linux.ts';
import type { ReadAt } from '../../agent/image/partition-table.ts';
import type { TrustedKeys } from '../../agent/image/signature.ts';

export const MIB = 1024 * 1024;

/** The first 128 KiB of a volume that a real tool made (heads/README.md). */
export const realHead = (name: string): Buffer => gunzipSync(readFileSync(fileURLToPath(new URL(`heads/${name}.bin.gz`, import.meta.url))));

/** Zeros with the given pieces in them. */
export const diskOf = (sizeBytes: number, ...pieces: readonly { readonly at: number; readonly bytes: Uint8Array | string }[]): Buffer => {
  const disk = Buffer.alloc(sizeBytes);
  for (const { at, bytes } of pieces) disk.set(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, at);
  return disk;
};

export const readerOf =
  (disk: Uint8Array): ReadAt =>
  async (offset, length) =>
    disk.subarray(Math.max(0, offset), Math.max(0, offset + length));

export const contentOf = (disk: Uint8Array, logicalSectorBytes = 512): Promise<ContentReading> =>
  readContent(readerOf(disk), {
    sizeBytes: disk.length,
    logicalSectorBytes,
    identity: { serial: 'S1', wwn: null, sizeBytes: disk.length },
    trustedKeys: new Map(),
  });

/** Content of an image file, as the agent reads a block device. */
export const contentOfFile = async (path: string, trustedKeys: TrustedKeys = new Map()): Promise<ContentReading> => {
  const sizeBytes = statSync(path).size;
  const reader = await openReader(path, sizeBytes);
  try {
    return await readContent(reader.read, {
      sizeBytes,
      logicalSectorBytes: 512,
      identity: { serial: 'S1', wwn: null, sizeBytes },
      trustedKeys,
    });
  } finally {
    await reader.close();
  }
};

export const deviceOf = (disk: Uint8Array, attributes: Partial<DiskAttributes> = {}): DiskDevice => ({
  attributes: plainDisk({ path: '/dev/sda', serial: 'S1', sizeBytes: disk.length, ...attributes }),
  open: async () => ({ sizeBytes: disk.length, read: readerOf(disk), close: async () => undefined }),
});
