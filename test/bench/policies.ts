// Ten thousand policies asked for one machine and for a rack of 500, beside a plain loop over predicates written by hand for the same
// conditions: two truths instead of three, values ready to be compared, no answer but the first that fits.
import { FACTS } from '../../agent/protocol/facts.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { checkPolicy } from '../../main/matching/check-policy.ts';
import type { PolicyEntry } from '../../main/matching/ranked.ts';
import { resolveBriefly, resolveOnly } from '../../main/matching/resolve.ts';
import type { Condition } from '../../preload/contract/policy.ts';
import { interleave, speedLine } from './figure.ts';
import type { Suite } from './figure.ts';

const POLICIES = 10_000;
const MACHINES = 500;
/** As many as a machine's record keeps (main/journey/decision-step.ts). */
const TRACED = 100;
/**
 * A hand-written comparison of two local values costs some nanoseconds; ours looks a fact up by name, knows a third truth and walks a
 * compiled tree. Seen: 0.2 to 0.3. Judging every policy for every machine, without the index by fact and value, it was 0.02.
 */
const RACK_LIMIT = 0.08;
/** The trace of a hundred policies comes on top, which the plain loop has no part of. Seen: 0.08; 0.03 without the index. */
const ONE_LIMIT = 0.035;

type Values = { readonly model: string; readonly memory: number; readonly role: string | null; readonly serial: string };
type Predicate = (values: Values) => boolean;

const GIB = 2 ** 30;
const fact = (name: keyof typeof FACTS, value: Fact['value']): Fact => ({ name, value, source: 'bench', filler: false });

const valuesOf = (machine: number): Values => ({
  model: `model-${machine % 50}`,
  memory: (machine % 8) * 16 * GIB,
  role: machine % 3 === 0 ? null : `role-${machine % 20}`,
  serial: `serial-${machine}`,
});
const factsOf = ({ model, memory, role, serial }: Values): readonly Fact[] => [
  fact('manufacturer', 'Dell Inc.'),
  fact('model', model),
  fact('memory.size', memory),
  fact('system.serial', serial),
  ...(role === null ? [] : [fact('role', role)]),
];

/** Four shapes in turn, none of which fits any machine, and one last that fits all: the whole list is read. */
const shapes: readonly ((number: number) => { readonly when: Condition; readonly predicate: Predicate })[] = [
  (number) => ({
    when: { fact: 'system.serial', equal: `SERIAL-${number + MACHINES}` },
    predicate: ({ serial }) => serial === `serial-${number + MACHINES}`,
  }),
  (number) => ({
    when: {
      all: [
        { fact: 'model', equal: `model-${number % 50}` },
        { fact: 'memory.size', atLeast: '512 GiB' },
      ],
    },
    predicate: ({ model, memory }) => model === `model-${number % 50}` && memory >= 512 * GIB,
  }),
  (number) => ({
    when: { all: [{ fact: 'model', in: ['x', `y-${number}`] }, { none: [{ fact: 'role', equal: 'role-1' }] }] },
    predicate: ({ model, role }) => (model === 'x' || model === `y-${number}`) && role !== 'role-1',
  }),
  (number) => ({
    when: {
      all: [
        { fact: 'manufacturer', glob: 'HP*' },
        { fact: 'model', glob: `*-${number}` },
      ],
    },
    predicate: ({ model }) => 'dell inc.'.startsWith('hp') && model.endsWith(`-${number}`),
  }),
];

const policySet = (number: number): { readonly entries: readonly PolicyEntry[]; readonly predicates: readonly Predicate[] } => {
  const made = Array.from({ length: number }, (_, at) => {
    const shape = shapes[at % shapes.length];
    return at === number - 1 || shape === undefined ? { when: { all: [] }, predicate: () => true } : shape(at);
  });
  const entries = made.map(({ when }, at): PolicyEntry => {
    const outcome = { kind: 'deploy-newest', labels: { role: `r${at % 7}` } };
    const checked = checkPolicy({ name: `policy-${at}`, rank: at, when, outcome, consent: 'ask' });
    if (!checked.ok) throw new Error(checked.failure.message);
    return { policy: checked.value, enabled: true };
  });
  return { entries, predicates: made.map(({ predicate }) => predicate) };
};

/** Policies asked per millisecond of this process's own processor time: other work on the computer does not count. */
const rate = (asked: number, work: () => void): Promise<number> => {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return Promise.resolve((asked * 1000) / (user + system));
};

export const policySuite: Suite = {
  figures: ['policies-one', 'policies-rack'],
  whyNot: () => null,
  run: async (context) => {
    const { entries, predicates } = policySet(Math.max(10, Math.round(POLICIES * context.scale)));
    const values = Array.from({ length: Math.max(1, Math.round(MACHINES * context.scale)) }, (_, at) => valuesOf(at));
    const machines = values.map(factsOf);
    const used = (): number => 0;
    const last = entries.at(-1)?.policy.name;
    const plainly = (one: Values): void => {
      if (predicates.findIndex((predicate) => predicate(one)) !== predicates.length - 1) throw new Error('the plain loop ended early');
    };
    const one = (facts: readonly Fact[]): void => {
      const trace = resolveBriefly({ policies: entries, facts, used }, TRACED);
      if (trace.resolution.kind !== 'matched' || trace.resolution.policy !== last) throw new Error('another policy won');
    };
    const first = machines[0] ?? [];
    const firstValues = values[0] ?? valuesOf(0);
    const show = (asked: number) => (speed: number) => `${(asked / speed).toFixed(1)} ms`;

    const began = performance.now();
    one(first);
    context.say(`the first decision after the policies are saved: ${(performance.now() - began).toFixed(1)} ms`);
    const traceBytes = JSON.stringify(resolveBriefly({ policies: entries, facts: first, used }, TRACED)).length;
    context.say(`the trace that a record keeps: ${(traceBytes / 1000).toFixed(0)} kB`);
    // Many times over on both sides: a single one is below what a clock can tell.
    const times = 20;
    const onePairs = await interleave(
      context,
      `${entries.length} policies for one machine, ${times} times`,
      {
        ours: () => rate(entries.length * times, () => Array.from({ length: times }).forEach(() => one(first))),
        reference: () => rate(entries.length * times, () => Array.from({ length: times }).forEach(() => plainly(firstValues))),
      },
      show(entries.length * times),
    );
    const asked = entries.length * machines.length;
    const rackPairs = await interleave(
      context,
      `${entries.length} policies for ${machines.length} machines`,
      {
        ours: () =>
          rate(asked, () => {
            for (const facts of machines) resolveOnly({ policies: entries, facts, used });
          }),
        reference: () =>
          rate(asked, () => {
            for (const one of values) plainly(one);
          }),
      },
      show(asked),
    );
    return [
      speedLine('policies-one', 'policies/ms', onePairs, ONE_LIMIT),
      speedLine('policies-rack', 'policies/ms', rackPairs, RACK_LIMIT),
    ];
  },
};
