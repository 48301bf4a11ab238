// The machines of a report as CSV (RFC 4180) for spreadsheets. PURE. A cell that a spreadsheet would take for a formula begins with an
// apostrophe (OWASP, "CSV Injection"); the byte-order mark tells Excel that it is UTF-8.
import type { ReportMachine, SiteReport } from '../../preload/contract/report.ts';
import { STATES } from './report-words.ts';

type Cell = string | number | boolean | null;

const FORMULA = /^\s*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/u;

export const csvCell = (value: Cell): string => {
  const text = value === null ? '' : typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",;\r\n\t']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const iso = (atMs: number): string => new Date(atMs).toISOString();

const COLUMNS: readonly (readonly [string, (machine: ReportMachine) => Cell])[] = [
  ['machine', ({ name }) => name],
  ['serial', ({ serial }) => serial],
  ['manufacturer', ({ manufacturer }) => manufacturer],
  ['model', ({ model }) => model],
  ['position', ({ position }) => position],
  ['macs', ({ macs }) => macs.join(' ')],
  ['firmware', ({ firmware }) => firmware],
  ['secure-boot', ({ secureBoot }) => (secureBoot === null ? null : secureBoot ? 'on' : 'off')],
  ['state', ({ identified, state }) => (identified ? STATES[state] : 'heard only')],
  ['image', ({ holds }) => holds?.imageName ?? null],
  ['osoid', ({ holds }) => holds?.osoid ?? null],
  ['disk-serial', ({ holds }) => holds?.disk?.serial ?? null],
  ['disk-wwn', ({ holds }) => holds?.disk?.wwn ?? null],
  ['disk-bytes', ({ holds }) => holds?.disk?.sizeBytes ?? null],
  ['plan', ({ plan }) => plan],
  ['problem', ({ failure }) => failure?.message ?? null],
  ['problem-code', ({ failure }) => failure?.code ?? null],
  ['first', ({ sinceMs }) => iso(sinceMs)],
  ['last', ({ untilMs }) => iso(untilMs)],
];

export const reportCsv = ({ machines }: Pick<SiteReport, 'machines'>): string =>
  `\ufeff${[COLUMNS.map(([name]) => name), ...machines.map((machine) => COLUMNS.map(([, cell]) => csvCell(cell(machine))))]
    .map((cells) => cells.join(','))
    .join('\r\n')}\r\n`;
