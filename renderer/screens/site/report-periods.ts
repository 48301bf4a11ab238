// The periods that a report can be of: all days at the site, or one visit. Pure.
import { dateTime, moment } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import type { ReportVisit } from '../../../preload/contract/report.ts';

export type Period = { readonly sinceMs: number | null; readonly untilMs: number | null };
export const WHOLE: Period = { sinceMs: null, untilMs: null };

export type PeriodChoice = { readonly value: string; readonly label: string; readonly period: Period };

/** The last visit goes on until now: what happens next belongs to it. */
export const periodChoices = (visits: readonly ReportVisit[]): readonly PeriodChoice[] => [
  { value: '', label: WORDS.site.report.whole, period: WHOLE },
  ...visits
    .map(({ sinceMs, untilMs, operators }, index) => {
      const isLast = index === visits.length - 1;
      const until = moment(untilMs, sinceMs) === dateTime(untilMs).slice(11) ? moment(untilMs, sinceMs) : dateTime(untilMs);
      return {
        value: String(sinceMs),
        label: WORDS.site.report.visit(dateTime(sinceMs), isLast ? WORDS.site.report.now : until, operators.join(', ')),
        period: { sinceMs, untilMs: isLast ? null : untilMs + 1 },
      };
    })
    .toReversed(),
];
