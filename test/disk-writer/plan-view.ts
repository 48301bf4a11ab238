// A fetch plan laid out flat, for assertions.
import { planFetch } from '../../agent/disk/fetch-plan.ts';
import type { ChunkTable } from '../../agent/image/chunk-table.ts';

export const fetchPlanOf = (table: ChunkTable, wrongData: Uint8Array, slotBytes: number) => {
  const batches = [...planFetch(table, wrongData, slotBytes).batches];
  return {
    ids: batches.flatMap((batch) => batch.map(({ chunkId }) => chunkId)),
    places: batches.flatMap((batch) => batch.map(({ places }) => places)),
    batchSizes: batches.map(({ length }) => length),
  };
};
