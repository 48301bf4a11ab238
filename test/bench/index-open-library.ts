// Writes the library of one 2 TiB image, with chunks of 1 MiB: its chunk table, its manifest and the index of every pack. The packs
// themselves are empty, for opening a library reads none of them.
import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FRAME_HEADER_BYTES, LARGE_CHUNK_SIZE_BYTES } from '../../agent/image/chunk.ts';
import { encodeChunkTable } from '../../agent/image/chunk-table.ts';
import { encodeManifest } from '../../agent/image/manifest.ts';
import { osoidOf } from '../../agent/image/osoid.ts';
import { PACK_HEADER_BYTES, encodeTrailer } from '../../agent/image/pack.ts';
import { encodeSignature } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import { chunkTableIn, imageFolder, indexName, manifestIn, packName, signatureIn } from '../../main/library/names.ts';

/** Packs of 64 MiB with chunks that shrink to 45 %, as those of a server's disk do. */
const CHUNKS_PER_PACK = 140;
const STORED_BYTES = 470_000;

export const writeLargeLibrary = (folder: string, chunkCount: number, key: SigningKey): string => {
  const put = (name: string, bytes: Uint8Array): void => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  };
  const header = { format: 'rackside-library', version: 1, minReader: 1, libraryId: '6d7a8f1e-0000-4000-8000-000000000001', createdAt: '' };
  put('rackside-library.json', Buffer.from(JSON.stringify(header)));
  const hashes = randomFillSync(Buffer.alloc(chunkCount * 32));
  for (let first = 0; first < chunkCount; first += CHUNKS_PER_PACK) {
    const entries = [];
    for (let n = first; n < Math.min(chunkCount, first + CHUNKS_PER_PACK); n++) {
      const chunkId = hashes.toString('hex', n * 32, n * 32 + 32);
      const offset = PACK_HEADER_BYTES + (n - first) * (FRAME_HEADER_BYTES + STORED_BYTES);
      entries.push({ chunkId, offset, encodedLength: STORED_BYTES, rawLength: LARGE_CHUNK_SIZE_BYTES });
    }
    const { packId, trailer } = encodeTrailer(entries, PACK_HEADER_BYTES + entries.length * (FRAME_HEADER_BYTES + STORED_BYTES));
    put(packName(packId), new Uint8Array());
    put(indexName(packId), trailer);
  }
  const sizeBytes = chunkCount * LARGE_CHUNK_SIZE_BYTES;
  const table = encodeChunkTable({
    diskSizeBytes: sizeBytes,
    chunkSizeBytes: LARGE_CHUNK_SIZE_BYTES,
    runs: [{ firstChunk: 0, count: chunkCount, kind: 'data' }],
    hashes,
    bitmap: null,
  });
  const extents = { blockSizeBytes: 262144 as const, count: 1, sha256: '0'.repeat(64) };
  const disk = { sizeBytes, logicalSectorBytes: 512 as const, firmware: 'unknown' as const, architecture: 'unknown' as const, extents };
  const content = { disks: [{ ...disk, table: { kind: 'none' as const, id: null, partitions: [] } }] };
  const manifest = encodeManifest({
    schema: 'rackside.manifest',
    version: 1,
    required: ['sha256', 'zstd'],
    encryption: null,
    content,
    name: 'large',
    revision: 1,
    lineage: { id: 'large', parent: null },
    createdAt: '2026-11-22T09:00:00.000Z',
    labels: [],
    notes: '',
    hashAlg: 'sha256',
    chunkSizeBytes: LARGE_CHUNK_SIZE_BYTES,
    chunkTable: {
      file: 'chunks.bin',
      sha256: createHash('sha256').update(table).digest('hex'),
      sizeBytes: table.length,
      entries: chunkCount,
    },
    stats: { usedBytes: sizeBytes, dataBytes: sizeBytes, storedBytes: chunkCount * STORED_BYTES },
    source: { kind: 'import', fileName: null, facts: {} },
    recipe: null,
    filesystems: [],
    bootChain: [],
    boundToMachine: false,
  });
  const osoid = osoidOf(content);
  put(chunkTableIn(imageFolder(osoid)), table);
  put(manifestIn(imageFolder(osoid)), manifest);
  put(signatureIn(imageFolder(osoid)), encodeSignature(key, 'manifest', manifest));
  return osoid;
};
