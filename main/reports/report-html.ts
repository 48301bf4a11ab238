// The hand-over report as one HTML document that stands by itself: no scripts, nothing fetched, made to be printed and kept. PURE.
import { createHash } from 'node:crypto';
import type { SiteReport } from '../../preload/contract/report.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { heardPart, imagesPart, keysPart, machinesPart, workPart } from './report-tables.ts';
import { armingsPart, constructionsPart, happeningsPart, openPart, planPart } from './report-lists.ts';
import { REPORT_STYLE } from './report-style.ts';
import { periodText, timeText, zoneText } from './report-words.ts';

/** The document's own policy allows this one style sheet, whatever came into its text. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(REPORT_STYLE).digest('base64')}'`;

const pairs = (rows: readonly (readonly [string, string])[]): Html =>
  html`<dl class="head">
    ${rows.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

const head = (report: SiteReport): Html => {
  const { station, operators, visits, madeAtMs } = report;
  const last = visits.at(-1);
  return html`<header>
    <p class="kind">Hand-over report</p>
    <h1>${report.siteName}</h1>
    ${pairs([
      ['Period', periodText(report)],
      ['Last visit', last === undefined ? 'none' : `${timeText(last.sinceMs)} until ${timeText(last.untilMs)}`],
      ['Operator', operators.join(', ') || 'nobody'],
      ['Station', `${station.name}, Rackside ${station.version}, key ${station.keyId}`],
      ['Boot kit', station.kitId ?? 'none'],
      ['Written', `${timeText(madeAtMs)}, all times ${zoneText(madeAtMs)}`],
    ])}
  </header>`;
};

const counts = ({ counts: is }: SiteReport): Html => {
  const shown: readonly (readonly [number, string, boolean])[] = [
    [is.machines, 'machines', false],
    [is.provisioned, 'provisioned', false],
    [is.deployed, 'images deployed', false],
    ...(is.built > 0 ? [[is.built, 'images built', false] as const] : []),
    ...(is.captured > 0 ? [[is.captured, 'images captured', false] as const] : []),
    [is.failed, 'failed', is.failed > 0],
    [is.open, 'left open', is.open > 0],
  ];
  return html`<dl class="counts">
    ${shown.map(([number, word, isFlag]) => html`<div${isFlag ? html` class="flag"` : null}><dt>${word}</dt><dd>${number}</dd></div>`)}
  </dl>`;
};

/** The body alone, as the window shows it. */
export const reportBody = (report: SiteReport): Html =>
  html`<main class="report" lang="en">
    ${head(report)} ${counts(report)}
    ${report.redacted ? html`<p class="note">Serials, MACs and other names of single machines are left out of this report.</p>` : null}
    ${openPart(report)} ${planPart(report)} ${machinesPart(report)} ${workPart(report)} ${imagesPart(report)} ${keysPart(report)}
    ${constructionsPart(report)} ${armingsPart(report)} ${happeningsPart('Taken on a person’s word', report.overrides)}
    ${happeningsPart('Also on record', report.notes)} ${heardPart(report)}
    <div class="sign">
      <p>Handed over: name, date, signature</p>
      <p>Taken over: name, date, signature</p>
    </div>
  </main>`;

export const reportHtml = (report: SiteReport): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">
<title>Hand-over report: ${report.siteName}</title><style>`.toString() +
  REPORT_STYLE +
  html`</style></head><body>${reportBody(report)}</body></html>
`.toString();
