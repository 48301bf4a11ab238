// A report without the names of single machines: serials, WWNs, MACs, asset tags. PURE. What stands in a field of its own is left out;
// in sentences a name becomes "(left out)", whatever machine the sentence is about.
import type { SiteReport } from '../../preload/contract/report.ts';
import { literally, NAMING, spellingsOf } from '../machines/naming.ts';

const GONE = '(left out)';
/** What a name looks like in a sentence. */
const WORD = /[\p{L}\p{N}](?:[\p{L}\p{N}:._/-]*[\p{L}\p{N}])?/gu;
/** Keys of a plan and of its differences that name one machine. */
const KEYS: ReadonlySet<string> = new Set(['serial', 'mac', 'enclosure']);
/** Names and hashes of our own, which look like anything. */
const OURS: ReadonlySet<string> = new Set(['id', 'machineId', 'osoid', 'manifestSha256', 'keyId', 'kitId', 'kind', 'state', 'code']);

const isNaming = (name: string): boolean => NAMING.has(name) || KEYS.has(name);

/** One pass over a text, however many names there are; a name of several words is looked for by itself. */
const clearerOf = (names: readonly string[]): ((text: string) => string) => {
  const spelled = [...new Set(spellingsOf(names).map((name) => name.toLowerCase()))];
  const isWord = (name: string): boolean => name.match(WORD)?.[0] === name;
  const words = new Set(spelled.filter(isWord));
  const phrases = spelled.filter((name) => !isWord(name)).map(literally);
  const phrase = phrases.length === 0 ? null : new RegExp(phrases.join('|'), 'gi');
  return (text) => {
    const left = phrase === null ? text : text.replaceAll(phrase, GONE);
    return left.replaceAll(WORD, (word) => (words.has(word.toLowerCase()) ? GONE : word));
  };
};

const clearAll = <T>(value: T, clear: (text: string) => string): T => {
  if (typeof value === 'string') return clear(value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => clearAll(one, clear)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, OURS.has(key) ? (one as unknown) : clearAll(one, clear)])) as T;
};

type Disk = SiteReport['work'][number]['disk'];
const nameless = (disk: Disk): Disk => ({ ...disk, serial: null, wwn: null });

/** `names`: every name of a machine that is known, its own or its parts'. */
export const redactReport = (report: SiteReport, names: readonly string[]): SiteReport => {
  const { plan } = report;
  const bare: SiteReport = {
    ...report,
    redacted: true,
    machines: report.machines.map((machine) => ({
      ...machine,
      serial: null,
      macs: [],
      holds: machine.holds && { ...machine.holds, disk: machine.holds.disk && nameless(machine.holds.disk) },
    })),
    work: report.work.map((one) => ({ ...one, disk: nameless(one.disk) })),
    plan: plan && {
      ...plan,
      rows: plan.rows.map(({ keys: { slot }, ...row }) => ({
        ...row,
        keys: slot === undefined ? {} : { slot },
        facts: row.facts.filter(({ name }) => !isNaming(name)),
        differences: row.differences.map((one) => (isNaming(one.fact) ? { ...one, expected: GONE, seen: GONE } : one)),
      })),
    },
  };
  const keys =
    plan?.rows.flatMap((row) => Object.entries(row.keys).flatMap(([key, value]) => (KEYS.has(key) && value ? [value] : []))) ?? [];
  return clearAll(bare, clearerOf([...names, ...keys]));
};
