// What a figure of the bench is: our number beside a reference's from the same run, their ratio, and the limit that the ratio keeps.
// Absolute speeds depend on the computer; ratios of interleaved pairs hardly do.

/** One line of `--json`. Speeds are in the figure's own unit, more is better; sizes are bytes and times `s`, less is better. */
export type Measured = {
  readonly figure: string;
  readonly unit: string;
  /** Median of the pairs, where pairs were run. */
  readonly ours: number;
  /** The reference tool's number; null where the limit is an absolute one. */
  readonly reference: number | null;
  /** Median of the pairs' ratios, ours ÷ reference. */
  readonly ratio: number | null;
  /** Least ratio for speeds, greatest for costs, most bytes for sizes, most seconds for times; null: reported only. */
  readonly limit: number | null;
  /** The ratio is of costs: the limit is the most it may be. */
  readonly isCost?: true;
  /** The limit is the most seconds it may take. */
  readonly isTime?: true;
  readonly holds: boolean;
};
export type Skipped = { readonly figure: string; readonly skipped: string };
/** It was to be measured and could not be; counts as not holding. */
export type Broken = { readonly figure: string; readonly failed: string };
export type Line = Measured | Skipped | Broken;

export type RunContext = {
  /** A folder of the bench's own, on the disk that is written to. */
  readonly folder: string;
  /** Share of the full size of files and loads; 1 except when trying the bench itself. */
  readonly scale: number;
  readonly pairs: number;
  /** Progress for a person. */
  say(text: string): void;
};

export type Suite = {
  readonly figures: readonly string[];
  /** Why it cannot run here; null when it can. */
  whyNot(): string | null;
  /** Gives lines for `figures`, or more of them. */
  run(context: RunContext): Promise<readonly Line[]>;
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

export type Pair<T> = { readonly ours: T; readonly reference: T };

/** Ours, reference, ours, …: load that comes and goes hits both. */
export const interleave = async <T>(
  context: RunContext,
  what: string,
  run: { readonly ours: () => Promise<T>; readonly reference: () => Promise<T> },
  show: (value: T) => string,
): Promise<readonly Pair<T>[]> => {
  const pairs: Pair<T>[] = [];
  for (let number = 1; number <= context.pairs; number += 1) {
    const ours = await run.ours();
    const reference = await run.reference();
    context.say(`${what}, pair ${number} of ${context.pairs}: ours ${show(ours)}, reference ${show(reference)}`);
    pairs.push({ ours, reference });
  }
  return pairs;
};

/** Speeds: more is better, `limit` is the least ratio. */
export const speedLine = (figure: string, unit: string, pairs: readonly Pair<number>[], limit: number | null): Measured => {
  const ratio = round(median(pairs.map(({ ours, reference }) => ours / reference)));
  return {
    figure,
    unit,
    ours: round(median(pairs.map(({ ours }) => ours))),
    reference: round(median(pairs.map(({ reference }) => reference))),
    ratio,
    limit,
    holds: limit === null || ratio >= limit,
  };
};

/** Costs: less is better, `limit` is the most that ours may be of the reference's. */
export const costLine = (figure: string, unit: string, pairs: readonly Pair<number>[], limit: number): Measured => {
  const line = speedLine(figure, unit, pairs, null);
  return { ...line, limit, isCost: true, holds: line.ratio !== null && line.ratio <= limit };
};

/** Bytes of ours and of a reference, which the same input always gives: one run says what three would. `limit` is the greatest ratio. */
export const shareLine = (figure: string, oursBytes: number, referenceBytes: number, limit: number): Measured => {
  const ratio = round(oursBytes / referenceBytes);
  return { figure, unit: 'bytes', ours: oursBytes, reference: referenceBytes, ratio, limit, isCost: true, holds: ratio <= limit };
};

/** Sizes: less is better, `limit` is the most bytes. The reference's is for comparison; without one the ratio is of the limit. */
export const sizeLine = (figure: string, sizeBytes: number, limit: number | null, reference: number | null = null): Measured => ({
  figure,
  unit: 'bytes',
  ours: sizeBytes,
  reference,
  ratio: reference !== null ? round(sizeBytes / reference) : limit === null ? null : round(sizeBytes / limit),
  limit,
  holds: limit === null || sizeBytes <= limit,
});

/** Times: less is better, `limitSeconds` is the most. The reference's time says what part of it is the computer's. */
export const timeLine = (figure: string, pairs: readonly Pair<number>[], limitSeconds: number): Measured => {
  const ours = round(median(pairs.map((pair) => pair.ours)));
  const reference = round(median(pairs.map((pair) => pair.reference)));
  return {
    figure,
    unit: 's',
    ours,
    reference,
    ratio: round(ours / reference),
    limit: limitSeconds,
    isTime: true,
    holds: ours <= limitSeconds,
  };
};

const round = (value: number): number => Math.round(value * 1000) / 1000;
