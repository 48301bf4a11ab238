// The hand-over report over a database that has lived: who, what, by whose word, how it was left, and what is open.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leftOpen } from '../../main/reports/left-open.ts';
import { reportHtml } from '../../main/reports/report-html.ts';
import { siteReportSchema } from '../../preload/contract/report.ts';
import { boot } from '../journey/armed.ts';
import { hash } from '../journey/fixtures.ts';
import { code, value } from '../journey/rig.ts';
import { BEFORE, DAY_MS, SITE, startLivedIn, visit } from './lived-in.ts';
import type { LivedIn } from './lived-in.ts';

let lived: LivedIn;
beforeEach(() => void (lived = startLivedIn()));
afterEach(() => lived.close());

const named = <T extends { readonly name: string }>(list: readonly T[], name: string): T | undefined =>
  list.find((one) => one.name === name);

describe('a visit', () => {
  test('is told whole: place, people, station, machines with what they hold, and by whose word', () => {
    const { sinceMs, done, captured, broken, taken, armed } = visit(lived);
    const report = siteReportSchema.parse(lived.make());
    expect(report).toMatchObject({
      siteName: SITE,
      operators: ['Ada', 'Lin'],
      station: { name: 'laptop', kitId: 'kit-1' },
      visits: [{ sinceMs, operators: ['Ada'] }, { operators: ['Lin'] }],
      counts: { machines: 5, heard: 1, provisioned: 3, deployed: 3, captured: 1, built: 0, failed: 1 },
    });
    expect(report.machines.map(({ id }) => id).toSorted()).toEqual(
      [done, captured, broken, taken, armed]
        .map(({ id }) => id)
        .concat(report.machines.find(({ identified }) => !identified)?.id ?? '')
        .toSorted(),
    );
    expect(named(report.machines, 'web-1')).toMatchObject({
      ...{ manufacturer: 'Dell Inc.', model: 'PowerEdge R740', serial: 'SERIAL-1', position: 'U1', macs: ['52:54:00:00:00:01'] },
      ...{ state: 'provisioned', plan: 'planned', identified: true, later: null },
      holds: { osoid: hash('a'), imageName: 'image-a', disk: { serial: 'DISK-1', sizeBytes: 480e9 } },
    });
    expect(named(report.machines, 'web-2')).toMatchObject({ plan: 'otherwise', state: 'waiting', holds: null });
    expect(named(report.machines, 'SERIAL-3')).toMatchObject({ plan: 'unplanned', failure: { code: 'disk.write-failed' } });
    const work = (id: string) => report.work.find(({ machineId }) => machineId === id);
    expect(work(done.id)).toMatchObject({
      ...{ kind: 'deploy', state: 'done', policy: 'everything', bytesVerified: 8e9, disk: { serial: 'DISK-1' } },
      consent: { by: 'Ada', givenBy: 'person', atMs: sinceMs },
    });
    expect(work(captured.id)).toMatchObject({ kind: 'capture', osoid: hash('c'), revision: 3, consent: null, operator: 'Ada' });
    expect(work(broken.id)).toMatchObject({ failure: { code: 'disk.write-failed' }, bytesVerified: null });
    expect(work(taken.id)).toMatchObject({ osoid: hash('d'), policy: null });
    expect(work(armed.id)).toMatchObject({ policy: 'auto', consent: { by: 'Lin', givenBy: 'armed' } });
  });

  test('the plan, images with their keys, armings and words against a signature are in it', () => {
    const { taken } = visit(lived);
    const report = lived.make();
    expect(report.plan?.counts).toEqual({ expected: 3, seen: 2, earlier: 0, missing: 1, conflicts: 0, otherwise: 1, unplanned: 4 });
    expect(report.plan?.rows.find(({ state }) => state === 'missing')).toMatchObject({ keys: { serial: 'serial-9' }, machine: null });
    expect(report.images).toEqual(
      expect.arrayContaining([
        {
          osoid: hash('a'),
          name: 'image-a',
          revision: 1,
          manifestSha256: hash('e'),
          trust: 'trusted',
          keyId: 'k',
          keyName: 'this station',
        },
        expect.objectContaining({ name: 'vendor', trust: 'unknown-key', keyId: 'vendor-key', keyName: null }),
        expect.objectContaining({ name: 'golden', revision: 3 }),
      ]),
    );
    expect(report.armings).toMatchObject([
      { operator: 'Lin', machines: 1, used: 1, endReason: 'its number of machines is used up', images: expect.arrayContaining([]) },
    ]);
    expect(report.overrides).toMatchObject([{ kind: 'signature.overridden', operator: 'Ada', machine: { id: taken.id } }]);
    expect(report.notes.map(({ kind }) => kind)).toContain('plan.imported');
    lived.rig.images.length = 0;
    expect(lived.make().images.map(({ trust }) => trust)).toEqual(report.images.map(() => null));
  });

  test('what is left open names who waits, who failed and who never came; it empties as that is seen to', () => {
    const { captured, broken } = visit(lived);
    const { open, counts } = lived.make();
    expect(open).toMatchObject([
      { kind: 'machine', machineId: captured.id },
      { kind: 'machine', machineId: broken.id, text: 'The disk gave an error.', next: 'Change it.' },
      { kind: 'plan', name: 'db-9' },
    ]);
    expect(counts.open).toBe(3);
    const again = boot(lived.rig, 2);
    value(lived.rig.approve(again.assess()));
    expect(lived.make().open.find(({ machineId }) => machineId === captured.id)).toMatchObject({ kind: 'job' });
    lived.deploy(again);
    value(lived.rig.station.plan.clear());
    expect(lived.make().open.map(({ machineId }) => machineId)).toEqual([broken.id]);
    expect(lived.make().machines.map(({ plan }) => plan)).toEqual(lived.make().machines.map(() => null));
  });

  test('a machine that is only heard is open where the plan wants it, and nobody’s concern elsewhere', () => {
    visit(lived);
    value(lived.rig.station.plan.import({ name: 'plan.csv', text: 'mac,hostname\n52:54:00:00:00:99,late-1\n', replace: true }));
    expect(lived.make().open.find(({ name }) => name === 'late-1')).toMatchObject({
      kind: 'machine',
      text: expect.stringContaining('Heard on the wire'),
    });
    value(lived.rig.station.plan.clear());
    expect(lived.make().open.filter(({ name }) => /late-1|99$/.test(name))).toEqual([]);
  });
});

