// A deep check in the journey: which disk and image, what is ordered, what its result says, and that the machine is afterwards where it was.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { VerifyResult } from '../../agent/protocol/verify.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { blankContent, disk, hash, inventory } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';

type Provenance = Disk['provenance'];
const RECORD: Provenance = {
  verdict: 'trusted',
  osoid: hash('a'),
  manifestSha256: hash('b'),
  stationName: 'elsewhere',
  keyId: '0'.repeat(16),
  writtenAt: '2026-01-01T00:00:00.000Z',
};
const recorded = (provenance: Partial<Provenance> = {}, change: Partial<Disk> = {}): Disk =>
  disk({ content: { ...blankContent('2'), table: 'gpt', blank: false }, provenance: { ...RECORD, ...provenance }, ...change });

const SAME: VerifyResult = {
  osoid: hash('a'),
  chunkSizeBytes: 262_144,
  chunks: { same: 40, different: 0, own: 1 },
  bytes: { same: 40 * 262_144, different: 0, own: 262_144 },
  fetchBytes: 262_144,
  remainsBytes: 0,
  places: [],
  ranges: [],
  ownRanges: [],
  ownFrom: 'disk',
  table: [],
  seconds: 1,
};
const DRIFTED: VerifyResult = {
  ...SAME,
  chunks: { same: 38, different: 2, own: 1 },
  bytes: { same: 38 * 262_144, different: 2 * 262_144, own: 262_144 },
  fetchBytes: 3 * 262_144,
};

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const ask = (machine: MachineView, diskSerial: string | null = null, heal = false) =>
  rig.station.journey.onVerifyRequest(machine.id, { diskSerial, heal });
/** A machine that a person holds, with these disks. */
const held = (disks: readonly Disk[] = [recorded()], agent: FakeAgent = rig.agent()): { agent: FakeAgent; machine: MachineView } => {
  const machine = agent.inventory(inventory({ disks: [...disks] }));
  return { agent, machine: value(rig.station.journey.onHold(machine.id)) };
};
const jobNow = (id: string) => value(rig.station.jobs.view(id));

describe('what is ordered', () => {
  test('the disk with the record, and the image that it names; no more than one job at once', () => {
    const { agent, machine } = held();
    const job = value(ask(machine));
    expect(job).toMatchObject({ kind: 'verify', state: 'queued', osoid: hash('a'), operator: 'Ada' });
    expect(rig.view(machine.id)).toMatchObject({ state: 'working', jobId: job.id, question: null });
    const order = agent.last('verify');
    expect(order).toMatchObject({ jobId: job.id, osoid: hash('a'), disk: { serial: 'DISK-1', sizeBytes: 480e9 } });
    expect(order).not.toHaveProperty('own');
    expect(order).not.toHaveProperty('acceptSignature');
    expect(code(ask(machine))).toBe('job.running');
  });

  test.each<readonly [string, readonly Disk[], string | null, string]>([
    ['an image that no library has', [recorded({ osoid: hash('f') })], null, 'verify.image-missing'],
    ['no record', [recorded({ verdict: 'absent', osoid: null })], null, 'verify.no-record'],
    ['a record by an unknown key', [recorded({ verdict: 'unknown-key' })], null, 'verify.no-record'],
    ['a record of another disk', [recorded({ verdict: 'other-disk' })], null, 'verify.no-record'],
    ['two disks with records', [recorded(), recorded({}, { serial: 'DISK-2', path: '/dev/sdb' })], null, 'verify.several-disks'],
    ['a disk that is not there', [recorded()], 'DISK-9', 'disk.unknown'],
  ])('%s', (_what, disks, serial, expected) => {
    const { agent, machine } = held(disks);
    const before = rig.view(machine.id);
    const asked = ask(machine, serial);
    expect(code(asked)).toBe(expected);
    expect(asked.ok ? '' : asked.failure.next).not.toBe('');
    expect(rig.view(machine.id)).toEqual(before);
    expect(agent.orders().filter((kind) => kind === 'verify')).toEqual([]);
  });

  test('of two recorded disks the one that is named', () => {
    const { agent, machine } = held([recorded(), recorded({}, { serial: 'DISK-2', path: '/dev/sdb' })]);
    value(ask(machine, 'disk-2'));
    expect(agent.last('verify').disk.serial).toBe('DISK-2');
  });
});

