// What a manifest says of volumes that open by one machine's TPM, and of a table that is not as it should be.
import type { MachineBinding } from '../../agent/image/machine-binding.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import { tableNotes } from '../../agent/image/table-words.ts';

/** Images without such volumes say no more than they ever did, so that readers of before see the same. */
export const boundBy = (bindings: readonly MachineBinding[]): Pick<ImageDraft, 'boundToMachine' | 'bindings'> =>
  bindings.length === 0 ? { boundToMachine: false } : { boundToMachine: true, bindings: [...bindings] };

export const notedOf = (table: PartitionTable): Pick<ImageDraft, 'tableNotes'> => {
  const notes = tableNotes(table);
  return notes.length === 0 ? {} : { tableNotes: [...notes] };
};
