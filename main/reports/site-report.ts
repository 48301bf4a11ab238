// The hand-over report of a site, made from what the station keeps: who was there, every machine with what was put on it and by whose
// word, and what was left open. Nothing of it is stored (docs/adr/0028).
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { hasDrifted } from '../../agent/protocol/verify.ts';
import type { ImageView, MachineView, StationView } from '../../preload/contract/views.ts';
import type { ReportHappening, ReportMachine, ReportWish, ReportWork, SiteReport } from '../../preload/contract/report.ts';
import type { Database } from '../database/open.ts';
import type { Sites } from '../database/sites.ts';
import type { TrustedKeys } from '../database/trusted-keys.ts';
import { createJobRows } from '../jobs/job-rows.ts';
import type { Job } from '../jobs/job-rows.ts';
import type { Machine } from '../machines/machine.ts';
import type { Machines } from '../machines/machines.ts';
import { namesIn } from '../machines/naming.ts';
import type { SetRuns } from '../journey/set-runs.ts';
import type { SitePlan } from '../plan/site-plan.ts';
import { createConstructionRows } from '../recipes/construction-rows.ts';
import type { Construction } from '../recipes/construction-rows.ts';
import { imagesNamed } from './images-named.ts';
import { leftOpen } from './left-open.ts';
import { planOf } from './plan-part.ts';
import { redactReport } from './redact-report.ts';
import { createReportRows } from './report-rows.ts';
import type { ArmingPast, ConsentGiven, Happening, Span } from './report-rows.ts';

export type SiteReports = {
  /** Failure: `report.site-unknown`. */
  make(wish: ReportWish): Result<SiteReport>;
};

export type SiteReportsOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly machines: Pick<Machines, 'list' | 'get' | 'facts'>;
  readonly plan: Pick<SitePlan, 'viewAt'>;
  readonly setRuns: Pick<SetRuns, 'views'>;
  readonly keys: Pick<TrustedKeys, 'list'>;
  readonly images: () => readonly ImageView[];
  readonly station: () => Pick<StationView, 'name' | 'version' | 'keyId' | 'kit'>;
};

const OVERRIDES = ['signature.overridden', 'binding.overridden'];
const NOTES = [
  ...['machine.merged', 'machine.split', 'machine.change-undone', 'consent.voided', 'trust.added', 'trust.removed', 'kit.changed'],
  ...['image.imported', 'image.deleted', 'image.restored', 'plan.imported', 'plan.removed'],
];

type Site = { readonly siteId: number; readonly siteName: string };
type Known = { readonly view: MachineView; readonly machine: Machine; readonly sinceMs: number; readonly untilMs: number };
/** What was not over before the period, and began before its end. */
type Lasting = { readonly beganAtMs: number; readonly endedAtMs: number | null };

