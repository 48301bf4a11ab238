// What an edited set of policies would change for every machine ever read, before it is saved: the same decision twice, with the
// policies as they are and as they would be. Nothing is saved, reserved or ordered.
import { placeWords } from './decide-set.ts';
import type { DiskHint } from '../../agent/protocol/decision.ts';
import { FACTS } from '../../agent/protocol/facts.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { quantityShown } from '../../agent/protocol/quantities.ts';
import type { Condition, ConditionTrace, Policy, PolicyPreview, Resolution } from '../../preload/contract/policy.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { shadowedByEdit } from '../matching/edited-set.ts';
import { evaluate } from '../matching/evaluate.ts';
import type { FactIndex } from '../matching/fact-index.ts';
import type { PolicyEntry } from '../matching/ranked.ts';
import { resolveAll } from '../matching/resolve-all.ts';
import type { Place } from '../matching/resolve-all.ts';
import { indexFor } from '../matching/resolve.ts';
import type { ResolveInput } from '../matching/resolve.ts';
import type { Decided } from './decided.ts';

/** A machine that was read; `siteName` where it was heard last. */
export type PreviewMachine = {
  readonly view: MachineView;
  readonly facts: readonly Fact[];
  readonly siteId: number;
  readonly siteName: string;
};

type Given = {
  readonly siteId: number;
  readonly edited: readonly Policy[];
  readonly before: readonly PolicyEntry[];
  readonly after: readonly PolicyEntry[];
  readonly machines: readonly PreviewMachine[];
  readonly places: readonly Place[];
  readonly fields?: ResolveInput['fields'];
  readonly decide: (machineId: string, resolution: Resolution) => Decided;
};

export const previewPolicies = ({ siteId, edited, before, after, machines, places, fields, decide }: Given): PolicyPreview => {
  const asking = machines.map(({ view, facts, siteId: at }) => ({ id: view.id, siteId: at, facts }));
  const [now, then] = [resolveAll(before, asking, places, fields), resolveAll(after, asking, places, fields)];
  const changes = machines.flatMap(({ view, facts, siteId: at, siteName }) => {
    const [old, next] = [now.get(view.id), then.get(view.id)];
    if (old === undefined || next === undefined) return [];
    const [was, becomes] = [sideOf(old, decide(view.id, old), facts), sideOf(next, decide(view.id, next), facts)];
    if (was.policy === becomes.policy && was.text === becomes.text) return [];
    const { id: machineId, name, position, state } = view;
    const why = reasons(was.policy, becomes.policy, { before, after, fields, facts });
    return [{ machineId, name, position, state, site: at === siteId ? null : siteName, before: was, after: becomes, why }];
  });
  const effects = changes.filter((change) => change.before.text !== change.after.text).length;
  return {
    counts: {
      machines: machines.length,
      changed: effects,
      otherPolicy: changes.length - effects,
      same: machines.length - changes.length,
      elsewhere: changes.filter(({ site }) => site !== null).length,
    },
    changes: changes.toSorted((a, b) => Number(a.site !== null) - Number(b.site !== null)),
    shadowed: shadowedByEdit(after, edited),
  };
};

type Side = PolicyPreview['changes'][number]['before'];

const sideOf = (resolution: Resolution, decided: Decided, facts: readonly Fact[]): Side => {
  // A person's word, a tie of records or failed attempts go before what the policies say.
  if (decided.kind === 'assess' && decided.by === null) return { policy: null, text: `${imageWords(decided, facts)}, chosen by a person` };
  const policy =
    resolution.kind === 'ambiguous' ? (resolution.policies[0] ?? null) : resolution.kind === 'unmatched' ? null : resolution.policy;
  switch (decided.kind) {
    case 'assess': {
      const freely =
        decided.by?.consent !== 'auto'
          ? 'asks first'
          : decided.by.replaceExisting
            ? 'by itself where armed, replacing too'
            : 'by itself where armed';
      return { policy, text: `${imageWords(decided, facts)}, ${freely}` };
    }
    case 'build':
    case 'construct':
      return {
        policy,
        text: `build with recipe ${decided.entry.recipe.id}${decided.set === undefined ? '' : ` (${placeWords(decided.set)})`}`,
      };
    case 'boot-local':
      return { policy, text: 'boot its own disk' };
    case 'hold': {
      const { question } = decided;
      const wants = question.kind === 'fact' ? ` Facts wanted: ${question.facts.join(', ')}.` : '';
      return { policy, text: `hold: ${'reason' in question ? question.reason : ''}${wants}` };
    }
  }
};