describe('what comes of it', () => {
  test.each([
    ['the same', SAME, 'is as'],
    ['drifted', DRIFTED, 'differs from'],
  ] as const)('%s: kept as the result of the job, said of the machine, and the machine is where it was', (_what, result, says) => {
    const { agent, machine } = held();
    const job = value(ask(machine));
    value(agent.report({ kind: 'verified', jobId: job.id, result }));
    expect(jobNow(job.id)).toMatchObject({ state: 'done', verified: result, result: null, captured: null, failure: null });
    const after = rig.view(machine.id);
    expect(after).toMatchObject({ state: machine.state, question: machine.question, jobId: null });
    expect(after.says).toContain(says);
    if (result === DRIFTED) expect(after.says).toContain('at most 0.8 MiB');
  });

  test('it was not the one that wrote the image: it is listed neither as deployed to nor as written by arming', () => {
    const { agent, machine } = held();
    const job = value(ask(machine));
    value(agent.report({ kind: 'verified', jobId: job.id, result: SAME }));
    expect(rig.station.journey.previewArming().machines.every((one) => one.fate !== 'replace')).toBe(true);
  });

  test('a failure, and a stop by a person', () => {
    const { agent, machine } = held();
    const failure = { code: 'verify.read-failed', message: 'The disk gave an error.', next: 'Change it.' };
    const first = value(ask(machine));
    value(agent.report({ kind: 'failed', jobId: first.id, failure }));
    expect(jobNow(first.id)).toMatchObject({ state: 'failed', failure, verified: null });
    expect(rig.view(machine.id)).toMatchObject({ state: 'waiting', jobId: null });
    const second = value(ask(machine));
    value(rig.station.journey.onCancel(second.id));
    expect(agent.last('cancel').jobId).toBe(second.id);
    value(agent.report({ kind: 'failed', jobId: second.id, failure: { ...failure, code: 'verify.cancelled' } }));
    expect(jobNow(second.id).state).toBe('cancelled');
    expect(rig.view(machine.id).says).toContain('was stopped');
  });

  test('after a reboot the same job goes on; without its disk it fails', () => {
    const { machine } = held();
    const job = value(ask(machine));
    const again = rig.agent();
    expect(again.inventory(inventory({ disks: [recorded()] })).state).toBe('working');
    expect(again.last('verify').jobId).toBe(job.id);
    const third = rig.agent();
    third.inventory(inventory({ disks: [recorded({}, { serial: 'OTHER' })] }));
    expect(jobNow(job.id)).toMatchObject({ state: 'failed', failure: { code: 'disk.replaced' } });
  });

  test('one that leaves before it hears of it is told of', () => {
    const agent = rig.agent();
    const machine = agent.inventory(inventory({ disks: [recorded()] }));
    value(rig.station.journey.onBootLocal(machine.id));
    const job = value(ask(machine));
    value(agent.report({ kind: 'leaving', how: 'boot-local', localBoot: null }));
    expect(jobNow(job.id).failure?.code).toBe('verify.machine-left');
    expect(rig.view(machine.id).state).toBe('provisioned');
  });
});

describe('a library that is to be healed', () => {
  const ordered = () => {
    const { agent, machine } = held();
    return { agent, machine, job: value(ask(machine, null, true)) };
  };
  const of = (missing: number, returned: number): VerifyResult => ({ ...SAME, heal: { missing, returned, bytesSent: 1000 } });

  test('the order says so, its machine alone may serve it, and that ends with the job', () => {
    const { agent, job } = ordered();
    expect(agent.last('verify')).toMatchObject({ jobId: job.id, heal: true });
    const asked = (sessionId: string, jobId: string) => code(rig.station.journey.onHealAsked(sessionId, jobId));
    expect(asked(agent.sessionId, job.id)).toBeNull();
    const stranger = rig.agent('52:54:00:00:00:07');
    stranger.inventory(inventory({ serial: 'OTHER', mac: '52:54:00:00:00:07', disks: [recorded({}, { serial: 'D7', wwn: null })] }));
    expect(asked(stranger.sessionId, job.id)).toBe('heal.not-yours');
    expect(asked(agent.sessionId, 'nobody')).toBe('job.unknown');
    value(agent.report({ kind: 'verified', jobId: job.id, result: of(1, 1) }));
    expect(asked(agent.sessionId, job.id)).toBe('job.ended');
  });

  test('a plain check may not', () => {
    const { agent, machine } = held();
    const job = value(ask(machine));
    expect(agent.last('verify')).not.toHaveProperty('heal');
    expect(code(rig.station.journey.onHealAsked(agent.sessionId, job.id))).toBe('heal.not-yours');
  });

  test('after a reboot the order says so again', () => {
    const { job } = ordered();
    const again = rig.agent();
    again.inventory(inventory({ disks: [recorded()] }));
    expect(again.last('verify')).toMatchObject({ jobId: job.id, heal: true });
  });

  test.each<readonly [string, VerifyResult, RegExp]>([
    ['all came back', of(3, 3), /^All 3 chunks that the library lacked came back\. Its disk is as/],
    ['nothing was missing', of(0, 0), /^The library lacks nothing of this image\./],
    ['some are missing still', of(3, 1), /^1 of 3 chunks.*2 are still missing.*another machine.*library repair --from FOLDER\. Its disk/],
    ['an agent that does not know of it', SAME, /^Its boot kit is older than this station and gave nothing back/],
  ])('%s: said of the machine', (_what, result, says) => {
    const { agent, machine, job } = ordered();
    value(agent.report({ kind: 'verified', jobId: job.id, result }));
    expect(rig.view(machine.id).says).toMatch(says);
    expect(jobNow(job.id).verified).toEqual(result);
  });
});
