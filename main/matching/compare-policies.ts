// A set of policies that arrives, held against those that are here: new, changed (field by field), the same, only here. `auto` does not
// travel: what may erase without asking was somebody's word at another site, and becomes `ask` on arrival.
import { createHash } from 'node:crypto';
import type { Policy, PolicyDifference } from '../../preload/contract/policy.ts';
import { canonicalText } from './canonical.ts';

const FIELDS = ['rank', 'when', 'outcome', 'consent', 'limit', 'whenUnknown', 'replaceExisting', 'note'] as const;

const hashOf = (value: unknown): string => createHash('sha256').update(canonicalText(value)).digest('hex');
const isSame = (a: unknown, b: unknown): boolean => canonicalText(a) === canonicalText(b);

/** As it may stand here. */
export const arrived = (policy: Policy): Policy => (policy.consent === 'auto' ? { ...policy, consent: 'ask' } : policy);

const AUTO_SENTENCE =
  'Where it comes from it may erase without asking. That does not travel: here it asks, until somebody adds it again with consent "auto".';

/** `hash` names what was shown: switching on is refused once either side is another. */
export const differenceOf = (here: Policy | null, arriving: Policy, wasAuto: boolean): PolicyDifference => {
  const incoming = arrived(arriving);
  const says = wasAuto ? AUTO_SENTENCE : null;
  const base = { name: arriving.name, says, hash: hashOf([here, incoming]) };
  if (here === null) return { ...base, kind: 'new', fields: [] };
  const fields = FIELDS.filter((field) => !isSame(here[field], incoming[field])).map((field) => ({
    field,
    here: JSON.stringify(here[field]),
    arriving: JSON.stringify(incoming[field]),
  }));
  // What is word for word the policy that is here changes nothing, its own `auto` included.
  return fields.length === 0 || isSame(here, arriving)
    ? { ...base, says: null, kind: 'same', fields: [] }
    : { ...base, kind: 'changed', fields };
};
