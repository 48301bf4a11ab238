// Whose boot code lies in sector 0 and, for GRUB, whether its core is where the code looks for it: for people, in a manifest. Nothing
// here enters an OSOID; whether there is boot code at all is boot-chain.ts's to say.
import type { PartitionTable, ReadAt } from './partition-table.ts';

export type BootCode = {
  readonly code: 'grub' | 'lilo' | 'syslinux' | 'windows' | 'other';
  /** Of GRUB: the first sector of its core, and the partition it lies in, or null in the gap behind the table. */
  readonly core?: { readonly lba: number; readonly partition: number | null; readonly found: boolean };
};

const CODE_BYTES = 440;
/** `GRUB_BOOT_MACHINE_KERNEL_SECTOR` of GRUB's boot.img, a u64. */
const GRUB_CORE_LBA_AT = 0x5c;

/** In the order in which they are looked for: words that only this loader's sector 0 says. */
const WORDS: readonly (readonly [BootCode['code'], string])[] = [
  ['grub', 'GRUB'],
  ['lilo', 'LILO'],
  ['syslinux', 'Operating system load error'],
  ['windows', 'Error loading operating system'],
];

/** Only for a disk that has boot code. */
export const readBootCode = async (read: ReadAt, table: PartitionTable): Promise<BootCode> => {
  const sector = Buffer.from(await read(0, CODE_BYTES));
  const code = WORDS.find(([, words]) => sector.includes(words))?.[0] ?? 'other';
  if (code !== 'grub' || sector.length < CODE_BYTES) return { code };
  const lba = sector.readBigUInt64LE(GRUB_CORE_LBA_AT);
  const lastLba = BigInt(Math.floor(table.diskSizeBytes / table.logicalSectorBytes)) - 1n;
  if (lba < 1n || lba > lastLba) return { code };
  // BIOS reads by sectors of 512 bytes; the core's first one says that it is loading.
  const first = Buffer.from(await read(Number(lba) * 512, 512));
  const within = table.partitions.find(
    ({ startLba, sectors }) =>
      Number(lba) * 512 >= startLba * table.logicalSectorBytes && Number(lba) * 512 < (startLba + sectors) * table.logicalSectorBytes,
  );
  return { code, core: { lba: Number(lba), partition: within?.number ?? null, found: first.includes('loading') } };
};
