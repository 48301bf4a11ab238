// The report's calls of the fake station: the scene's machines and jobs, written by the station's own code.
import { success } from '../../agent/protocol/failure.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import { leftOpen } from '../../main/reports/left-open.ts';
import { createReportHandlers } from '../../main/reports/report-handlers.ts';
import { redactReport } from '../../main/reports/redact-report.ts';
import type { REPORT_CALLS, ReportMachine, ReportWish, ReportWork, SiteReport } from '../../preload/contract/report.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { FakeState } from './fake-parts.ts';

const HOUR_MS = 3_600_000;
const NO_DISK = { serial: null, wwn: null, sizeBytes: 0 };

const machineOf = ({ state, osoid, imageName, firstSeenAtMs, lastSeenAtMs, ...view }: MachineView): ReportMachine => {
  const { id, name, manufacturer, model, serial, macs, position, firmware, secureBoot, says, failure } = view;
  return {
    ...{ id, name, manufacturer, model, serial, macs, position, firmware, secureBoot, state, says, failure },
    ...{ identified: state !== 'seen', sinceMs: firstSeenAtMs, untilMs: lastSeenAtMs, later: null, plan: null },
    holds: state === 'provisioned' && osoid !== null ? { osoid, imageName, disk: null } : null,
  };
};

const reportOf = ({ snapshot, scene }: FakeState, wish: ReportWish, now: number): SiteReport => {
  const { station, machines: views, jobs, images } = snapshot;
  const visits = [
    { sinceMs: now - 30 * HOUR_MS, untilMs: now - 25 * HOUR_MS, operators: ['J. Lind'] },
    { sinceMs: now - 2 * HOUR_MS, untilMs: now, operators: [station.operator] },
  ];
  // Before the last visit nothing had been done here yet.
  const isEarly = (wish.untilMs ?? now) < now - 2 * HOUR_MS;
  const machines = isEarly ? [] : views.map(machineOf);
  const work = (isEarly ? [] : jobs).map((job): ReportWork => {
    const { id, machineId, machineName, kind, osoid, imageName, state, attempt, operator, createdAtMs, endedAtMs, failure, result } = job;
    return {
      ...{ id, machineId, machineName, kind, osoid, imageName, state, attempt, operator, createdAtMs, endedAtMs, failure },
      ...{ policy: 'web', disk: scene.extras.get(machineId)?.disks[0] ?? NO_DISK, revision: null, drifted: null },
      ...{ bytesWritten: result?.bytesWritten ?? null, bytesVerified: result?.bytesVerified ?? null },
      consent: kind === 'capture' ? null : { atMs: createdAtMs, by: operator, givenBy: 'person' },
    };
  });
  const parts = { siteName: station.siteName, machines, work, plan: null, constructions: [], armings: [] };
  const open = leftOpen({ ...parts, setRuns: [], answered: new Set() });
  const report: SiteReport = {
    ...{ format: 1, madeAtMs: now, period: { sinceMs: wish.sinceMs, untilMs: wish.untilMs }, redacted: false, ...parts },
    ...{ visits, operators: [station.operator], open: [...open], overrides: [], notes: [] },
    station: { name: station.name, version: station.version, keyId: station.keyId, kitId: station.kit.kitId },
    counts: {
      ...{ machines: machines.length, heard: 0, built: 0, captured: 0, open: open.length },
      provisioned: machines.filter(({ state }) => state === 'provisioned').length,
      deployed: work.filter(({ state }) => state === 'done').length,
      failed: machines.filter(({ state }) => state === 'failed').length,
    },
    images: images.map(({ osoid, name, revision, manifestSha256, trust, keyId }) => ({
      ...{ osoid, name, revision, manifestSha256, trust, keyId, keyName: 'this station' },
    })),
    keys: [{ keyId: station.keyId, name: 'this station' }],
  };
  return wish.redactSerials
    ? redactReport(
        report,
        machines.flatMap(({ serial, macs }) => [serial ?? '', ...macs]),
      )
    : report;
};

export const reportHandlers = (state: FakeState): Pick<CallHandlers, keyof typeof REPORT_CALLS> => {
  const startedAtMs = Date.now();
  return createReportHandlers({ reports: { make: (wish) => success(reportOf(state, wish, startedAtMs)) } });
};
