// The calls for the hand-over report (preload/contract/report.ts).
import { success } from '../../agent/protocol/failure.ts';
import type { REPORT_CALLS, ReportFormat, SiteReport } from '../../preload/contract/report.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import { reportCsv } from './report-csv.ts';
import { reportHtml } from './report-html.ts';
import { timeText } from './report-words.ts';
import type { SiteReports } from './site-report.ts';

const FILES: Readonly<Record<ReportFormat, { readonly mediaType: string; readonly write: (report: SiteReport) => string }>> = {
  html: { mediaType: 'text/html;charset=utf-8', write: reportHtml },
  csv: { mediaType: 'text/csv;charset=utf-8', write: reportCsv },
  json: { mediaType: 'application/json', write: (report) => `${JSON.stringify(report, null, 2)}\n` },
};

/** `hand-over-riverside-row-4-2026-11-30.html`; letters of any script, nothing that a file system minds. */
export const reportFileName = ({ siteName, madeAtMs }: Pick<SiteReport, 'siteName' | 'madeAtMs'>, format: ReportFormat): string => {
  const site = siteName
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 60)
    .replaceAll(/^-|-$/g, '');
  return `${['hand-over', ...(site === '' ? [] : [site]), timeText(madeAtMs).slice(0, 10)].join('-')}.${format}`;
};

export const createReportHandlers = ({ reports }: { readonly reports: SiteReports }): Pick<CallHandlers, keyof typeof REPORT_CALLS> => ({
  'report.get': (wish) => Promise.resolve(reports.make(wish)),
  'report.file': ({ format, ...wish }) => {
    const report = reports.make(wish);
    if (!report.ok) return Promise.resolve(report);
    const { mediaType, write } = FILES[format];
    return Promise.resolve(success({ name: reportFileName(report.value, format), mediaType, text: write(report.value) }));
  },
});
