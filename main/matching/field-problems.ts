// What is wrong with the fields of a policy around its condition, said as its author would want it: what stands there, what may stand
// there, and the right spelling where it can be guessed.
import type { z } from 'zod';
import { diskHintSchema } from '../../agent/protocol/decision.ts';
import type { DiskHint } from '../../agent/protocol/decision.ts';
import { diskSchema } from '../../agent/protocol/disk.ts';
import { factDefinition, FACTS } from '../../agent/protocol/facts.ts';
import { fieldProblem } from '../../agent/protocol/field-value.ts';
import { parseQuantity } from '../../agent/protocol/quantities.ts';
import { outcomeSchema, policySchema } from '../../preload/contract/policy.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import { checkSettings } from '../settings/check-settings.ts';
import { recipeProblems, setProblems } from './named-problems.ts';
import type { KnownRecipe, PolicyProblem } from './policy-problem.ts';
import { fieldCalled, outcomeCalled } from './other-names.ts';
import { factHint } from './test-hints.ts';
import { didYouMean, nearest } from './text.ts';

type Value = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Value => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What may stand in each field, also for people who read it without an example. */
const MAY_BE: Readonly<Record<string, string>> = {
  name: 'small letters, digits and hyphens, at most 80, such as "web-servers"',
  rank: 'a whole number from 0 to 1000000 without quotes, such as 20',
  when: 'a test, or one of all, any, none',
  outcome: 'an object with its kind, such as {"kind": "boot-local"}',
  consent: '"ask" or "auto"',
  limit: 'a whole number of machines from 1 on without quotes, or null',
  whenUnknown: '"ask" or "skip"',
  replaceExisting: 'true or false without quotes',
  note: 'a text of at most 2000 characters',
  'outcome.osoid': 'the 64 hexadecimal digits of an image (rackside images list --json)',
  'outcome.labels': 'an object of texts, such as {"role": "web"}',
  'outcome.reason': 'a text of at most 400 characters that tells people why',
  'outcome.facts': 'a list of 1 to 20 fact names, such as ["role"]',
  'outcome.fields': 'a list of fields, such as [{"name": "role", "type": "choice", "choices": ["web", "mail"]}]',
  'outcome.recipe': 'the id of a recipe (rackside recipes list)',
  'outcome.grow': '"last", "none", a partition by number, name or label, or "GROUP/VOLUME"',
  'outcome.settings': 'an object with hostname, users, network, userData or networkConfig',
  'outcome.set': 'the name of an image set (rackside sets list)',
  'outcome.member': 'the name of a member of the set',
  'outcome.disk': 'an object with serial, wwn, kind, transport, minSizeBytes or maxSizeBytes',
  'outcome.disk.serial': 'a text',
  'outcome.disk.wwn': 'a text',
  'outcome.disk.kind': '"ssd" or "hdd"',
  'outcome.disk.transport': 'a text, such as "nvme"',
  'outcome.disk.minSizeBytes': 'a whole number of bytes without quotes',
  'outcome.disk.maxSizeBytes': 'a whole number of bytes without quotes',
};

/** Also those of networked disks, of which no fact tells: a policy may name such a disk by its serial. */
const TRANSPORTS: readonly string[] = diskSchema.shape.transport.options.filter((transport) => transport !== 'unknown');

/** `value` apart from its condition. */
export const fieldProblems = (value: Value, recipes: readonly KnownRecipe[] | null): readonly PolicyProblem[] => {
  const kind = outcomeKindProblem(value['outcome']);
  // With an unknown kind nothing more can be said of the outcome.
  const parsed = policySchema.safeParse({ ...value, when: { all: [] }, ...(kind === null ? {} : { outcome: { kind: 'boot-local' } }) });
  if (parsed.success) return kind === null ? outcomeProblems(parsed.data, recipes) : [kind];
  const issues = parsed.error.issues.flatMap((issue) => issueProblems(issue, value));
  return kind === null ? issues : [...issues, kind];
};

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

