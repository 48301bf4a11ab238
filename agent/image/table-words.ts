// What a person should know of a partition table that was read although it is not as it should be. Those with which no image is made
// are refused by whoever makes it.
import type { PartitionTable, TableProblem } from './partition-table.ts';

const WORDS: Partial<Readonly<Record<TableProblem, string>>> = {
  'gpt-primary-damaged': 'The first copy of its partition table (GPT) is damaged; the second was read, and a deploy writes both anew.',
  'gpt-backup-missing': 'The second copy of its partition table (GPT) is damaged or missing; a deploy writes it anew.',
  'gpt-copies-differ': 'The two copies of its partition table (GPT) differ; the first was read.',
  'mbr-chain-damaged':
    'The chain of its logical partitions is broken: what lies behind the break is kept to the last byte, but it is in no partition.',
};

/** Sentences; none for a table that is in order, or only has room behind it. */
export const tableNotes = ({ problems }: PartitionTable): readonly string[] => problems.flatMap((problem) => WORDS[problem] ?? []);
