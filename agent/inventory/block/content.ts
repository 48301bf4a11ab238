// What a disk holds, read without writing: table, signatures, recognised system, provenance, and the hash that a consent is
// bound to. About 2 MiB, and 272 KiB a partition, are read, whatever the disk's size.
import { createHash } from 'node:crypto';
import { openFat } from '../../image/fat.ts';
import type { PartitionTable, ReadAt } from '../../image/partition-table.ts';
import { isEsp, partitionOffsetBytes, partitionSizeBytes } from '../../image/partition-table.ts';
import { provenancePlace, readProvenance } from '../../image/provenance.ts';
import { readPartitionTable } from '../../image/read-table.ts';
import type { TrustedKeys } from '../../image/signature.ts';
import type { DiskContent, DiskIdentity, DiskPartition, ProvenanceView } from '../../protocol/disk.ts';
import { recogniseOs } from './recognise.ts';
import { findSignatures } from './signatures.ts';
import { EDGE_BYTES, readVolume } from './volume.ts';
import type { Signature, Volume } from './volume.ts';

/** Both ends of the disk that are hashed and kept in memory while looking. */
const DISK_EDGE_BYTES = 1024 * 1024;
const MAX_PARTITIONS = 256;
const MAX_ESPS = 4;
const NO_RECORD: ProvenanceView = { verdict: 'absent', osoid: null, manifestSha256: null, stationName: null, keyId: null, writtenAt: null };

export type ReadContentOptions = {
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly identity: DiskIdentity;
  readonly trustedKeys: TrustedKeys;
};

export type ContentReading = {
  readonly content: DiskContent;
  readonly provenance: ProvenanceView;
  /** Signatures with what they belong to, and the raw table: what exclusions are judged by. */
  readonly signatures: readonly Signature[];
  readonly table: PartitionTable | null;
};

type Area = { readonly offsetBytes: number; readonly bytes: Uint8Array };

/** Reads both ends once and serves from them; everything else goes to the disk. */
const withEdges = async (read: ReadAt, sizeBytes: number): Promise<{ readonly read: ReadAt; readonly edges: readonly Area[] }> => {
  const length = Math.min(DISK_EDGE_BYTES, sizeBytes);
  const head = { offsetBytes: 0, bytes: await read(0, length) };
  const tail = { offsetBytes: sizeBytes - length, bytes: await read(sizeBytes - length, length) };
  const edges = [head, tail];
  return {
    edges,
    read: async (offsetBytes, lengthBytes) => {
      const edge = edges.find((one) => offsetBytes >= one.offsetBytes && offsetBytes + lengthBytes <= one.offsetBytes + one.bytes.length);
      if (edge === undefined) return read(offsetBytes, lengthBytes);
      const start = offsetBytes - edge.offsetBytes;
      return edge.bytes.subarray(start, start + lengthBytes);
    },
  };
};

const ZEROS = Buffer.alloc(DISK_EDGE_BYTES);

const isBlank = (bytes: Uint8Array): boolean => ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Most areas of most disks are zeros; comparing is much cheaper than hashing, and a rack of 500 reads them all. */
const DIGESTS_OF_ZEROS: ReadonlyMap<number, string> = new Map(
  [DISK_EDGE_BYTES, EDGE_BYTES].map((length) => [length, sha256(ZEROS.subarray(0, length))]),
);

const digestOf = (bytes: Uint8Array): string => (isBlank(bytes) ? DIGESTS_OF_ZEROS.get(bytes.length) : undefined) ?? sha256(bytes);

/**
 * SHA-256 over one line for the size, one for the table kind, one for each partition as the table states it, and
 * `offset length sha256` of every area: first and last 1 MiB of the disk, first and last 136 KiB of each partition.
 */
const contentHash = (sizeBytes: number, kind: DiskContent['table'], table: PartitionTable | null, areas: readonly Area[]): string => {
  const hash = createHash('sha256').update(`rackside.disk-content/1\n${sizeBytes}\n${kind} ${table?.id ?? '-'}\n`);
  for (const { number, type, guid, startLba, sectors, attributes, name } of table?.partitions ?? []) {
    hash.update(`${JSON.stringify([number, type, guid, startLba, sectors, attributes, name])}\n`);
  }
  for (const area of areas) hash.update(`${area.offsetBytes} ${area.bytes.length} ${digestOf(area.bytes)}\n`);
  return hash.digest('hex');
};

type Look = { readonly volume: Volume; readonly signatures: readonly Signature[] };

const lookAt = async (read: ReadAt, startBytes: number, sizeBytes: number, sectorBytes: number): Promise<Look> => {
  const volume = await readVolume(read, startBytes, sizeBytes, sectorBytes);
  return { volume, signatures: await findSignatures(read, volume) };
};