export const createSiteReports = (options: SiteReportsOptions): SiteReports => {
  const { database, now, sites, machines, keys } = options;
  const rows = createReportRows(database);
  const jobs = createJobRows(database);
  const constructions = createConstructionRows(database);

  /** In the order of the rack, as far as it is known. */
  const machinesOf = (span: Span): readonly Known[] => {
    const views = new Map(machines.list().map((view) => [view.id, view]));
    return rows
      .machines(span)
      .flatMap(({ machineId, ...times }) => {
        const view = views.get(machineId);
        const machine = machines.get(machineId);
        return view === undefined || !machine.ok ? [] : [{ ...times, view, machine: machine.value }];
      })
      .toSorted((one, other) => byPlace.compare(orderOf(one.view), orderOf(other.view)));
  };
  const laterThan = (span: Span, machineId: string): ReportMachine['later'] => {
    const last = rows.lastOf(machineId);
    return last === null || (last.siteId === span.siteId && last.atMs < span.untilMs) ? null : { atMs: last.atMs, siteName: last.siteName };
  };
  const isWithin = (span: Span, { beganAtMs, endedAtMs }: Lasting): boolean =>
    beganAtMs < span.untilMs && (endedAtMs ?? now()) >= span.sinceMs;

  const make = (wish: ReportWish, site: Site): SiteReport => {
    const span: Span = { siteId: site.siteId, sinceMs: wish.sinceMs ?? 0, untilMs: wish.untilMs ?? Number.MAX_SAFE_INTEGER };
    const known = machinesOf(span);
    const here = new Set(known.map(({ view }) => view.id));
    const secrets = known.flatMap(({ view, machine }) => namesOf(view, machine, machines.facts(view.id)));
    const nameOf = namerOf(known, wish.redactSerials ? secrets : []);
    const atSite = jobs.all().filter((job) => job.siteName === site.siteName);
    const consents = rows.consents(span);
    const plan = planOf(options.plan.viewAt(site), here, nameOf);
    const made = constructions
      .all()
      .filter(
        ({ machineId, startedAtMs, endedAtMs }) => here.has(machineId ?? '') && isWithin(span, { beganAtMs: startedAtMs, endedAtMs }),
      );
    const parts = {
      siteName: site.siteName,
      machines: known.map(({ view, machine, sinceMs, untilMs }): ReportMachine => ({
        ...identityOf(view),
        ...{ name: nameOf(view.id), identified: machine.inventory !== null, sinceMs, untilMs, later: laterThan(span, view.id) },
        plan: plan?.standing(view.id) ?? null,
        holds: holdsOf(machine, atSite),
      })),
      work: atSite
        .filter(({ createdAtMs, endedAtMs }) => isWithin(span, { beganAtMs: createdAtMs, endedAtMs }))
        .map((job) => workOf(job, nameOf(job.machineId), consents)),
      plan: plan?.part ?? null,
      constructions: made.map((one) => constructionOf(one, nameOf)),
      armings: rows.armings(span).map(armingOf),
    };
    const open = leftOpen({
      ...parts,
      setRuns: options.setRuns.views(null, nameOf).filter(({ machineId }) => here.has(machineId)),
      answered: new Set(made.filter(({ forgotten }) => forgotten).map(({ id }) => id)),
    });
    const happening = ({ machineId, ...one }: Happening): ReportHappening => ({
      ...one,
      machine: machineId === null ? null : { id: machineId, name: nameOf(machineId) },
    });
    const { name, version, keyId, kit } = options.station();
    const report: SiteReport = {
      ...{ format: 1, madeAtMs: now(), period: { sinceMs: wish.sinceMs, untilMs: wish.untilMs }, redacted: false },
      ...{ visits: [...rows.visits(site.siteId)], operators: [...rows.operators(span)] },
      station: { name, version, keyId, kitId: kit.kitId },
      counts: countsOf(parts, open.length),
      ...parts,
      open: [...open],
      overrides: rows.happenings(span, OVERRIDES).map(happening),
      notes: rows.happenings(span, NOTES).map(happening),
      images: [...imagesNamed(parts, options.images(), keys.list())],
      keys: keys.list().map((key) => ({ keyId: key.keyId, name: key.name })),
    };
    return wish.redactSerials ? redactReport(report, [...secrets, ...diskNames(atSite)]) : report;
  };

  return {
    make: (wish) => {
      const site = wish.site === null ? sites.current() : sites.find(wish.site);
      return site === null
        ? failed(
            'report.site-unknown',
            `No site is called "${wish.site}".`,
            'Names are exact; leave it out for the site that the station is at.',
          )
        : success(make(wish, site));
    },
  };
};

const byPlace = new Intl.Collator('en', { numeric: true });
const orderOf = ({ position, name }: MachineView): string => `${position ?? '\u{10ffff}'} ${name}`;

/** Names as on every screen; a machine whose name is one of the `secrets` is told from the others by its number. */
const namerOf = (known: readonly Known[], secrets: readonly string[]): ((machineId: string) => string) => {
  const hidden = new Set(secrets.map((name) => name.toLowerCase()));
  const names = known.map(({ view: { id, name } }, index) => [id, hidden.has(name.toLowerCase()) ? `Machine ${index + 1}` : name] as const);
  const shown = new Map(names);
  return (machineId) => shown.get(machineId) ?? 'another machine';
};

