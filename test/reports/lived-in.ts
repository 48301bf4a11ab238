// A site as it is left after a visit: machines that were deployed, captured, failed, held and only heard; a plan, an arming, a word of a
// person against a signature; and a visit to another site before it.
import { createTrustedKeys } from '../../main/database/trusted-keys.ts';
import { openDatabase } from '../../main/database/open.ts';
import { createSiteReports } from '../../main/reports/site-report.ts';
import type { ReportWish, SiteReport } from '../../preload/contract/report.ts';
import { arm, boot } from '../journey/armed.ts';
import type { Booted } from '../journey/armed.ts';
import { blankContent, factsFrom, hash, image, jobResult, policy } from '../journey/fixtures.ts';
import { createRig, value } from '../journey/rig.ts';
import { failure, steps } from '../journey/walk.ts';

const HOUR_MS = 60 * 60_000;
export const DAY_MS = 24 * HOUR_MS;
const PLAN = 'serial,hostname,model,rack-position\nSERIAL-1,web-1,PowerEdge R740,U1\nSERIAL-2,web-2,PowerEdge R640,U2\nSERIAL-9,db-9,,U9\n';

/** Where the station is before the visit, and then. */
export const BEFORE = 'Warehouse';
export const SITE = 'Riverside <row> & 4';

export const startLivedIn = () => {
  const database = value(openDatabase(':memory:'));
  const rig = createRig({ database, factsFrom });
  rig.clock.atMs = Date.UTC(2026, 10, 1, 9);
  const now = () => rig.clock.atMs;
  const keys = createTrustedKeys({ database, now });
  keys.add({ keyId: 'k', publicKey: 'p', name: 'this station' });
  const { machines, plan, setRuns } = rig.station;
  const reports = createSiteReports({
    ...{ database, now, sites: rig.station.sites, machines, plan, setRuns, keys, images: () => rig.images },
    station: () => ({ name: 'laptop', version: '0.1.0', keyId: 'k', kit: { kitId: 'kit-1', problem: null } }),
  });
  const later = (ms: number): void => void (rig.clock.atMs += ms);
  const at = (siteName: string, operator: string): void => {
    const place = rig.station.sites.describe({ siteName, operator });
    rig.station.plan.apply();
    rig.station.events.log({ kind: 'station.described', text: `The site is ${place.siteName}.` });
  };
  const deploy = (machine: Booted, osoid = hash('a')): void => {
    const job = rig.station.jobs.list().findLast(({ machineId }) => machineId === machine.id);
    const jobId = job?.id ?? '';
    steps(machine.agent, jobId, 'check', 'void-record', 'fetch-write', 'read-back');
    later(60_000);
    value(machine.agent.report({ kind: 'finished', jobId, result: jobResult(osoid) }));
  };
  /** Up to a job that is done. */
  const deployed = (number: number): Booted => {
    const machine = boot(rig, number);
    value(rig.approve(machine.assess()));
    deploy(machine);
    return machine;
  };
  return {
    ...{ rig, later, at, deploy, deployed },
    make: (wish: Partial<ReportWish> = {}): SiteReport =>
      value(reports.make({ site: null, sinceMs: null, untilMs: null, redactSerials: false, ...wish })),
    reports,
    close: () => rig.close(),
  };
};
export type LivedIn = ReturnType<typeof startLivedIn>;

/** The visit itself; what happened to whom is named by the machines that come back. */
export const visit = (lived: LivedIn) => {
  const { rig, later, at } = lived;
  at(BEFORE, 'Grace');
  const elsewhere = lived.deployed(7);
  later(20 * DAY_MS);
  at(SITE, 'Ada');
  const sinceMs = rig.clock.atMs;
  const done = lived.deployed(1);
  later(HOUR_MS);
  value(rig.station.plan.import({ name: 'plan.csv', text: PLAN, replace: false }));

  const captured = boot(rig, 2, { content: { ...blankContent('2'), table: 'gpt', blank: false } });
  captured.assess();
  const capture = value(
    rig.station.journey.onCaptureRequest(captured.id, {
      ...{ name: 'golden', diskSerial: null, labels: {}, notes: '', redactSerials: false, neutralise: [] },
    }),
  );
  value(rig.station.journey.onCaptureAsked(captured.agent.sessionId, capture.id));
  const result = { name: 'golden', revision: 3, alreadyPresent: false, diskBytes: 480e9, dataBytes: 2e9, chunksSent: 1, bytesSent: 1 };
  rig.station.journey.onCaptured(capture.id, { ...result, osoid: hash('c'), seconds: 20 });
  rig.images.push(image('c', { name: 'golden', revision: 3 }));

  const broken = boot(rig, 3);
  const job = value(rig.approve(broken.assess()));
  value(broken.agent.report({ kind: 'failed', jobId: job.id, failure }));
  broken.assess();
  value(broken.agent.report({ kind: 'failed', jobId: job.id, failure }));

  rig.images.push(image('d', { name: 'vendor', trust: 'unknown-key', keyId: 'vendor-key' }));
  const taken = boot(rig, 4);
  value(rig.station.journey.onDeployRequest(taken.id, { osoid: hash('d'), diskSerial: null, rewrite: false, acceptUntrusted: true }));
  taken.assess();
  value(rig.approve(rig.view(taken.id)));
  lived.deploy(taken, hash('d'));

  later(8 * HOUR_MS);
  at(SITE, 'Lin');
  value(rig.station.policies.add(policy({ name: 'auto', rank: 1, consent: 'auto' })));
  value(arm(rig, { machines: 1 }));
  const armed = boot(rig, 5);
  armed.assess();
  lived.deploy(armed);
  rig.station.machines.heard('52:54:00:00:00:99', 'firmware');
  return { sinceMs, elsewhere, done, captured, broken, taken, armed };
};
