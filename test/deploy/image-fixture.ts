// A small real operating-system disk (GPT by sgdisk, ESP by mkfs.vfat and mtools, ext4 by mkfs.ext4) and the signed image of it,
// for the deploy tests. Free ext4 blocks and unpartitioned space become `skip`, everything else `data` or `zero`.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { compressBitmap, encodeChunkTable } from '../../agent/image/chunk-table.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';
import { CHUNK_SIZE_BYTES, chunkIdOf, encodeFrame, isAllZero } from '../../agent/image/chunk.ts';
import { contentOf } from '../../agent/image/content.ts';
import type { FirmwareKind } from '../../agent/image/content.ts';
import { describeDisk } from '../../agent/image/describe-disk.ts';
import type { DiskDescription } from '../../agent/image/describe-disk.ts';
import { encodeManifest } from '../../agent/image/manifest.ts';
import type { Manifest } from '../../agent/image/manifest.ts';
import { createExtentHasher, hashBlocks, osoidOf } from '../../agent/image/osoid.ts';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { encodeSignature } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';

export const MIB = 1024 * 1024;
const ESP_START = MIB;
const ESP_BYTES = 4 * MIB;
const ROOT_START = ESP_START + ESP_BYTES;

export type Fixture = {
  readonly raw: Buffer;
  readonly manifestBytes: Uint8Array;
  readonly manifestSha256: string;
  readonly signature: Uint8Array;
  readonly chunkTableBytes: Uint8Array;
  readonly table: ChunkTable;
  readonly osoid: string;
  readonly frames: ReadonlyMap<string, Buffer>;
  /** Where the image is free, in bytes of the disk. */
  readonly free: readonly { readonly start: number; readonly end: number }[];
};

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });

/** Writes a bootable-looking disk of `sizeBytes` to `path`; `payload` bytes of random files make content. */
export const makeDisk = (
  folder: string,
  sizeBytes = 48 * MIB,
  options: { readonly payloadBytes?: number; readonly uuid?: string } = {},
): string => {
  const path = join(folder, 'golden.raw');
  const root = join(folder, 'root');
  const esp = join(folder, 'esp.img');
  const ext4 = join(folder, 'root.img');
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/hostname'), 'golden\n');
  for (let n = 0; n < 8; n++) writeFileSync(join(root, `payload${n}`), randomBytes((options.payloadBytes ?? 8 * MIB) / 8));
  writeFileSync(join(root, 'twice'), readFileSync(join(root, 'payload0')));
  writeFileSync(esp, '');
  truncateSync(esp, ESP_BYTES);
  run('mkfs.vfat', '-i', 'ABCD1234', '-n', 'EFI', esp);
  writeFileSync(join(folder, 'loader'), randomBytes(40_000));
  run('mmd', '-i', esp, '::EFI', '::EFI/debian', '::EFI/BOOT');
  for (const name of ['EFI/debian/shimx64.efi', 'EFI/debian/grubx64.efi', 'EFI/BOOT/BOOTX64.EFI'])
    run('mcopy', '-i', esp, join(folder, 'loader'), `::${name}`);
  const rootBytes = sizeBytes - ROOT_START - MIB;
  writeFileSync(ext4, '');
  truncateSync(ext4, rootBytes);
  // A journal of 4 MiB, the smallest, would be most of a small disk.
  const journal = rootBytes > 32 * MIB ? ['-J', 'size=4'] : ['-O', '^has_journal'];
  run('mkfs.ext4', '-q', '-b', '4096', ...journal, '-E', 'lazy_itable_init=0,lazy_journal_init=0', '-d', root, ext4);
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  run(
    'sgdisk',
    '-n',
    `1:2048:+${ESP_BYTES / MIB}M`,
    '-t',
    '1:ef00',
    '-n',
    `2:${ROOT_START / 512}:${(ROOT_START + rootBytes) / 512 - 1}`,
    '-t',
    '2:8300',
    path,
  );
  run('dd', `if=${esp}`, `of=${path}`, 'bs=1M', `seek=${ESP_START / MIB}`, 'conv=notrunc,sparse');
  run('dd', `if=${ext4}`, `of=${path}`, 'bs=1M', `seek=${ROOT_START / MIB}`, 'conv=notrunc,sparse');
  return path;
};

