// How the values for which two tests of one fact hold lie to each other: 128 GiB and more is inside 64 GiB and more, 10.20.1.0/24 inside
// 10.0.0.0/8. Only what is certain is told; where nothing is, every answer is false.
import { factDefinition } from '../../agent/protocol/facts.ts';
import type { FactTest } from '../../preload/contract/policy.ts';
import { canonicalText } from './canonical.ts';
import { insideNetwork, parseNetwork } from './cidr.ts';
import { isGlobInside } from './glob.ts';
import { areRangesApart, isRangeInside, rangeOf, restOf } from './ranges.ts';
import { readied } from './tests.ts';
import type { ReadyTest, ScalarValue } from './tests.ts';
import { foldText } from './text.ts';

/** Of one value: the test holds, does not, or cannot read it. */
export type Verdict = 'holds' | 'fails' | 'unreadable';
export const VERDICTS: readonly Verdict[] = ['holds', 'fails', 'unreadable'];

type Relation = {
  /** What the one holds for, the other holds for. */
  readonly isInside: boolean;
  /** The other way round. */
  readonly contains: boolean;
  /** There is no value for which both hold. */
  readonly isDisjoint: boolean;
  /** Of two that can read a value, one holds. */
  readonly coversRest: boolean;
};
const NOTHING: Relation = { isInside: false, contains: false, isDisjoint: false, coversRest: false };

/** Whether a value of which `one` says one of `verdicts` is always one of which `other` says one of `allowed`. Both are of one fact. */
export const isVerdictInside = (one: FactTest, verdicts: readonly Verdict[], other: FactTest, allowed: readonly Verdict[]): boolean => {
  if (VERDICTS.every((verdict) => allowed.includes(verdict))) return true;
  const [first, second] = [readied(one), readied(other)];
  if (first === null || second === null) return false;
  if (verdicts.every((verdict) => allowed.includes(verdict)) && isSameTest(one, other)) return true;
  const [kind, otherKind] = [readableKind(one, first), readableKind(other, second)];
  const areReadAlike = kind !== null && kind === otherKind;
  const { isInside, contains, isDisjoint, coversRest } = areReadAlike ? relationOf(one, first, other, second) : NOTHING;
  const [holds, fails] = [allowed.includes('holds'), allowed.includes('fails')];
  return verdicts.every((verdict) => {
    // What is no text is no network either.
    if (verdict === 'unreadable') return allowed.includes('unreadable') && (areReadAlike || (kind === 'text' && otherKind === 'network'));
    // Only the values that are listed, each of which can be tried.
    if (verdict === 'holds' && first.operands !== undefined)
      return [...first.operands].every((value) => {
        const on = verdictOn(second, value);
        return on !== null && allowed.includes(on);
      });
    if (holds && fails) return areReadAlike;
    return verdict === 'holds' ? (holds ? isInside : fails && isDisjoint) : fails ? contains : holds && coversRest;
  });
};

/** Of patterns and of what people type, which nothing else is told of. */
const isSameTest = (one: FactTest, other: FactTest): boolean => {
  if ('matches' in one || 'matches' in other) return 'matches' in one && 'matches' in other && one.matches === other.matches;
  return readied(one)?.measures !== undefined && canonicalText(one) === canonicalText(other);
};

/** Null where it hangs on what the fact's field declares. */
const verdictOn = ({ holds, measures }: ReadyTest, value: ScalarValue): Verdict | null => {
  const verdict = holds(value);
  if (verdict === true) return 'holds';
  if (measures !== undefined) return null;
  return verdict === false ? 'fails' : 'unreadable';
};

/** Tests of one such kind can read the same values. */
const readableKind = (test: FactTest, { measures }: ReadyTest): string | null =>
  measures !== undefined || 'present' in test
    ? null
    : 'cidr' in test
      ? 'network'
      : (factDefinition(test.fact)?.type.replace('-list', '').replace('bytes', 'number') ?? null);

const relationOf = (one: FactTest, first: ReadyTest, other: FactTest, second: ReadyTest): Relation => {
  const [values, otherValues] = [first.operands, second.operands];
  const all = (list: ReadonlySet<ScalarValue> | undefined, ready: ReadyTest, verdict: boolean): boolean =>
    list !== undefined && [...list].every((value) => ready.holds(value) === verdict);
  if (values !== undefined || otherValues !== undefined)
    return {
      ...NOTHING,
      isInside: all(values, second, true),
      contains: all(otherValues, first, true),
      isDisjoint: all(values, second, false) || all(otherValues, first, false),
    };
  const [range, otherRange] = [rangeOf(one), rangeOf(other)];
  if (range !== null && otherRange !== null) {
    const rest = restOf(range);
    return {
      isInside: isRangeInside(range, otherRange),
      contains: isRangeInside(otherRange, range),
      isDisjoint: areRangesApart(range, otherRange),
      coversRest: rest !== null && isRangeInside(rest, otherRange),
    };
  }
  if ('cidr' in one && 'cidr' in other) {
    const [isInside, contains] = [isNetworkInside(one.cidr, other.cidr), isNetworkInside(other.cidr, one.cidr)];
    return { isInside, contains, isDisjoint: !isInside && !contains, coversRest: false };
  }
  return { ...NOTHING, isInside: isLike(one, other), contains: isLike(other, one) };
};

const isNetworkInside = (narrow: string, wide: string): boolean => {
  const network = parseNetwork(wide);
  return network.ok && insideNetwork(network.value, narrow) === true;
};

const isLike = (narrow: FactTest, wide: FactTest): boolean => {
  if (!('glob' in wide)) return false;
  // Any text at all is like "*".
  return isGlobInside('glob' in narrow ? foldText(narrow.glob) : '*', foldText(wide.glob));
};
