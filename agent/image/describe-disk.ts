// Everything a manifest says about a disk that can be seen from its bytes alone: the same for an import and for a capture.
import type { BootFindings } from './boot-chain.ts';
import { findBootChain } from './boot-chain.ts';
import { identifyFilesystem } from './filesystem.ts';
import { findBindings } from './machine-binding.ts';
import type { MachineBinding } from './machine-binding.ts';
import type { FoundFilesystem } from './manifest.ts';
import type { PartitionTable, ReadAt } from './partition-table.ts';
import { partitionOffsetBytes } from './partition-table.ts';
import { cachedReads } from './read-cache.ts';

export type DiskDescription = BootFindings & {
  readonly filesystems: readonly FoundFilesystem[];
  readonly bindings: readonly MachineBinding[];
};

/** `capture` is `whole` throughout; a capture that takes used blocks only replaces it per partition. */
export const describeDisk = async (source: ReadAt, table: PartitionTable): Promise<DiskDescription> => {
  const read = cachedReads(source);
  const filesystems: FoundFilesystem[] = [];
  for (const partition of table.partitions) {
    const found = await identifyFilesystem(read, partitionOffsetBytes(table, partition));
    filesystems.push({
      number: partition.number,
      kind: found?.kind ?? null,
      label: found?.label?.toWellFormed() ?? null,
      uuid: found?.uuid?.toWellFormed() ?? null,
      capture: 'whole',
    });
  }
  return { ...(await findBootChain(read, table)), filesystems, bindings: await findBindings(read, table) };
};
