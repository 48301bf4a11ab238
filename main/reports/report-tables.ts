// The tables of the printed report: machines, work, images, keys. PURE. Cells carry their column's name, for screens that are too narrow
// for a table.
import type { ReportMachine, ReportWork, SiteReport } from '../../preload/contract/report.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import {
  diskText,
  firmwareText,
  hardwareText,
  imageText,
  KINDS,
  PLAN_STANDINGS,
  STATES,
  timeText,
  TRUST,
  WORK_STATES,
} from './report-words.ts';
import { size } from '../command/output.ts';

const sub = (text: string | null, look = ''): Html | null =>
  text === null || text === '' ? null : html`<span class="sub${look === '' ? null : ` ${look}`}">${text}</span>`;

/** The first cell of a row names it. */
const table = (columns: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html =>
  html`<table>
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col">${column}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell, index) =>
              index === 0 ? html`<th scope="row">${cell}</th>` : html`<td data-label="${columns[index] ?? ''}">${cell}</td>`,
            )}
          </tr> `,
      )}
    </tbody>
  </table>`;

const part = (title: string, body: Html): Html =>
  html`<section>
    <h2>${title}</h2>
    ${body}
  </section>`;
const partOf = <T>(title: string, rows: readonly T[], body: (rows: readonly T[]) => Html): Html | null =>
  rows.length === 0 ? null : part(title, body(rows));

const machineRow = (machine: ReportMachine): readonly (Html | string)[] => {
  const { name, position, serial, macs, holds, state, later } = machine;
  const isBad = state === 'failed' || machine.failure !== null;
  return [
    html`${name}${sub(position)}`,
    html`${hardwareText(machine) || 'not told'}${serial === null || serial === name ? null : sub(`serial ${serial}`)}${sub(firmwareText(machine))}`,
    html`<span class="code">${macs.join(' ') || 'none told'}</span>`,
    holds === null
      ? 'nothing by record'
      : html`${holds.imageName ?? 'image'}
          <span class="code">${holds.osoid.slice(0, 16)}</span>${sub(holds.disk === null ? null : `disk ${diskText(holds.disk)}`)}`,
    html`<span${isBad ? html` class="bad"` : null}>${STATES[state]}</span>${sub(machine.failure?.message ?? null, 'bad')}${sub(
      machine.plan === null ? null : PLAN_STANDINGS[machine.plan],
    )}${sub(later === null ? null : `as of ${timeText(later.atMs)}, at ${later.siteName}`)}`,
  ];
};

export const machinesPart = ({ machines }: SiteReport): Html => {
  const identified = machines.filter((machine) => machine.identified);
  return part(
    'Machines',
    identified.length === 0
      ? html`<p class="note">No machine was started from here in this period.</p>`
      : table(['Machine', 'Hardware', 'MACs', 'Holds', 'Left as'], identified.map(machineRow)),
  );
};

const whyOf = ({ kind, policy }: ReportWork): string | null =>
  policy !== null ? `by policy "${policy}"` : kind === 'deploy' || kind === 'build' ? 'chosen by a person' : null;

const verifiedText = ({ bytesVerified, bytesWritten }: ReportWork): string | null =>
  bytesVerified === null
    ? null
    : `${size(bytesVerified)} read back and right${bytesWritten === null ? '' : `, ${size(bytesWritten)} written`}`;

const workRow = (work: ReportWork): readonly (Html | string)[] => {
  const { machineName, kind, imageName, osoid, revision, disk, consent, operator, state, attempt, failure, endedAtMs } = work;
  return [
    html`${machineName}${sub(`disk ${diskText(disk)}`)}`,
    html`${KINDS[kind]}${sub(timeText(work.createdAtMs))}`,
    html`${imageText(imageName, osoid)}${sub(revision === null ? null : `revision ${revision}`)}${sub(whyOf(work))}`,
    consent === null
      ? html`${operator}${sub('nothing is erased by it')}`
      : html`${consent.by}${sub(`${timeText(consent.atMs)}${consent.givenBy === 'armed' ? ', by arming the site' : ''}`)}`,
    html`<span${state === 'failed' ? html` class="bad"` : null}>${WORK_STATES[state]}${endedAtMs === null ? null : `, ${timeText(endedAtMs)}`}</span>${sub(
      verifiedText(work),
    )}${sub(work.drifted === true ? 'the disk is not as the image has it' : null, 'bad')}${sub(attempt > 1 ? `${attempt} attempts` : null)}${failure === null ? null : sub(`${failure.message} (${failure.code})`, 'bad')}`,
  ];
};

export const workPart = ({ work }: SiteReport): Html | null =>
  partOf('What was done, and by whose word', work, (rows) => table(['Machine', 'What', 'Image', 'Consent', 'Result'], rows.map(workRow)));

export const imagesPart = ({ images }: SiteReport): Html | null =>
  partOf('Images', images, (rows) =>
    table(
      ['Image', 'OSOID', 'Signed by'],
      rows.map(({ name, revision, osoid, manifestSha256, trust, keyId, keyName }) => [
        html`${name}${sub(revision === null ? null : `revision ${revision}`)}`,
        html`<span class="code">${osoid}</span
          >${manifestSha256 === null ? null : html`<span class="sub code">manifest ${manifestSha256}</span>`}`,
        trust === null
          ? 'no longer in a library that is open'
          : html`${keyName ?? 'an unknown key'}${keyId === null ? null : html`<span class="sub code">${keyId}</span>`}${sub(TRUST[trust], trust === 'trusted' ? '' : 'bad')}`,
      ]),
    ),
  );

export const keysPart = ({ keys }: SiteReport): Html | null =>
  partOf('Keys that this station trusts', keys, (rows) =>
    table(
      ['Key', 'Id'],
      rows.map(({ keyId, name }) => [name, html`<span class="code">${keyId}</span>`]),
    ),
  );

export const heardPart = ({ machines }: SiteReport): Html | null =>
  partOf(
    'Heard on the wire only',
    machines.filter(({ identified }) => !identified),
    (rows) =>
      html`<p class="note">These asked for an address or to boot; no agent of this station ran on them, and nothing was written to them.</p>
        ${table(
          ['Machine', 'MACs', 'Heard'],
          rows.map(({ name, macs, sinceMs, untilMs }) => [
            name,
            html`<span class="code">${macs.join(' ') || 'left out'}</span>`,
            `${timeText(sinceMs)} until ${timeText(untilMs)}`,
          ]),
        )}`,
  );
