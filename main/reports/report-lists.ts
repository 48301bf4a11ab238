// The lists of the printed report: what is left open, the plan, constructions, armings, and what else is on record. PURE.
import type { FactValue } from '../../agent/protocol/facts.ts';
import type { ReportHappening, ReportPlanRow, SiteReport } from '../../preload/contract/report.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { imageText, timeText } from './report-words.ts';

const list = (title: string, items: readonly Html[], lead: Html | null = null): Html =>
  html`<section>
    <h2>${title}</h2>
    ${lead}
    <ul>
      ${items.map((item) => html`<li>${item}</li> `)}
    </ul>
  </section>`;

const sub = (text: string): Html => html`<span class="sub">${text}</span>`;

export const openPart = ({ open }: SiteReport): Html =>
  open.length === 0
    ? html`<section>
        <h2>Left open</h2>
        <p class="note">Nothing: every machine that was started from here runs what was decided for it.</p>
      </section>`
    : list(
        'Left open',
        open.map(({ name, text, next }) => html`<strong>${name}</strong>: ${text}${sub(next)}`),
      );

const valueText = (value: FactValue): string => (Array.isArray(value) ? value.join(', ') : String(value));

const rowName = ({ machine, keys, facts, line }: ReportPlanRow): string => {
  const host = facts.find(({ name }) => name === 'input.hostname')?.value;
  const key = keys.serial ?? keys.mac ?? (keys.slot === undefined ? null : `slot ${keys.slot}`);
  return machine?.name ?? (typeof host === 'string' ? host : (key ?? `line ${line}`));
};

const ROW_STATES: Readonly<Record<ReportPlanRow['state'], string>> = {
  seen: 'here',
  earlier: 'known, not heard in this period',
  missing: 'missing',
  conflict: 'in conflict',
};

/** Only rows that are not simply here: those are in the table of machines. */
export const planPart = ({ plan }: SiteReport): Html | null => {
  if (plan === null) return null;
  const { expected, seen, earlier, missing, conflicts, otherwise, unplanned } = plan.counts;
  const says = [
    `${expected} expected`,
    `${seen} seen`,
    ...(earlier > 0 ? [`${earlier} not heard in this period`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(conflicts > 0 ? [`${conflicts} in conflict`] : []),
    ...(otherwise > 0 ? [`${otherwise} not as planned`] : []),
    ...(unplanned > 0 ? [`${unplanned} not in the plan`] : []),
  ];
  const odd = plan.rows.filter(({ state, differences }) => state !== 'seen' || differences.length > 0);
  const lead = html`<p>${says.join(', ')}.</p>
    <p class="note">${plan.name}, taken by ${plan.operator}, ${timeText(plan.importedAtMs)}</p>`;
  return list(
    'Plan',
    odd.map(
      (row) =>
        html`<strong>${rowName(row)}</strong>:
          ${row.conflict ?? ROW_STATES[row.state]}${row.differences.map(({ fact, expected: wanted, seen: found }) =>
            sub(`${fact} is ${valueText(found)}, planned is ${valueText(wanted)}`),
          )}`,
    ),
    lead,
  );
};

export const constructionsPart = ({ constructions }: SiteReport): Html | null =>
  constructions.length === 0
    ? null
    : list(
        'Made on the station',
        constructions.map(
          ({ imageName, osoid, recipe, machineName, state, startedAtMs, failure }) =>
            html`<strong>${imageText(imageName, osoid)}</strong>,
              ${state}${sub(`by recipe ${recipe} for ${machineName}, ${timeText(startedAtMs)}`)}${
                failure === null ? null : html`<span class="sub bad">${failure.message} (${failure.code})</span>`
              }`,
        ),
      );

export const armingsPart = ({ armings }: SiteReport): Html | null =>
  armings.length === 0
    ? null
    : list(
        'Times at which the site was armed',
        armings.map(
          ({ operator, sinceMs, untilMs, endedAtMs, endReason, machines, used, replaceExisting, images }) =>
            html`<strong>${timeText(sinceMs)} until ${timeText(endedAtMs ?? untilMs)}</strong> by ${operator}: ${used} of ${machines}
              machines
              used${
                replaceExisting ? ', disks with content too' : ''
              }${sub(endReason === null ? 'not ended yet' : `it ended because ${endReason}`)}${images.map(({ policy, imageName, osoid }) =>
                sub(`policy "${policy}": ${imageText(imageName, osoid)}`),
              )}`,
        ),
      );

export const happeningsPart = (title: string, happenings: readonly ReportHappening[]): Html | null =>
  happenings.length === 0
    ? null
    : list(
        title,
        happenings.map(
          ({ atMs, machine, operator, text }) =>
            html`${text}${sub(`${timeText(atMs)}, ${operator}${machine === null ? '' : `, ${machine.name}`}`)}`,
        ),
      );