const outcomeKindProblem = (outcome: unknown): PolicyProblem | null => {
  if (outcome === undefined) return null;
  const kinds = outcomeSchema.options.flatMap(({ shape }) => [...shape.kind.values]);
  if (!isRecord(outcome)) {
    const spelling = typeof outcome === 'string' && kinds.some((kind) => kind === outcome) ? `; write {"kind": "${outcome}"}` : '';
    return {
      path: 'outcome',
      reason: `${shown(outcome)} is no outcome${spelling === '' ? ` but must be ${MAY_BE['outcome'] ?? ''}` : spelling}`,
    };
  }
  const { kind } = outcome;
  if (kinds.some((known) => known === kind)) return null;
  const all = `; outcomes are ${kinds.join(', ')}`;
  if (kind === undefined) return { path: 'outcome.kind', reason: `is missing${all}` };
  const near =
    typeof kind === 'string'
      ? (outcomeCalled(kind) ?? nearest(kind, kinds) ?? kinds.find((known) => known.startsWith(kind.split('-')[0] ?? kind)))
      : undefined;
  return { path: 'outcome.kind', reason: `unknown outcome ${shown(kind)}${near === undefined ? '' : `, did you mean "${near}"`}${all}` };
};

const pathOf = (parts: readonly PropertyKey[]): string =>
  parts
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

const issueProblems = (issue: z.core.$ZodIssue, value: Value): readonly PolicyProblem[] => {
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(key, path, value));
  const found = issue.path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Value)[String(key)] : undefined),
    value,
  );
  const [field, inner] = issue.path;
  // Settings may hold secrets: their words are never repeated.
  if (inner === 'settings') return [{ path, reason: found === undefined ? 'is missing' : issue.message }];
  const mayBe = MAY_BE[path] ?? MAY_BE[inner === undefined ? String(field) : `${String(field)}.${String(inner)}`];
  if (found === undefined) return [{ path, reason: `is missing${mayBe === undefined ? '' : `: ${mayBe}`}` }];
  const guess = spelling(path, found);
  const reason = mayBe === undefined ? `${shown(found)}: ${issue.message}` : `${shown(found)} is not ${mayBe}`;
  return [{ path, reason: `${reason}${guess === null ? '' : `; write ${guess}`}` }];
};

const unknownField = (key: string, path: string, value: Value): PolicyProblem => {
  const outcome = value['outcome'];
  const option = outcomeSchema.options.find(
    ({ shape }) => isRecord(outcome) && [...shape.kind.values].some((kind) => kind === outcome['kind']),
  );
  const known =
    path === ''
      ? Object.keys(policySchema.shape)
      : path === 'outcome.disk'
        ? Object.keys(diskHintSchema.shape)
        : path === 'outcome' && option !== undefined
          ? Object.keys(option.shape)
          : [];
  const at = path === '' ? key : `${path}.${key}`;
  // A test or a fact beside the condition, instead of in it.
  const inside = path === '' && ['all', 'any', 'none', 'fact'].includes(key) ? '; conditions stand in "when"' : '';
  const switched =
    path === '' && /^(enabled?|disabled?|active|on|off)$/i.test(key)
      ? '; a policy is switched with: rackside policies enable, disable'
      : '';
  const list = known.length === 0 ? '' : `; there are ${known.join(', ')}`;
  const called = path === '' ? fieldCalled(key) : null;
  const near = called === null ? didYouMean(key, known) : `, did you mean "${called}"`;
  if (path === 'outcome' && key === 'image' && option?.shape.kind.value === 'deploy')
    return {
      path: at,
      reason: 'unknown field "image"; an image is named by its "osoid", or found by labels with {"kind": "deploy-newest"}',
    };
  return {
    path: at,
    reason: `unknown field "${key}"${near}${inside}${(near === '' || called !== null) && inside === '' ? list : ''}${switched}`,
  };
};

/** The right spelling of what was probably meant, as JSON; null where that is anybody's guess. */
const spelling = (path: string, found: unknown): string | null => {
  if (typeof found === 'string') {
    const text = found.trim();
    if ((path === 'rank' || path === 'limit') && /^\d{1,7}$/.test(text)) return text;
    if (path === 'replaceExisting' && /^(true|yes|on)$/i.test(text)) return 'true';
    if (path === 'replaceExisting' && /^(false|no|off)$/i.test(text)) return 'false';
    if (path === 'outcome.osoid' && /^[0-9a-f]{64}$/i.test(text)) return JSON.stringify(text.toLowerCase());
    if (path === 'outcome.facts') return JSON.stringify([text]);
    if (path === 'outcome.labels') return labelsFrom([text]);
    if (path.startsWith('outcome.disk.')) return diskSpelling(path, text);
    const choices = path === 'consent' ? ['ask', 'auto'] : path === 'whenUnknown' ? ['ask', 'skip'] : [];
    const choice = nearest(text, choices);
    if (choice !== null) return JSON.stringify(choice);
    const slug = text
      .toLowerCase()
      .normalize('NFKD')
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
    return path === 'name' && slug !== '' ? JSON.stringify(slug.slice(0, 80)) : null;
  }
  if (path === 'outcome.labels' && Array.isArray(found)) return labelsFrom(found);
  if (path.startsWith('outcome.labels.') && (typeof found === 'number' || typeof found === 'boolean')) return `"${found}"`;
  return (path === 'limit' || path === 'rank') && typeof found === 'number' && found > 1 ? String(Math.round(found)) : null;
};

