// What the report says in words: states, kinds of work, disks, times. PURE.
import type { ReportMachine, ReportWork, SiteReport } from '../../preload/contract/report.ts';
import { size } from '../command/output.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-30 14:03`, by the clock and zone of the station. */
export const timeText = (atMs: number): string => {
  const at = new Date(atMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
};

/** `UTC+01:00`. */
export const zoneText = (atMs: number): string => {
  const minutes = -new Date(atMs).getTimezoneOffset();
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
};

export const STATES: Readonly<Record<ReportMachine['state'], string>> = {
  seen: 'heard, not started from here',
  booting: 'starting the agent',
  inventoried: 'read, not decided',
  matched: 'decided, not written',
  unmatched: 'no policy fits',
  ambiguous: 'policies tie',
  waiting: 'waiting for a person',
  working: 'at work',
  provisioned: 'provisioned',
  failed: 'failed',
};

export const KINDS: Readonly<Record<ReportWork['kind'], string>> = {
  deploy: 'Deploy',
  capture: 'Capture',
  build: 'Build',
  verify: 'Check of the disk',
};
export const WORK_STATES: Readonly<Record<ReportWork['state'], string>> = {
  queued: 'not begun',
  running: 'under way',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};
export const PLAN_STANDINGS: Readonly<Record<NonNullable<ReportMachine['plan']>, string>> = {
  planned: 'as planned',
  otherwise: 'not as planned',
  unplanned: 'not in the plan',
};
export const TRUST: Readonly<Record<NonNullable<SiteReport['images'][number]['trust']>, string>> = {
  trusted: 'trusted',
  'unknown-key': 'its key is not trusted here',
  broken: 'its signature is wrong',
};

/** Its serial or WWN, and its size; only that where neither is known or told. */
export const diskText = ({ serial, wwn, sizeBytes }: ReportWork['disk']): string =>
  [serial ?? wwn, sizeBytes === 0 ? null : size(sizeBytes)].filter((part) => part !== null).join(', ') || 'unknown disk';

export const hardwareText = ({ manufacturer, model }: Pick<ReportMachine, 'manufacturer' | 'model'>): string =>
  [manufacturer, model].filter((part) => part !== null).join(' ');

export const firmwareText = ({ firmware, secureBoot }: Pick<ReportMachine, 'firmware' | 'secureBoot'>): string | null =>
  firmware === null
    ? null
    : firmware === 'bios'
      ? 'BIOS'
      : `UEFI${secureBoot === null ? '' : `, Secure Boot ${secureBoot ? 'on' : 'off'}`}`;

export const imageText = (imageName: string, osoid: string | null): string =>
  osoid === null ? imageName : `${imageName} (${osoid.slice(0, 16)})`;

export const periodText = ({ period, madeAtMs }: Pick<SiteReport, 'period' | 'madeAtMs'>): string =>
  `${period.sinceMs === null ? 'from the first day' : `from ${timeText(period.sinceMs)}`} until ${timeText(period.untilMs ?? madeAtMs)}`;
