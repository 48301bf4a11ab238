// Reads recordings of a machine in a test, and looks at what they told.
import { expect } from 'vitest';
import type { DumpFile, RecordedMachine } from '../../../agent/facts/dump/recorded-facts.ts';
import { recordedFacts } from '../../../agent/facts/dump/recorded-facts.ts';
import type { Result } from '../../../agent/protocol/failure.ts';

export const file = (content: string | Uint8Array, name = 'dump'): DumpFile => ({
  name,
  bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
});
export const read = (...contents: readonly (string | Uint8Array)[]): RecordedMachine => {
  const recorded = recordedFacts(contents.map((content) => file(content)));
  return recorded.ok ? recorded.value : expect.fail(`${recorded.failure.code}: ${recorded.failure.message}`);
};
export const code = (result: Result<unknown>): string | null => (result.ok ? null : result.failure.code);
export const valuesOf = ({ facts }: RecordedMachine, ...names: readonly string[]): unknown[] =>
  names.map((name) => facts.find((fact) => fact.name === name && !fact.filler)?.value ?? null);
export const fillerOf = ({ facts }: RecordedMachine): string[] => facts.filter((fact) => fact.filler).map((fact) => fact.name);