const diskSpelling = (path: string, text: string): string | null => {
  if (path === 'outcome.disk.kind') {
    const transport = TRANSPORTS.find((known) => known === text.toLowerCase());
    if (transport !== undefined) return `"transport": "${transport}"`;
    const kind = nearest(text, FACTS['disk.kinds'].values);
    return kind === null ? null : JSON.stringify(kind);
  }
  const bytes = path.endsWith('Bytes') ? parseQuantity(text, FACTS['disk.total']) : null;
  return bytes?.ok === true && bytes.value > 0 ? String(bytes.value) : null;
};

const labelsFrom = (list: readonly unknown[]): string | null => {
  const pairs = list.map((one) => (typeof one === 'string' ? /^([^=:]+)[=:](.+)$/.exec(one) : null));
  return list.length > 0 && pairs.every((pair) => pair !== null)
    ? JSON.stringify(Object.fromEntries(pairs.map((pair) => [pair[1]?.trim() ?? '', pair[2]?.trim() ?? ''])))
    : null;
};

/** What no disk could be. */
const diskProblems = ({ transport, minSizeBytes, maxSizeBytes }: DiskHint): readonly PolicyProblem[] => {
  if (transport !== undefined && !TRANSPORTS.includes(transport))
    return [
      {
        path: 'outcome.disk.transport',
        reason: `is always one of ${TRANSPORTS.join(', ')}; never ${JSON.stringify(transport)}${didYouMean(transport, TRANSPORTS)}`,
      },
    ];
  if (minSizeBytes === undefined || maxSizeBytes === undefined || minSizeBytes <= maxSizeBytes) return [];
  return [{ path: 'outcome.disk.maxSizeBytes', reason: `is less than minSizeBytes, and no disk would do` }];
};

const outcomeProblems = ({ outcome, consent }: Policy, recipes: readonly KnownRecipe[] | null): readonly PolicyProblem[] => {
  if (outcome.kind === 'deploy-newest' && Object.keys(outcome.labels).length === 0) {
    return [{ path: 'outcome.labels', reason: 'is empty, which would take the newest of all images; write {"role": "web"}' }];
  }
  const starred = outcome.kind === 'deploy-newest' ? Object.entries(outcome.labels).find(([, value]) => value.includes('*')) : undefined;
  if (starred !== undefined)
    return [
      { path: `outcome.labels.${starred[0]}`, reason: 'takes the * as itself; leave this label out where any of its values will do' },
    ];
  if (outcome.kind === 'deploy' || outcome.kind === 'deploy-newest') {
    const settings = outcome.settings === undefined ? null : checkSettings(outcome.settings);
    return [
      ...diskProblems(outcome.disk ?? {}),
      ...(settings === null || settings.ok ? [] : [{ path: 'outcome.settings', reason: settings.failure.message.replace(/\.$/, '') }]),
    ];
  }
  if (outcome.kind === 'build') {
    const auto = { path: 'consent', reason: 'must be "ask": what a recipe will build cannot be shown when the site is armed' };
    return [...(recipes === null ? [] : recipeProblems(outcome.recipe, recipes)), ...(consent === 'auto' ? [auto] : [])];
  }
  if (outcome.kind === 'set') {
    const auto = { path: 'consent', reason: 'must be "ask": what a set will build cannot be shown when the site is armed' };
    return [...(recipes === null ? [] : setProblems(outcome, recipes)), ...(consent === 'auto' ? [auto] : [])];
  }
  if (outcome.kind !== 'ask') return [];
  const { facts, fields = [] } = outcome;
  if (facts.length + fields.length === 0) return [{ path: 'outcome.facts', reason: `is missing: ${MAY_BE['outcome.facts'] ?? ''}` }];
  return [
    ...facts.flatMap((fact, index) =>
      factDefinition(fact) === null ? [{ path: `outcome.facts[${index}]`, reason: `unknown fact "${fact}"${factHint(fact)}` }] : [],
    ),
    ...fields.flatMap((field, index) => {
      const isTwice = fields.findIndex(({ name }) => name === field.name) !== index;
      const problem = isTwice ? `${field.name} stands there twice` : fieldProblem(field);
      return problem === null ? [] : [{ path: `outcome.fields[${index}]`, reason: problem }];
    }),
  ];
};
