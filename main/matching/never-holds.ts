// Tests that read well and can never hold, because no reader spells a value so: refused when a policy is saved, with the spelling that
// its author meant. Policies that are saved already are judged as ever.
import type { FactDefinition } from '../../agent/protocol/facts.ts';
import type { FactTest } from '../../preload/contract/policy.ts';
import { isOwn, readOperand } from './declared-types.ts';
import { fillerReason } from './filler-operands.ts';
import { SPELLINGS, misspeltPattern } from './spellings.ts';
import type { ReadyTest } from './tests.ts';
import { foldText, nearest } from './text.ts';

/** A size below it that has no unit was meant in another one: no disk, memory or module is so small. */
const SMALLEST_BYTES = 2 ** 20;

/** Why `test` can never hold, or null. `ready`: the same, made ready. */
export const neverHolds = (test: FactTest, ready: ReadyTest, definition: FactDefinition): string | null => {
  if ('present' in test) return null;
  if ('between' in test && isReversed(test.between))
    return `is from a larger to a smaller one and would never hold; write ${reversed(test.between)}`;
  if (definition.type.startsWith('bytes')) return withoutUnit(test) ?? (MEMORY.includes(test.fact) ? inDecimals(test) : null);
  if (definition.unit === 'Mbit/s') return withoutSpeed(test);
  if (!definition.type.startsWith('text')) return null;
  const texts = textsOf(test);
  if (texts.some((text) => foldText(text) === ''))
    return `is empty and would never hold; for what nobody knows write {"fact": "${test.fact}", "present": false}`;
  if ('matches' in test && test.matches.trim() === '')
    return `is empty and would hold for whatever is known; write {"fact": "${test.fact}", "present": true}`;
  if ('matches' in test)
    return (
      asLiteral(test.fact, test.matches) ??
      misspeltPattern(test.fact, test.matches) ??
      (definition.values === undefined ? null : ofFew(test, ready, definition.values))
    );
  if (definition.values !== undefined) return ofFew(test, ready, definition.values);
  if (isOwn(test.fact)) return null;
  if ('cidr' in test)
    return ADDRESSES.includes(test.fact)
      ? bareNetwork(test.fact, test.cidr)
      : `${test.fact} is no address and would never be in a network; "cidr" reads ${ADDRESSES.join(', ')} and what people type (input.NAME)`;
  const foreign = 'glob' in test && STROKELESS.includes(test.fact) ? foreignGlob(test.fact, test.glob) : null;
  if (foreign !== null) return foreign;
  const starred = 'glob' in test || TYPED.includes(test.fact) ? undefined : texts.find((text) => text.includes('*'));
  if (starred !== undefined)
    return `takes the * of ${JSON.stringify(starred)} as itself; write {"fact": "${test.fact}", "glob": ${JSON.stringify(starred)}}`;
  const misspelt = Object.hasOwn(SPELLINGS, test.fact) ? SPELLINGS[test.fact] : undefined;
  const reasonOf = (text: string): string | null =>
    misspelt?.(text, 'glob' in test) ?? ('glob' in test ? null : fillerReason(test.fact, text));
  return texts.map((text) => reasonOf(foldText(text))).find((reason) => reason !== null) ?? null;
};

type Ends = Extract<FactTest, { between: unknown }>['between'];
const isReversed = ([from, to]: Ends): boolean => (readOperand(from)?.value ?? 0) > (readOperand(to)?.value ?? Number.POSITIVE_INFINITY);
const reversed = ([from, to]: Ends): string => `[${JSON.stringify(to)}, ${JSON.stringify(from)}]`;

const ADDRESSES: readonly string[] = ['network.address', 'network.subnet'];

/** No host is called `10.20.0.0`: a network without its prefix was meant. Who does mean the single address writes `/32`. */
const bareNetwork = (fact: string, network: string): string | null => {
  const [, octets = ''] = /^\s*(\d+\.\d+\.\d+)\.0\s*$/.exec(network) ?? [];
  if (octets === '' || fact !== 'network.address') return null;
  const zeros = octets
    .split('.')
    .toReversed()
    .findIndex((octet) => octet !== '0');
  return `${JSON.stringify(network)} is one address; for the network write its prefix, such as "${octets}.0/${zeros < 0 ? 0 : 24 - 8 * zeros}"`;
};

/** Patterns as SQL, shells and regular expressions write them: here all but * and ? stand for themselves. */
const foreignGlob = (fact: string, glob: string): string | null => {
  const write = (test: string, operand: string): string => `write {"fact": "${fact}", "${test}": ${JSON.stringify(operand)}}`;
  if (/^%|%$/.test(glob)) return `takes % as itself; ${write('glob', glob.replaceAll('%', '*'))}`;
  if (/^\^|\$$/.test(glob) || (glob.includes('.*') && !/(^|[^.])\*/.test(glob)))
    return `takes ^, $ and . as themselves; ${write('matches', glob)}`;
  if (glob.startsWith('!')) return `takes ! as itself; write {"none": [{"fact": "${fact}", "glob": ${JSON.stringify(glob.slice(1))}}]}`;
  if (glob.includes('|'))
    return `takes | as itself; write {"any": [${glob
      .split('|')
      .map((one) => JSON.stringify({ fact, glob: one.trim() }))
      .join(', ')}]}`;
  // A machine type of four digits in brackets is part of the names of IBM and Lenovo: `-[7945]-`.
  if (/(^|[^-])\[(?:[^\]]-[^\]]|[!^]?[^\]]{1,4})\]/.test(glob)) return `takes [ and ] as themselves; ${write('matches', asRegex(glob))}`;
  const [, before = '', choices, after = ''] = /^([^{}]*)\{([^{}]+,[^{}]*)\}([^{}]*)$/.exec(glob) ?? [];
  if (choices === undefined) return null;
  const tests = choices.split(',').map((one) => JSON.stringify({ fact, glob: `${before}${one.trim()}${after}` }));
  return `takes { and } as themselves; write {"any": [${tests.join(', ')}]}`;
};

