// `rackside report`: the hand-over report of a site, to read, as JSON, as a document to print, or as a table of its machines.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ReportFormat, SiteReport } from '../../preload/contract/report.ts';
import { diskText, hardwareText, imageText, KINDS, periodText, STATES, timeText, WORK_STATES } from '../reports/report-words.ts';
import type { Command, Invocation } from './command.ts';
import { table } from './output.ts';
import { printed, withStation } from './with-station.ts';
import { writeWhole } from './write-whole.ts';

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d))?$/;

/** A day, or a minute of it, by this computer's clock. `end`: where a day alone ends, and not where it begins. */
export const momentOf = (option: string, text: string | undefined, end: boolean): Result<number | null> => {
  if (text === undefined) return success(null);
  const [, year = '', month = '', day = '', hour, minute] = DATE.exec(text.trim()) ?? [];
  const at = new Date(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute ?? 0));
  const isReal = year !== '' && at.getMonth() === Number(month) - 1 && at.getDate() === Number(day) && Number(minute ?? 0) < 60;
  if (!isReal || Number(hour ?? 0) > 23)
    return failed('report.date-invalid', `--${option} takes a date, not "${text}".`, 'Write e.g. 2026-11-30, or "2026-11-30 14:00".');
  if (end && hour === undefined) at.setDate(at.getDate() + 1);
  return success(at.getTime());
};

const describeReport = (report: SiteReport): string => {
  const { siteName, operators, station, counts, open, machines, work, plan } = report;
  return [
    `${siteName}, ${periodText(report)}`,
    `by ${operators.join(', ') || 'nobody'}, with ${station.name} (Rackside ${station.version}, boot kit ${station.kitId?.slice(0, 12) ?? 'none'})`,
    `${counts.machines} machines, ${counts.provisioned} provisioned, ${counts.failed} failed; ${counts.deployed} deployed, ${counts.built} built, ${counts.captured} captured; ${counts.heard} heard only`,
    ...(plan === null
      ? []
      : [
          `plan: ${plan.counts.expected} expected, ${plan.counts.seen} seen, ${plan.counts.missing} missing, ${plan.counts.conflicts} in conflict, ${plan.counts.otherwise} not as planned, ${plan.counts.unplanned} not in it`,
        ]),
    '',
    table(
      ['MACHINE', 'HARDWARE', 'SERIAL', 'PLACE', 'HOLDS', 'DISK', 'LEFT AS'],
      machines
        .filter(({ identified }) => identified)
        .map((machine) => [
          machine.name,
          hardwareText(machine) || '-',
          machine.serial ?? '-',
          machine.position ?? '-',
          machine.holds === null ? '-' : imageText(machine.holds.imageName ?? 'image', machine.holds.osoid),
          machine.holds?.disk == null ? '-' : diskText(machine.holds.disk),
          STATES[machine.state],
        ]),
    ),
    ...(work.length === 0
      ? []
      : [
          '',
          ...work.map(
            (one) =>
              `${timeText(one.createdAtMs)}  ${one.machineName}: ${KINDS[one.kind].toLowerCase()} ${imageText(one.imageName, one.osoid)} on ${diskText(one.disk)}, ${WORK_STATES[one.state]}${one.consent === null ? '' : `; ${one.consent.by} agreed`}`,
          ),
        ]),
    '',
    ...(open.length === 0
      ? ['Nothing is left open.']
      : ['Left open:', ...open.map(({ name, text, next }) => `  ${name}: ${text} ${next}`)]),
  ].join('\n');
};

type File = { readonly format: ReportFormat; readonly path: string };

const fileOf = (invocation: Invocation): Result<File | null> => {
  const named = (['html', 'csv'] as const).flatMap((format) => {
    const path = invocation.text(format);
    return path === undefined ? [] : [{ format, path }];
  });
  if (named.length > 1) return failed('command.arguments', 'One document at a time.', 'Give --html or --csv.');
  return success(named[0] ?? null);
};

export const REPORT_COMMANDS: readonly Command[] = [
  {
    name: 'report',
    arguments: '[--site NAME] [--since DATE] [--html FILE | --csv FILE]',
    help: 'the hand-over report of a site: who was there, every machine with what was put on it and by whose word, and what is left open',
    details: `  Without a file it is printed, with --json whole. DATE is a day or a minute by this computer's clock: 2026-11-30, "2026-11-30 14:00".
  A file is written whole or not at all; one that is there stays unless --replace is given. - writes standard output.`,
    options: {
      site: { type: 'string', value: 'NAME', help: 'another site than the one the station is at' },
      since: { type: 'string', value: 'DATE', help: 'only what happened from then on' },
      until: { type: 'string', value: 'DATE', help: 'only what happened before, or up to the end of that day' },
      html: { type: 'string', value: 'FILE', help: 'write it as a document to print and keep' },
      csv: { type: 'string', value: 'FILE', help: 'write its machines as a table for spreadsheets' },
      replace: { type: 'boolean', help: 'replace the file if it is there' },
      'redact-serials': { type: 'boolean', help: 'leave out serial numbers, MACs and other names of single machines' },
    },
    positionals: { least: 0, most: 0 },
    run: async (invocation) => {
      const since = momentOf('since', invocation.text('since'), false);
      if (!since.ok) return invocation.output.fail(since.failure);
      const until = momentOf('until', invocation.text('until'), true);
      if (!until.ok) return invocation.output.fail(until.failure);
      const file = fileOf(invocation);
      if (!file.ok) return invocation.output.fail(file.failure);
      const span = { sinceMs: since.value, untilMs: until.value };
      const wish = { site: invocation.text('site') ?? null, ...span, redactSerials: invocation.flag('redact-serials') };
      return withStation(invocation, async (station) => {
        if (file.value === null) return printed(invocation, await station.call('report.get', wish), describeReport);
        const { format, path } = file.value;
        const answer = await station.call('report.file', { ...wish, format });
        if (!answer.ok) return answer;
        const { text } = answer.value;
        if (path === '-') {
          invocation.output.print({ format, text }, text.trimEnd());
          return success(null);
        }
        const written = await writeWhole(path, text, { area: 'report', replace: invocation.flag('replace') });
        if (!written.ok) return written;
        invocation.output.print({ path, format, bytes: Buffer.byteLength(text) }, `The report is in ${path}.`);
        return success(null);
      });
    },
  },
];