/** Being part of something larger says more than what lies in it. */
const mainSignature = (signatures: readonly Signature[]): Signature | undefined =>
  signatures.find((signature) => signature.membership !== null) ?? signatures[0];

/** Names below `/EFI`; a volume that cannot be walked has none. */
const efiFolders = async (read: ReadAt, table: PartitionTable): Promise<readonly string[]> => {
  const names: string[] = [];
  for (const partition of table.partitions.filter(isEsp).slice(0, MAX_ESPS)) {
    const volume = await openFat(read, partitionOffsetBytes(table, partition));
    const entries = (await volume?.list('EFI')) ?? [];
    names.push(...entries.filter((entry) => entry.isDirectory).map((entry) => entry.name));
  }
  return names.slice(0, 64);
};

const lastMounted = (looks: readonly Look[]): readonly string[] =>
  looks
    .filter((look) => look.signatures.some((signature) => signature.kind.startsWith('ext')))
    .map((look) => look.volume.head.toString('latin1', 1024 + 136, 1024 + 200).replace(/\0.*$/su, ''));

const readRecord = async (read: ReadAt, table: PartitionTable | null, options: ReadContentOptions): Promise<ProvenanceView> => {
  const place = table === null ? null : provenancePlace(table);
  if (table === null || place === null) return NO_RECORD;
  const { serial, wwn, sizeBytes } = options.identity;
  const { verdict, record } = readProvenance(await read(place.offsetBytes, place.lengthBytes), {
    disk: { serial, wwn, sizeBytes },
    trustedKeys: options.trustedKeys,
    table,
  });
  return {
    verdict,
    osoid: record?.osoid ?? null,
    manifestSha256: record?.manifestSha256 ?? null,
    stationName: record?.stationName ?? null,
    keyId: record?.keyId ?? null,
    writtenAt: record?.atIso ?? null,
    ...(record?.settingsSha256 === undefined ? {} : { settingsSha256: record.settingsSha256 }),
  };
};

/**
 * Reads what the disk holds. Rejects only when the disk itself fails; whatever the bytes are is a value. Two readings of an
 * unchanged disk are equal, on any boot.
 */
export const readContent = async (readDisk: ReadAt, options: ReadContentOptions): Promise<ContentReading> => {
  const { sizeBytes } = options;
  const logicalSectorBytes = options.logicalSectorBytes === 4096 ? 4096 : 512;
  const { read, edges } = await withEdges(readDisk, sizeBytes);
  const found = await readPartitionTable(read, { sizeBytes, logicalSectorBytes });
  const table = found.ok ? found.value : null;
  const kind = found.ok ? found.value.kind : 'damaged';

  const whole = await lookAt(read, 0, sizeBytes, logicalSectorBytes);
  const partitions: DiskPartition[] = [];
  const looks: Look[] = [];
  for (const partition of (table?.partitions ?? []).slice(0, MAX_PARTITIONS)) {
    if (table === null) break;
    const startBytes = partitionOffsetBytes(table, partition);
    const end = Math.min(sizeBytes, startBytes + partitionSizeBytes(table, partition));
    const look = end > startBytes ? await lookAt(read, startBytes, end - startBytes, logicalSectorBytes) : null;
    if (look !== null) looks.push(look);
    const main = mainSignature(look?.signatures ?? []);
    partitions.push({
      number: partition.number,
      startLba: partition.startLba,
      sectors: partition.sectors,
      typeId: partition.type,
      name: partition.name,
      filesystem: main?.kind ?? null,
      label: main?.label ?? null,
      uuid: main?.uuid ?? null,
    });
  }

  // The disk and its first or last partition may share an edge, and then see the same signature.
  const signatures = [...whole.signatures, ...looks.flatMap((look) => look.signatures)].filter(
    (one, index, all) => all.findIndex((other) => other.kind === one.kind && other.offsetBytes === one.offsetBytes) === index,
  );
  const areas: readonly Area[] = [
    ...edges,
    ...looks.flatMap(({ volume }) => [
      { offsetBytes: volume.startBytes, bytes: volume.head },
      { offsetBytes: volume.startBytes + volume.sizeBytes, bytes: volume.tail },
    ]),
  ];
  const bootCode = Buffer.from(await read(0, Math.min(440, sizeBytes)));
  return {
    content: {
      hash: contentHash(sizeBytes, kind, table, areas),
      table: kind,
      partitions,
      signatures: signatures.slice(0, 256).map(({ offsetBytes, kind: name }) => ({ offsetBytes, kind: name })),
      recognisedOs: recogniseOs({
        table,
        efiFolders: table === null ? [] : await efiFolders(read, table),
        signatures,
        lastMounted: lastMounted([whole, ...looks]),
        bootCode,
      }),
      blank: areas.every((area) => isBlank(area.bytes)),
    },
    provenance: await readRecord(read, table, options),
    signatures,
    table,
  };
};
