// Pieces, fetch plans and stale places on arbitrary chunk tables.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fetchPlanOf } from './plan-view.ts';
import { dataChunks } from '../../agent/image/chunk-map.ts';
import { CHUNK_SIZE_BYTES } from '../../agent/image/chunk.ts';
import { bytesOf, chunkOfHash, piecesOf } from '../../agent/disk/pieces.ts';
import { intersectRanges } from '../../agent/disk/ranges.ts';
import { freeRanges, stalePlaces } from '../../agent/disk/stale-places.ts';
import { chunksArbitrary, tableOf } from './tables.ts';

const MIB = 1024 * 1024;

test('pieces cover each chunk of their kinds once, in order, and hold no more than asked', () => {
  fc.assert(
    fc.property(chunksArbitrary, fc.integer({ min: 1, max: 20 }), (chunks, perPiece) => {
      const table = tableOf(chunks, 512);
      const pieces = [...piecesOf(table, ['data', 'zero'], perPiece * CHUNK_SIZE_BYTES)];
      const covered = pieces.flatMap(({ firstChunk, chunks: count }) => Array.from({ length: count }, (_, n) => firstChunk + n));
      expect(covered).toEqual(chunks.flatMap((chunk, index) => (chunk === 'skip' ? [] : [index])));
      expect(pieces.every(({ chunks: count }) => count <= perPiece)).toBe(true);
      expect(pieces.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(bytesOf(table, ['data', 'zero']));
      expect([...chunkOfHash(table)]).toEqual([...dataChunks(table)].map(({ index }) => index));
    }),
  );
});

test('a plan fetches each missing content once, in disk order, and writes it everywhere it is missing', () => {
  fc.assert(
    fc.property(chunksArbitrary, fc.infiniteStream(fc.boolean()), fc.integer({ min: 1, max: 40 }), (chunks, wrongs, slotChunks) => {
      const table = tableOf(chunks);
      const wrongData = Uint8Array.from({ length: table.hashes.length / 32 }, () => (wrongs.next().value === true ? 1 : 0));
      const { ids, places, batchSizes } = fetchPlanOf(table, wrongData, slotChunks * CHUNK_SIZE_BYTES);
      const missing = [...dataChunks(table)].filter((_, n) => wrongData[n] === 1);
      expect(new Set(ids).size).toBe(ids.length);
      expect(new Set(ids)).toEqual(new Set(missing.map(({ chunkId }) => chunkId)));
      expect(places.flat().toSorted((a, b) => a - b)).toEqual(missing.map(({ index }) => index));
      expect(places.map(([first]) => first)).toEqual(places.map(([first]) => first).toSorted((a = 0, b = 0) => a - b));
      for (const chunkPlaces of places)
        expect(chunkPlaces.map((place) => chunks[place])).toEqual(chunkPlaces.map(() => chunks[chunkPlaces[0] ?? 0]));
      expect(ids.length).toBe(places.length);
      expect(batchSizes.every((size) => size > 0 && size <= Math.min(16, slotChunks))).toBe(true);
    }),
  );
});

test('stale places never touch what the image or the record holds, and leave nothing else at both ends', () => {
  fc.assert(
    fc.property(chunksArbitrary, fc.integer({ min: 0, max: 30 }), (chunks, extraMib) => {
      const table = tableOf(chunks);
      const diskSizeBytes = table.diskSizeBytes + extraMib * MIB;
      const record = { offsetBytes: 983_040, lengthBytes: 4096 };
      const partition = { offsetBytes: MIB, lengthBytes: Math.max(4096, table.diskSizeBytes - MIB) };
      const places = stalePlaces(diskSizeBytes, table, [partition], [record]);
      const holds = [...piecesOf(table, ['data', 'zero'], Infinity), record];
      for (const place of places) {
        expect(holds.some((one) => intersectRanges(one, place) !== null)).toBe(false);
        expect(place.offsetBytes + place.lengthBytes).toBeLessThanOrEqual(diskSizeBytes);
      }
      const lastByte = { offsetBytes: diskSizeBytes - 1, lengthBytes: 1 };
      const isCovered = [...holds, ...places].some((one) => intersectRanges(one, lastByte) !== null);
      expect(isCovered).toBe(true);
      for (const free of freeRanges(diskSizeBytes, table, [record]))
        expect(holds.some((one) => intersectRanges(one, free) !== null)).toBe(false);
    }),
  );
});
