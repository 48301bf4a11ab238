// The preflight report: numbered checks, each with a verdict, a sentence and the next thing to do. Its schema is preload/contract's.
import type { PreflightReport } from '../../preload/contract/views.ts';

export type { PreflightReport };
export type PreflightCheck = PreflightReport['checks'][number];
export type Verdict = PreflightCheck['verdict'];

/** What a judge says; number and title are added from the list below. */
export interface Judgement {
  readonly id: CheckId;
  readonly verdict: Verdict;
  readonly message: string;
  /** Empty when there is nothing to do. */
  readonly next: string;
  readonly facts: PreflightCheck['facts'];
}

/** In the order in which one thing depends on another. Numbers are spoken over the phone, so they never change their meaning. */
export const checkTitles = {
  nic: 'Network port',
  link: 'Link',
  address: 'Address',
  binding: 'Serving stays on this port',
  rights: 'Right to open low ports',
  ports: 'Ports are free',
  'foreign-dhcp': 'Other DHCP servers',
  'boot-kit': 'Boot kit',
  library: 'Library',
  firewall: 'Local firewall',
  'spanning-tree': 'Spanning tree',
  'own-address': 'The address is ours alone',
} as const;
export type CheckId = keyof typeof checkTitles;

const order = Object.keys(checkTitles);

export const buildReport = (judgements: readonly Judgement[], atMs: number): PreflightReport => {
  const checks = judgements
    .map(({ id, verdict, message, next, facts }) => ({
      id,
      number: order.indexOf(id) + 1,
      title: checkTitles[id],
      verdict,
      message,
      next,
      facts,
    }))
    .toSorted((one, other) => one.number - other.number);
  return { verdict: worst(checks.map((check) => check.verdict)), atMs, checks };
};

const worst = (verdicts: readonly Verdict[]): Verdict => (verdicts.includes('fail') ? 'fail' : verdicts.includes('warn') ? 'warn' : 'pass');

export const pass = (id: CheckId, message: string, facts: PreflightCheck['facts'] = {}): Judgement => ({
  id,
  verdict: 'pass',
  message,
  next: '',
  facts,
});
export const warn = (id: CheckId, message: string, next: string, facts: PreflightCheck['facts'] = {}): Judgement => ({
  id,
  verdict: 'warn',
  message,
  next,
  facts,
});
export const fail = (id: CheckId, message: string, next: string, facts: PreflightCheck['facts'] = {}): Judgement => ({
  id,
  verdict: 'fail',
  message,
  next,
  facts,
});