test('a check that found a difference is open until the image is deployed again', () => {
  visit(lived);
  const { machines, work, ...rest } = lived.make();
  const done = work.filter(({ kind, state }) => kind === 'deploy' && state === 'done').slice(0, 1);
  const check = done.map((one) => ({ ...one, kind: 'verify' as const, consent: null, bytesWritten: null, drifted: true }));
  const open = (jobs: typeof work): readonly string[] =>
    leftOpen({ ...rest, machines: [], plan: null, work: jobs, setRuns: [], answered: new Set() }).map(({ text }) => text);
  expect(open([...done, ...check])).toEqual(['A check found its disk to differ from "image-a".']);
  expect(open([...done, ...check, ...done])).toEqual([]);
  expect(open([...check, ...check.map((one) => ({ ...one, drifted: false }))])).toEqual([]);
  const text = reportHtml({ ...rest, machines, work: check });
  expect(text).toContain('the disk is not as the image has it');
  expect(text).not.toContain('chosen by a person');
});

describe('what is asked for', () => {
  test('another site by its name; one that nobody knows is a failure', () => {
    const { elsewhere } = visit(lived);
    const report = lived.make({ site: BEFORE });
    expect(report).toMatchObject({ siteName: BEFORE, operators: ['Grace'], plan: null, counts: { machines: 1, deployed: 1 } });
    expect(report.machines).toMatchObject([{ id: elsewhere.id, holds: { osoid: hash('a') }, later: null }]);
    expect(code(lived.reports.make({ site: 'Atlantis', sinceMs: null, untilMs: null, redactSerials: false }))).toBe('report.site-unknown');
  });

  test('a period: only who was there then; planned machines of an earlier day are said to be known', () => {
    const { sinceMs, armed } = visit(lived);
    const second = lived.make().visits[1]?.sinceMs ?? 0;
    const report = lived.make({ sinceMs: second });
    expect(report.operators).toEqual(['Lin']);
    expect(report.work.map(({ machineId }) => machineId)).toEqual([armed.id]);
    expect(report.plan?.counts).toMatchObject({ seen: 0, earlier: 2, missing: 1 });
    expect(report.overrides).toEqual([]);
    const first = lived.make({ sinceMs, untilMs: second });
    expect(first.work.map(({ machineId }) => machineId)).not.toContain(armed.id);
    expect(first.armings).toEqual([]);
    expect(lived.make({ sinceMs: lived.rig.clock.atMs + 1 })).toMatchObject({ machines: [], work: [], counts: { machines: 0 } });
  });

  test('a machine that went on elsewhere says so, and is no longer open here', () => {
    const { broken } = visit(lived);
    lived.later(30 * DAY_MS);
    lived.at(BEFORE, 'Grace');
    value(lived.rig.station.journey.onRetry(broken.id));
    const report = lived.make({ site: SITE });
    expect(report.machines.find(({ id }) => id === broken.id)?.later).toEqual({ atMs: lived.rig.clock.atMs, siteName: BEFORE });
    expect(report.open.map(({ machineId }) => machineId)).not.toContain(broken.id);
  });
});

describe('without serials', () => {
  const SECRET = /SERIAL-\d|DISK-\d|52:54:00|0x5000c500/i;
  test('no name of a machine is anywhere in it, also not in sentences, of disks that were pulled, or in the plan', () => {
    const { broken } = visit(lived);
    lived.rig.station.events.log({
      kind: 'machine.merged',
      text: 'Ada: SERIAL-3 is serial-4, once at 525400000003: (DISK-3).',
      machineId: broken.id,
    });
    expect(JSON.stringify(lived.make())).toMatch(SECRET);
    const report = siteReportSchema.parse(lived.make({ redactSerials: true }));
    expect(JSON.stringify(report)).not.toMatch(SECRET);
    expect(report.notes.at(-1)?.text).toBe('Ada: (left out) is (left out), once at (left out): ((left out)).');
    expect(report.redacted).toBe(true);
    // Names that people gave stay, and each machine can still be told from the others.
    expect(named(report.machines, 'web-1')).toMatchObject({
      serial: null,
      macs: [],
      position: 'U1',
      holds: { disk: { serial: null, sizeBytes: 480e9 } },
    });
    expect(new Set(report.machines.map(({ name }) => name)).size).toBe(report.machines.length);
    expect(report.machines.map(({ id }) => id)).toEqual(lived.make().machines.map(({ id }) => id));
    expect(report.images.map(({ osoid }) => osoid)).toEqual(lived.make().images.map(({ osoid }) => osoid));
  });
});