const countsOf = ({ machines, work }: Pick<SiteReport, 'machines' | 'work'>, open: number): SiteReport['counts'] => {
  const done = (kind: ReportWork['kind']): number => work.filter((one) => one.kind === kind && one.state === 'done').length;
  const identified = machines.filter((machine) => machine.identified);
  const left = (state: ReportMachine['state']): number => identified.filter((machine) => machine.state === state).length;
  return {
    ...{
      machines: identified.length,
      heard: machines.length - identified.length,
      provisioned: left('provisioned'),
      failed: left('failed'),
    },
    ...{ deployed: done('deploy'), built: done('build'), captured: done('capture'), open },
  };
};

const constructionOf = (one: Construction, nameOf: (machineId: string) => string): SiteReport['constructions'][number] => ({
  ...{ id: one.id, recipe: `${one.key.id} version ${one.key.version}`, imageName: one.imageName, state: one.state },
  ...{ machineName: nameOf(one.machineId ?? ''), startedAtMs: one.startedAtMs, endedAtMs: one.endedAtMs },
  ...{ osoid: one.osoid, failure: one.failure },
});

const armingOf = ({ shown, ...arming }: ArmingPast): SiteReport['armings'][number] => ({
  ...arming,
  images: shown.policies.flatMap(({ name: policy, image }) =>
    image === null ? [] : [{ policy, osoid: image.osoid, imageName: `${image.name} r${image.revision}` }],
  ),
});

const identityOf = ({ id, manufacturer, model, serial, macs, position, firmware, secureBoot, state, says, failure }: MachineView) => ({
  ...{ id, manufacturer, model, serial, macs, position, firmware, secureBoot, state, says, failure },
});

const namesOf = (view: MachineView, machine: Machine, facts: Parameters<typeof namesIn>[0]): readonly string[] => [
  ...namesIn(facts),
  ...view.macs,
  ...(machine.inventory?.disks.flatMap(({ serial, wwn }) => [serial, wwn]) ?? []).filter((name) => name !== null),
];

/** Also of disks that have been pulled since. */
const diskNames = (jobs: readonly Job[]): readonly string[] =>
  jobs.flatMap(({ disk }) => [disk.serial, disk.wwn]).filter((name) => name !== null);

const workOf = (job: Job, machineName: string, consents: ReadonlyMap<string, ConsentGiven>): ReportWork => {
  const { id, machineId, kind, imageName, state, attempt, operator, createdAtMs, endedAtMs, failure, disk } = job;
  const consent = job.kind === 'capture' || job.kind === 'verify' ? undefined : consents.get(job.consentId);
  return {
    ...{ id, machineId, machineName, kind, imageName, state, attempt, operator, createdAtMs, endedAtMs, failure, disk },
    osoid: job.kind === 'deploy' || job.kind === 'verify' ? job.osoid : (job.result?.osoid ?? null),
    policy: job.kind === 'capture' || job.kind === 'verify' ? null : job.policy,
    bytesWritten: job.kind === 'deploy' ? (job.result?.bytesWritten ?? null) : null,
    bytesVerified: bytesVerifiedBy(job),
    drifted: job.kind === 'verify' && job.result !== null ? hasDrifted(job.result) : null,
    revision: job.kind === 'capture' || job.kind === 'build' ? (job.result?.revision ?? null) : null,
    consent: consent === undefined ? null : { atMs: consent.atMs, by: consent.by, givenBy: consent.givenBy },
  };
};

/** As the image has them: what a deep check found to differ is not. */
const bytesVerifiedBy = (job: Job): number | null => {
  if (job.kind === 'deploy') return job.result?.bytesVerified ?? null;
  return job.kind === 'verify' ? (job.result?.bytes.same ?? null) : null;
};

/** By the job that wrote it, else by the record that its agent read. */
const holdsOf = (machine: Machine, jobs: readonly Job[]): ReportMachine['holds'] => {
  const { osoid, imageName } = machine;
  if (machine.state !== 'provisioned' || osoid === null) return null;
  const job = jobs.findLast((one) => {
    const made = one.kind === 'deploy' ? one.osoid : one.kind === 'build' ? one.result?.osoid : null;
    return one.machineId === machine.id && one.state === 'done' && made === osoid;
  });
  const read = machine.inventory?.disks.find(({ provenance }) => provenance.verdict === 'trusted' && provenance.osoid === osoid);
  const disk = job?.disk ?? (read === undefined ? null : { serial: read.serial, wwn: read.wwn, sizeBytes: read.sizeBytes });
  return { osoid, imageName, disk };
};