const asRegex = (glob: string): string =>
  `^${glob
    .replaceAll(/[.+^$(){}|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^')}$`;

/** What people write into a machine or say of it may hold anything; makers write no stars. */
const TYPED: readonly string[] = ['role', 'user', 'rack.position', 'asset.tag', 'ipmi.asset'];

const textsOf = (test: FactTest): readonly string[] => {
  const operands = 'equal' in test ? [test.equal] : 'in' in test ? test.in : 'glob' in test ? [test.glob] : [];
  return operands.filter((operand) => typeof operand === 'string');
};

const operandsOf = (test: FactTest): readonly unknown[] =>
  Object.entries(test).flatMap(([name, operand]: [string, unknown]) => (name === 'fact' ? [] : [operand].flat()));

/** `64` is 64 bytes. */
const withoutUnit = (test: FactTest): string | null => {
  const bare = operandsOf(test).find((operand) => Number(operand) > 0 && Number(operand) < SMALLEST_BYTES);
  return bare === undefined ? null : `${JSON.stringify(bare)} without a unit is bytes; write "${Number(bare)} GiB" or another unit`;
};

const MEMORY: readonly string[] = ['memory.size', 'memory.module-sizes'];

/** Modules are sized in GiB, whatever stands on them: none has exactly 64,000,000,000 bytes. */
const inDecimals = (test: FactTest): string | null => {
  const operands: readonly unknown[] = 'equal' in test ? [test.equal] : 'in' in test ? test.in : [];
  const decimal = operands.find((operand) => typeof operand === 'string' && /\d\s*[kmgtp]b\s*$/i.test(operand));
  return typeof decimal === 'string'
    ? `no memory has exactly ${JSON.stringify(decimal)}; write "${decimal.trim().replace(/([kmgtp])b$/i, (_, prefix: string) => `${prefix === 'k' ? 'K' : prefix.toUpperCase()}iB`)}"`
    : null;
};

/** A speed below it that has no unit was meant in Mbit/s by some and in Gbit/s by others. */
const CLEAR_SPEED = 1000;
const withoutSpeed = (test: FactTest): string | null => {
  const bare = operandsOf(test).find((operand) => Number(operand) > 0 && Number(operand) < CLEAR_SPEED);
  return bare === undefined
    ? null
    : `${JSON.stringify(bare)} without a unit is Mbit/s; write "${Number(bare)} Gbit/s" or "${Number(bare)} Mbit/s"`;
};

/** In which a stroke is hardly ever part of a value; serials of Dell's boards and the ports of switches hold several. */
const STROKELESS: readonly string[] = ['manufacturer', 'model', 'system.family', 'cpu.model', 'firmware.vendor', 'chassis.type'];

/** `/^R7/i`, as other languages write it: here the strokes stand for themselves. */
const asLiteral = (fact: string, pattern: string): string | null => {
  const [, anchored, flagged, plain] = /^\/(?:(\^.*|.*\$)\/[a-z]*|(.+)\/[gimsuvy]{1,4}|(.+)\/)$/.exec(pattern) ?? [];
  const inner = anchored ?? (STROKELESS.includes(fact) ? (flagged ?? plain) : undefined);
  return inner === undefined ? null : `needs no strokes around it, and case does not count; write ${JSON.stringify(inner)}`;
};

const ofFew = (test: FactTest, ready: ReadyTest, values: readonly string[]): string | null => {
  const operands = 'equal' in test ? [test.equal] : 'in' in test ? test.in : [];
  const strange = operands.find((operand) => typeof operand !== 'string' || !values.includes(foldText(operand)));
  if (strange === undefined && (operands.length > 0 || values.some((value) => ready.holds(value) === true))) return null;
  const near = typeof strange === 'string' ? nearest(strange, values) : null;
  const what = strange === undefined ? 'none of them fits' : `never ${JSON.stringify(strange)}`;
  return `${test.fact} is always one of ${values.join(', ')}; ${what}${near === null ? elsewhere(test.fact, strange) : `, did you mean "${near}"`}`;
};

/** What people call the kinds of machines. */
const KINDS: Readonly<Record<string, string>> = {
  notebook: 'laptop',
  vm: 'virtual',
  pc: 'desktop',
  workstation: 'tower',
  sled: 'node',
  server: 'rack',
};

const elsewhere = (fact: string, word: unknown): string => {
  if (fact === 'disk.kinds' && word === 'nvme') return '; write {"fact": "disk.transports", "equal": "nvme"}';
  if (fact === 'firmware.kind' && typeof word === 'string' && /^(legacy|csm|pcbios|legacy bios)$/i.test(word.trim()))
    return ', did you mean "bios"';
  const kind =
    fact === 'machine.kind' && typeof word === 'string' && Object.hasOwn(KINDS, foldText(word)) ? KINDS[foldText(word)] : undefined;
  return kind === undefined ? '' : `, did you mean "${kind}"`;
};