/** Free byte ranges of the ext4 filesystem in `makeDisk`'s second partition, from dumpe2fs. */
const freeRanges = (folder: string): readonly { start: number; end: number }[] =>
  [...run('dumpe2fs', join(folder, 'root.img')).matchAll(/^ {2}Free blocks: (.+)$/gm)].flatMap(([, list = '']) =>
    list.split(', ').map((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return { start: ROOT_START + first * 4096, end: ROOT_START + (last + 1) * 4096 };
    }),
  );

/** The image of a raw disk. `folder` gives the free map where makeDisk made the disk; without it zeros are `zero`. */
export const makeImage = async (
  raw: Buffer,
  key: SigningKey,
  folder?: string,
  chunkSizeBytes: number = CHUNK_SIZE_BYTES,
  firmware: FirmwareKind = 'uefi',
): Promise<Fixture> => {
  const free =
    folder === undefined
      ? []
      : [{ start: ROOT_START + (raw.length - ROOT_START - MIB), end: raw.length - 33 * 512 }, ...freeRanges(folder)];
  const isFree = (start: number, end: number): boolean => free.some((range) => range.start <= start && end <= range.end);
  const builder = buildChunkTable(chunkSizeBytes);
  const hasher = createExtentHasher();
  const frames = new Map<string, Buffer>();
  for (let at = 0; at < raw.length; at += chunkSizeBytes) {
    const chunk = Buffer.from(raw.subarray(at, at + chunkSizeBytes));
    hashBlocks(hasher, chunk);
    if (isAllZero(chunk)) builder.add(isFree(at, at + chunk.length) ? 'skip' : 'zero', null);
    else {
      builder.add('data', createHash('sha256').update(chunk).digest());
      frames.set(chunkIdOf(chunk), encodeFrame(chunk));
    }
  }
  const used = new Uint8Array(Math.ceil(raw.length / 4096 / 8));
  for (let block = 0; block * 4096 < raw.length; block++)
    if (!isFree(block * 4096, block * 4096 + 4096)) used[block >> 3] = (used[block >> 3] ?? 0) | (1 << (block & 7));
  const table = builder.finish(raw.length, folder === undefined ? undefined : compressBitmap(used, 4096));
  const partitions = await readPartitionTable((offset, length) => Promise.resolve(raw.subarray(offset, offset + length)), {
    sizeBytes: raw.length,
  });
  if (!partitions.ok) throw new Error(partitions.failure.message);
  const { filesystems } = await describeDisk((offset, length) => Promise.resolve(raw.subarray(offset, offset + length)), partitions.value);
  return { raw, table, frames, free, ...signed(partitions.value, table, hasher.finish(), key, firmware, filesystems) };
};

const signed = (
  partitions: PartitionTable,
  table: ChunkTable,
  extents: ReturnType<ReturnType<typeof createExtentHasher>['finish']>,
  key: SigningKey,
  firmware: FirmwareKind,
  filesystems: DiskDescription['filesystems'],
) => {
  const chunkTableBytes = encodeChunkTable(table);
  const content = contentOf({ table: partitions, firmware, architecture: 'x86_64', extents });
  const manifest: Manifest = {
    schema: 'rackside.manifest',
    version: 1,
    required: ['zstd', 'sha256'],
    encryption: null,
    content,
    name: 'golden',
    revision: 1,
    lineage: { id: 'golden', parent: null },
    createdAt: '2026-11-22T12:00:00.000Z',
    labels: [],
    notes: '',
    hashAlg: 'sha256',
    chunkSizeBytes: table.chunkSizeBytes as 262144,
    chunkTable: {
      file: 'chunks.bin',
      sha256: createHash('sha256').update(chunkTableBytes).digest('hex'),
      sizeBytes: chunkTableBytes.length,
      entries: table.hashes.length / 32,
    },
    stats: { usedBytes: 0, dataBytes: 0, storedBytes: 0 },
    source: { kind: 'import', fileName: 'golden.raw', facts: {} },
    recipe: null,
    filesystems: [...filesystems],
    bootChain: [],
    boundToMachine: false,
  };
  const manifestBytes = encodeManifest(manifest);
  return {
    manifestBytes,
    manifestSha256: createHash('sha256').update(manifestBytes).digest('hex'),
    signature: encodeSignature(key, 'manifest', manifestBytes),
    chunkTableBytes,
    osoid: osoidOf(content),
  };
};
