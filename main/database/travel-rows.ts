// What this station remembers of documents that travel (migration 16): its own last word on each, so that revisions only grow, and what
// was told or refused of others' words, by their content.
import type { Database } from './open.ts';

export type Spoken = { readonly kind: string; readonly name: string; readonly revision: number; readonly contentHash: string };
export type ArrivalAnswer = 'told' | 'dropped';

export type TravelRows = {
  spoken(): readonly Spoken[];
  speak(spoken: Spoken): void;
  answers(): ReadonlyMap<string, ArrivalAnswer>;
  answer(contentHash: string, answer: ArrivalAnswer, by: string): void;
};

type SpokenRow = { kind: string; name: string; revision: number; content_hash: string };
type AnswerRow = { content_hash: string; answer: ArrivalAnswer };

export const createTravelRows = ({ database, now }: { readonly database: Database; readonly now: () => number }): TravelRows => {
  const select = database.prepare<[], SpokenRow>('SELECT kind, name, revision, content_hash FROM spoken_document ORDER BY kind, name');
  const insert = database.prepare('INSERT OR REPLACE INTO spoken_document(kind, name, revision, content_hash) VALUES (?, ?, ?, ?)');
  const selectAnswers = database.prepare<[], AnswerRow>('SELECT content_hash, answer FROM arrival_answer');
  const insertAnswer = database.prepare(
    'INSERT OR REPLACE INTO arrival_answer(content_hash, answer, answered_by, answered_at_ms) VALUES (?, ?, ?, ?)',
  );
  return {
    spoken: () => select.all().map(({ content_hash: contentHash, ...row }) => ({ ...row, contentHash })),
    speak: ({ kind, name, revision, contentHash }) => void insert.run(kind, name, revision, contentHash),
    answers: () => new Map(selectAnswers.all().map((row) => [row.content_hash, row.answer])),
    answer: (contentHash, answer, by) => void insertAnswer.run(contentHash, answer, by, now()),
  };
};
