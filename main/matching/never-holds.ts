// Tests that read well and can never hold, because no reader spells a value so: refused when a policy is saved, with the spelling that
// its author meant. Policies that are saved already are judged as ever.
import { isIP } from 'node:net';
import { slotIn } from '../../agent/facts/blade.ts';
import { CHASSIS_TYPES } from '../../agent/facts/smbios/records.ts';
import type { FactDefinition } from '../../agent/protocol/facts.ts';
import type { FactTest } from '../../preload/contract/policy.ts';
import { hostBitsSet, networkWords, parseNetwork } from './cidr.ts';
import { isOwn } from './declared-types.ts';
import { fillerReason } from './filler-operands.ts';
import type { ReadyTest } from './tests.ts';
import { foldText, nearest } from './text.ts';

/** A size below it that has no unit was meant in another one: no disk, memory or module is so small. */
const SMALLEST_BYTES = 2 ** 20;

/** Why `test` can never hold, or null. `ready`: the same, made ready. */
export const neverHolds = (test: FactTest, ready: ReadyTest, definition: FactDefinition): string | null => {
  if ('present' in test) return null;
  if (definition.type.startsWith('bytes')) return withoutUnit(test);
  if (!definition.type.startsWith('text')) return null;
  const texts = textsOf(test);
  if (texts.some((text) => foldText(text) === ''))
    return `is empty and would never hold; for what nobody knows write {"fact": "${test.fact}", "present": false}`;
  if ('matches' in test && test.matches.trim() === '')
    return `is empty and would hold for whatever is known; write {"fact": "${test.fact}", "present": true}`;
  if ('matches' in test)
    return asLiteral(test.fact, test.matches) ?? (definition.values === undefined ? null : ofFew(test, ready, definition.values));
  if (definition.values !== undefined) return ofFew(test, ready, definition.values);
  if (isOwn(test.fact)) return null;
  if ('cidr' in test)
    return ADDRESSES.includes(test.fact)
      ? null
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

/** Patterns as SQL, shells and regular expressions write them: here all but * and ? stand for themselves. */
const foreignGlob = (fact: string, glob: string): string | null => {
  const write = (test: string, operand: string): string => `write {"fact": "${fact}", "${test}": ${JSON.stringify(operand)}}`;
  if (/^%|%$/.test(glob)) return `takes % as itself; ${write('glob', glob.replaceAll('%', '*'))}`;
  if (/^\^|\$$/.test(glob) || (glob.includes('.*') && !/(^|[^.])\*/.test(glob)))
    return `takes ^, $ and . as themselves; ${write('matches', glob)}`;
  if (glob.startsWith('!')) return `takes ! as itself; write {"none": [{"fact": "${fact}", "glob": ${JSON.stringify(glob.slice(1))}}]}`;
  const [, before = '', choices, after = ''] = /^([^{}]*)\{([^{}]+,[^{}]*)\}([^{}]*)$/.exec(glob) ?? [];
  if (choices === undefined) return null;
  const tests = choices.split(',').map((one) => JSON.stringify({ fact, glob: `${before}${one.trim()}${after}` }));
  return `takes { and } as themselves; write {"any": [${tests.join(', ')}]}`;
};

/** What people write into a machine or say of it may hold anything; makers write no stars. */
const TYPED: readonly string[] = ['role', 'user', 'rack.position', 'asset.tag', 'ipmi.asset'];

const textsOf = (test: FactTest): readonly string[] => {
  const operands = 'equal' in test ? [test.equal] : 'in' in test ? test.in : 'glob' in test ? [test.glob] : [];
  return operands.filter((operand) => typeof operand === 'string');
};

/** `64` is 64 bytes. */
const withoutUnit = (test: FactTest): string | null => {
  const operands = Object.entries(test).flatMap(([name, operand]: [string, unknown]) => (name === 'fact' ? [] : [operand].flat()));
  const bare = operands.find((operand) => Number(operand) > 0 && Number(operand) < SMALLEST_BYTES);
  return bare === undefined ? null : `${JSON.stringify(bare)} without a unit is bytes; write "${Number(bare)} GiB" or another unit`;
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
  const kind =
    fact === 'machine.kind' && typeof word === 'string' && Object.hasOwn(KINDS, foldText(word)) ? KINDS[foldText(word)] : undefined;
  return kind === undefined ? '' : `, did you mean "${kind}"`;
};

/** Of one folded operand: why no value is ever spelt so, or null. */
type Spelling = (text: string, isGlob: boolean) => string | null;

const ADDRESSES: readonly string[] = ['network.address', 'network.subnet'];

const mac: Spelling = (text, isGlob) => {
  const coloned = text.replaceAll(/[-.]/g, ':');
  if (isGlob) {
    if (text.length === 17 || /[*?]/.test(text)) return /[^0-9a-f:*?]/.test(text) ? macReason(text, coloned) : null;
    return macReason(text, `${coloned.replace(/:$/, '')}:*`);
  }
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text)) return null;
  const digits = text.replaceAll(/[^0-9a-f]/g, '');
  const isWhole = digits.length === 12 && /^[0-9a-f:.\s-]+$/.test(text);
  return macReason(text, isWhole ? (digits.match(/../g) ?? []).join(':') : null);
};
const macReason = (text: string, meant: string | null): string =>
  `${JSON.stringify(text)} is no MAC as it is told; write "${meant !== null && /^[0-9a-f:*?]+$/.test(meant) ? meant : '52:54:00:12:34:56'}"${
    meant === null ? ', or its beginning with "glob": "52:54:00:*"' : ''
  }`;

