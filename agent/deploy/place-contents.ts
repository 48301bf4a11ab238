// What the fitted table has that the image has not where it now lies: partitions that moved out of the way, and the machine's settings.
// Written after the read-back and before the table, so that a disk that boots has them, and read back in their turn.
import { createHash } from 'node:crypto';
import { SEED_COPY_MOST_BYTES } from '../image/choose-growth.ts';
import { fatVolumeBytes, writeFat } from '../image/fat-writer.ts';
import { carry, valueOf } from '../disk/carried-failure.ts';
import { writeAround } from '../disk/fetch-write.ts';
import { readBytes } from '../disk/target-disk.ts';
import type { Workbench } from '../disk/workbench.ts';
import { failed } from '../protocol/failure.ts';
import type { Seed } from '../protocol/seed.ts';
import type { FittedTable } from './fit-table.ts';

/** Throws `deploy.read-back-mismatch`, carried. */
export const copyMoved = async (bench: Workbench, { copies }: FittedTable): Promise<void> => {
  for (const { from, toBytes } of copies) await proven(bench, toBytes, await readBytes(bench.disk, from.offsetBytes, from.lengthBytes));
};

/** The whole settings partition; nothing of what lay there stays. Throws `deploy.read-back-mismatch`, carried. */
export const writeSeed = async (bench: Workbench, { table, seedPlace }: FittedTable, seed: Seed): Promise<void> => {
  if (seedPlace === null) throw new Error('settings without a place for them');
  const volume = writeFat({
    sizeBytes: Math.min(seedPlace.lengthBytes, SEED_COPY_MOST_BYTES),
    logicalSectorBytes: table.logicalSectorBytes,
    label: 'CIDATA',
    serial: createHash('sha256').update(seed.instanceId).digest().readUInt32LE(0),
    hiddenSectors: Math.min(seedPlace.offsetBytes / table.logicalSectorBytes, 0xffff_ffff),
    files: seed.files.map(({ name, text }) => ({ path: name, bytes: Buffer.from(text, 'utf8') })),
  });
  await proven(bench, seedPlace.offsetBytes, fatVolumeBytes(valueOf(volume)));
};

const proven = async (bench: Workbench, offsetBytes: number, bytes: Buffer): Promise<void> => {
  await writeAround(bench, offsetBytes, bytes);
  await bench.disk.flush();
  if ((await readBytes(bench.disk, offsetBytes, bytes.length)).equals(bytes)) return;
  throw carry(
    failed(
      'deploy.read-back-mismatch',
      `The disk gave back something else than was written, between bytes ${offsetBytes} and ${offsetBytes + bytes.length}.`,
      'The disk or its controller is failing: replace it, then deploy again.',
    ).failure,
  );
};