const imageWords = ({ image, diskHint }: Extract<Decided, { kind: 'assess' }>, facts: readonly Fact[]): string => {
  const sized = (bytes: number): string => quantityShown(bytes, FACTS['disk.total']);
  const { minSizeBytes, maxSizeBytes, ...named } = diskHint;
  const hints = [
    ...Object.entries(named).map(([name, value]) => `${name} ${value}`),
    ...(minSizeBytes === undefined ? [] : [`at least ${sized(minSizeBytes)}`]),
    ...(maxSizeBytes === undefined ? [] : [`at most ${sized(maxSizeBytes)}`]),
  ];
  const disk = hints.length === 0 ? '' : ` on the disk with ${hints.join(', ')}`;
  return `deploy "${image.name}" r${image.revision} (${image.osoid.slice(0, 12)})${disk}${isLacking(diskHint, facts) ? ', which it has not' : ''}`;
};

/** Only what is certain: of a disk that is not named, what is asked is true of none that the machine told. The agent judges each of them. */
const isLacking = ({ serial, wwn, kind, transport, minSizeBytes, maxSizeBytes }: DiskHint, facts: readonly Fact[]): boolean => {
  // A disk that is named may be one that no fact tells of, such as a removable one.
  if (serial !== undefined || wwn !== undefined) return false;
  const lacks = (name: keyof typeof FACTS, fits: (value: string | number) => boolean): boolean => {
    const value = facts.find((fact) => fact.name === name)?.value;
    return Array.isArray(value) && !value.some(fits);
  };
  return (
    (kind !== undefined && lacks('disk.kinds', (value) => value === kind)) ||
    (transport !== undefined && lacks('disk.transports', (value) => value === transport)) ||
    lacks('disk.sizes', (bytes) => Number(bytes) >= (minSizeBytes ?? 0) && Number(bytes) <= (maxSizeBytes ?? Number.POSITIVE_INFINITY))
  );
};

type Judging = Required<Pick<Given, 'before' | 'after'>> & Pick<Given, 'fields'> & { readonly facts: readonly Fact[] };

const reasons = (old: string | null, next: string | null, { before, after, fields, facts }: Judging): string[] => {
  const judge = (policies: readonly PolicyEntry[], name: string | null): string[] => {
    const entry = policies.find(({ policy }) => policy.name === name);
    return entry === undefined
      ? []
      : [`${entry.policy.name} (rank ${entry.policy.rank}) ${judged(entry, () => indexFor({ policies, facts, fields }))}`];
  };
  return [...judge(after, next), ...(old === next ? judge(before, old).map((text) => `before: ${text}`) : judge(after, old))];
};

const LEAVES_SHOWN = 6;

const judged = ({ policy, enabled }: PolicyEntry, facts: () => FactIndex): string => {
  if (!enabled) return 'is off';
  const trace = evaluate(policy.when, facts());
  const said = { yes: 'holds', no: 'does not hold', unknown: 'cannot be judged' }[trace.truth];
  const leaves = leavesOf(policy.when, trace).filter(({ truth }) => truth === trace.truth);
  const texts = leaves
    .slice(0, LEAVES_SHOWN)
    .map(({ text, seen, why }) => `${text}${why === null ? (seen === null ? '' : ` (seen: ${seen})`) : `, and ${why}`}`);
  return texts.length === 0 ? said : `${said}: ${texts.join('; ')}`;
};

const leavesOf = (when: Condition, trace: ConditionTrace): readonly ConditionTrace[] => {
  if ('fact' in when) return [trace];
  const parts = 'all' in when ? when.all : 'any' in when ? when.any : when.none;
  return parts.flatMap((part, at) => {
    const inner = trace.parts[at];
    return inner === undefined ? [] : leavesOf(part, inner);
  });
};