const VENDORS: Readonly<Record<string, string>> = { intel: 'GenuineIntel', amd: 'AuthenticAMD', 'advanced micro devices': 'AuthenticAMD' };
const cpuVendor: Spelling = (text) => {
  const said = text.replaceAll(/\(r\)|[*?.,]|\bcorp(oration)?\b|\binc\b/g, '').trim();
  // `*intel*` finds GenuineIntel.
  const vendor = text.startsWith('*') || !Object.hasOwn(VENDORS, said) ? undefined : VENDORS[said];
  return vendor === undefined ? null : `${JSON.stringify(text)} is told as "${vendor}"; write that`;
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', amd64: 'x86_64', 'x86-64': 'x86_64', arm64: 'aarch64' };
const architecture: Spelling = (text) => {
  const said = Object.hasOwn(ARCHITECTURES, text) ? ARCHITECTURES[text] : undefined;
  return said === undefined ? null : `${JSON.stringify(text)} is told as "${said}"; write that`;
};

const wwn: Spelling = (text, isGlob) => {
  const digits = /^(?:0x|wwn-0x|wwn-)?([0-9a-f]{16}|[0-9a-f]{32})$/.exec(text)?.[1];
  return isGlob || digits === undefined ? null : `${JSON.stringify(text)} is told with its kind; write "naa.${digits}" or "eui.${digits}"`;
};

const slot: Spelling = (text, isGlob) => {
  const bare = slotIn(text) ?? (/^0+[1-9]\d*$/.test(text) ? text.replace(/^0+/, '') : null);
  return isGlob || bare === null || bare === text ? null : `blade.slot is the bare position; write "${bare}"`;
};

const address: Spelling = (text, isGlob) => {
  if (isGlob || isIP(text) !== 0) return null;
  return `${JSON.stringify(text)} is no single address; for a network write {"fact": "network.address", "cidr": "10.20.0.0/16"}`;
};

const subnet: Spelling = (text, isGlob) => {
  if (isGlob) return null;
  const network = parseNetwork(text);
  if (network.ok && text.includes('/') && !hostBitsSet(text)) return null;
  const meant = network.ok && text.includes('/') ? networkWords(network.value) : '10.20.0.0/16';
  return `${JSON.stringify(text)} is no network with its prefix; write "${meant}"`;
};

const CHASSIS = CHASSIS_TYPES.filter((type) => type !== '' && fillerReason('chassis.type', foldText(type)) === null);
const chassis: Spelling = (text, isGlob) => {
  if (isGlob || fillerReason('chassis.type', text) !== null || CHASSIS.some((type) => foldText(type) === text)) return null;
  const meant = CHASSIS_TYPES[Number(text)] || CHASSIS.find((type) => foldText(type).startsWith(text)) || nearest(text, CHASSIS);
  return meant
    ? `${JSON.stringify(text)} is told as "${meant}"; write that`
    : `${JSON.stringify(text)} is no chassis type; they are ${CHASSIS.join(', ')}. Simpler: {"fact": "machine.kind", "equal": "rack"}`;
};

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  'nic.macs': mac,
  'nic.current-macs': mac,
  'network.boot-mac': mac,
  'cpu.vendor': cpuVendor,
  architecture,
  'disk.wwns': wwn,
  'blade.slot': slot,
  'chassis.type': chassis,
  'network.address': address,
  'network.subnet': subnet,
};
