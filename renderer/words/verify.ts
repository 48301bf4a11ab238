// The words of a deep check's result.
import { hasDrifted } from '../../agent/protocol/verify.ts';
import type { HealResult, TableChange, VerifyResult } from '../../agent/protocol/verify.ts';
import { bytes, count } from './numbers.ts';

const changes: Readonly<Record<TableChange['change'], string>> = {
  unreadable: 'cannot be read',
  changed: 'changed',
  missing: 'missing',
  added: 'not of the image',
  longer: 'longer than in the image, by a deploy or the system',
  moved: 'moved to make room',
  settings: 'settings of this machine',
};

export const VERIFY_WORDS = {
  title: 'Deep check',
  took: 'took',
  same: 'as the image has it',
  different: 'different',
  own: 'rewritten by our own steps',
  ownFrom: { job: 'as the deploy reported', disk: 'as far as this disk tells' },
  fetch: 'a deploy fetches at most',
  changes,
  healed: 'given back to the library',
  heal: ({ missing, returned }: HealResult): string =>
    missing === 0 ? 'it lacked nothing of this image' : `${returned} of ${count(missing, 'chunk', 'chunks')} that it lacked`,
  stillMissing: ({ missing, returned }: HealResult): string =>
    `The library still lacks ${count(missing - returned, 'chunk', 'chunks')} of this image: another machine that carries it may have that, or another copy of the library (Library, Repair…).`,
  verdict: (result: VerifyResult): string =>
    hasDrifted(result)
      ? 'The disk differs from its image. A system that has run changes its own files. Deploy the image again with “rewrite” to bring it back.'
      : 'The disk is as its image has it.',
  chunks: (chunks: number, sizeBytes: number): string => `${count(chunks, 'chunk', 'chunks')}, ${bytes(sizeBytes)}`,
  place: ({ number, name }: VerifyResult['places'][number]): string =>
    number === null ? 'outside of the partitions' : `partition ${number}${name === '' ? '' : ` “${name}”`}`,
  entry: (number: number | null): string => (number === null ? 'partition table' : `entry of partition ${number}`),
} as const;
