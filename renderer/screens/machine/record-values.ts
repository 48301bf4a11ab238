// What of a machine's facts can be told apart by hand, and what its plan expects. Pure.
import type { Fact } from '../../../agent/protocol/facts.ts';
import type { MachineFacts } from '../../../preload/contract/views.ts';

/** Facts whose values are evidence of which machine it is (docs/identity.md), in the order of their weight. */
const EVIDENCE = ['system.serial', 'system.uuid', 'board.serial', 'chassis.serial', 'nic.macs', 'disk.serials', 'disk.wwns'] as const;
export type EvidenceFact = (typeof EVIDENCE)[number];
export type EvidenceValue = { readonly fact: EvidenceFact; readonly value: string };

/** Filler tells nobody apart, so it cannot be parted either. */
export const evidenceOf = (facts: readonly Pick<Fact, 'name' | 'value' | 'filler'>[]): readonly EvidenceValue[] =>
  EVIDENCE.flatMap((fact) =>
    facts
      .filter(({ name, filler }) => name === fact && !filler)
      .flatMap(({ value }) => (Array.isArray(value) ? value : [value]).map((one) => ({ fact, value: String(one) }))),
  );

type Known = MachineFacts['facts'][number];
export type Expectation = { readonly planned: Known; readonly seen: Known | null };

/** What the plan says of it; `seen` is the value that stands instead. */
export const expectationsOf = (facts: readonly Known[]): readonly Expectation[] =>
  facts
    .filter(({ origin }) => origin === 'plan')
    .map((planned) => {
      const standing = planned.counts ? null : (facts.find(({ name, counts }) => name === planned.name && counts) ?? null);
      const isSame = standing !== null && JSON.stringify(standing.value) === JSON.stringify(planned.value);
      return { planned, seen: isSame ? null : standing };
    });
