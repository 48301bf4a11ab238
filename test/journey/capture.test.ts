// A capture in the journey: who may be captured, what is ordered, and that the machine is afterwards where it was.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import type { FirmwareBoot } from '../../agent/protocol/firmware-boot.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { CaptureRequest } from '../../main/journey/capture-step.ts';
import { chooseSource } from '../../main/journey/capture-disk.ts';
import { sourceOf } from '../../main/journey/source-facts.ts';
import { blankContent, disk, hash, inventory, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';

const used = (change: Partial<Disk> = {}): Disk => disk({ content: { ...blankContent('2'), table: 'gpt', blank: false }, ...change });
const WISH: CaptureRequest = { name: 'golden', diskSerial: null, labels: { role: 'web' }, notes: '', redactSerials: false, neutralise: [] };
const RESULT: CaptureResult = {
  osoid: hash('c'),
  name: 'golden',
  revision: 1,
  alreadyPresent: false,
  diskBytes: 480e9,
  dataBytes: 2e9,
  chunksSent: 8000,
  bytesSent: 1e9,
  seconds: 20,
};
const failure = { code: 'capture.read-failed', message: 'The disk gave an error.', next: 'Change it.' };

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const ask = (machine: MachineView, wish: Partial<CaptureRequest> = {}) =>
  rig.station.journey.onCaptureRequest(machine.id, { ...WISH, ...wish });
/** A machine whose disk holds something, waiting for consent to lose it. */
const asking = (agent: FakeAgent = rig.agent()): { agent: FakeAgent; machine: MachineView } => {
  agent.inventory(inventory({ disks: [used()] }));
  const one = used();
  const identity = { serial: one.serial, wwn: one.wwn, sizeBytes: one.sizeBytes };
  const machine = agent.assess({ kind: 'ready', osoid: hash('a'), disk: identity, contentHash: hash('2') });
  expect(machine).toMatchObject({ state: 'waiting', question: { kind: 'erase' } });
  return { agent, machine };
};

describe('where the machine was', () => {
  test('a question that stood stands afterwards, with what became of the capture, and can be answered', () => {
    const { agent, machine } = asking();
    const job = value(ask(machine));
    expect(job).toMatchObject({ kind: 'capture', state: 'queued', osoid: null, imageName: 'golden', operator: 'Ada' });
    expect(rig.view(machine.id)).toMatchObject({ state: 'working', jobId: job.id, question: null });
    expect(agent.last('capture')).toMatchObject({ jobId: job.id, disk: { serial: 'DISK-1', sizeBytes: 480e9 } });
    expect(code(ask(machine))).toBe('job.running');
    value(rig.station.journey.onCaptureAsked(agent.sessionId, job.id));
    rig.station.journey.onCaptured(job.id, RESULT);
    const after = rig.view(machine.id);
    expect(after).toMatchObject({ state: 'waiting', question: machine.question, jobId: null, osoid: machine.osoid });
    expect(after.says).toContain('captured as "golden" r1');
    expect(value(rig.station.jobs.view(job.id))).toMatchObject({ state: 'done', osoid: hash('c'), captured: RESULT, result: null });
    expect(value(rig.approve(machine)).kind).toBe('deploy');
  });
  test.each(['unmatched', 'waiting', 'failed'] as const)('a machine that is %s is so again, also when it was not captured', (state) => {
    if (state === 'unmatched') value(rig.station.policies.remove('everything'));
    const agent = rig.agent();
    const machine = agent.inventory(inventory({ disks: [used()] }));
    if (state === 'waiting') value(rig.station.journey.onHold(machine.id));
    if (state === 'failed') agent.assess({ kind: 'refused', failures: [failure] });
    const before = rig.view(machine.id);
    expect(before.state).toBe(state);
    const job = value(ask(machine));
    value(agent.report({ kind: 'failed', jobId: job.id, failure }));
    expect(rig.view(machine.id)).toMatchObject({ state, question: before.question, failure: before.failure });
    expect(rig.view(machine.id).says).toContain('not captured');
    expect(value(rig.station.jobs.view(job.id))).toMatchObject({ state: 'failed', failure });
  });
  test('one that had just been decided is decided again', () => {
    const agent = rig.agent();
    const machine = agent.inventory(inventory({ disks: [used()] }));
    expect(machine.state).toBe('matched');
    const job = value(ask(machine));
    rig.station.journey.onCaptured(job.id, RESULT);
    expect(rig.view(machine.id).state).toBe('matched');
    expect(agent.last('assess').decision.kind).toBe('deploy');
  });
  test('what changed while it was captured counts afterwards', () => {
    value(rig.station.policies.remove('everything'));
    const agent = rig.agent();
    const machine = agent.inventory(inventory({ disks: [used()] }));
    expect(machine.state).toBe('unmatched');
    const job = value(ask(machine));
    value(rig.station.policies.add(policy()));
    rig.station.journey.onRulesChanged();
    expect(rig.view(machine.id).state).toBe('working');
    rig.station.journey.onCaptured(job.id, RESULT);
    expect(rig.view(machine.id)).toMatchObject({ state: 'matched', question: null });
    expect(agent.last('assess').decision.kind).toBe('deploy');
  });
  test('a question about an image that another one has replaced is asked anew', () => {
    const { agent, machine } = asking();
    const job = value(ask(machine));
    value(rig.station.policies.add(policy({ outcome: { kind: 'deploy', osoid: hash('b') } })));
    rig.station.journey.onCaptured(job.id, RESULT);
    expect(rig.view(machine.id)).toMatchObject({ state: 'matched', osoid: hash('b') });
    expect(agent.last('assess').decision).toMatchObject({ kind: 'deploy', osoid: hash('b') });
  });
  test('one that leaves for its own disk before it hears of the capture is told of', () => {
    const agent = rig.agent();
    const machine = agent.inventory(inventory({ disks: [used()] }));
    value(rig.station.journey.onBootLocal(machine.id));
    const job = value(ask(machine));
    value(agent.report({ kind: 'leaving', how: 'boot-local', localBoot: null }));
    expect(rig.view(machine.id).state).toBe('provisioned');
    expect(rig.station.localBoots.peek(agent.bootMac)).not.toBeNull();
    expect(value(rig.station.jobs.view(job.id)).failure?.code).toBe('capture.machine-left');
  });
});

describe('cut short', () => {
  test('after a reboot it goes on with the same job, then decides anew', () => {
    const { machine } = asking();
    const job = value(ask(machine));
    const again = rig.agent();
    expect(again.inventory(inventory({ disks: [used()] })).state).toBe('working');
    expect(again.last('capture').jobId).toBe(job.id);
    rig.station.journey.onCaptured(job.id, RESULT);
    expect(rig.view(machine.id)).toMatchObject({ state: 'matched', jobId: null });
  });
  test('after a reboot without its disk it fails, and the machine is decided for', () => {
    const { machine } = asking();
    const job = value(ask(machine));
    expect(rig.agent().inventory(inventory({ disks: [used({ serial: 'OTHER', wwn: null })] })).state).toBe('matched');
    expect(value(rig.station.jobs.view(job.id)).failure?.code).toBe('disk.replaced');
    expect(rig.view(machine.id).state).toBe('matched');
  });
  test('a crashed agent is ordered again, once', () => {
    const { agent, machine } = asking();
    const job = value(ask(machine));
    const crash = { kind: 'failed' as const, jobId: job.id, failure: { ...failure, code: 'agent.restarted' } };
    value(agent.report(crash));
    expect(agent.orders().filter((kind) => kind === 'capture')).toHaveLength(2);
    expect(value(rig.station.jobs.view(job.id))).toMatchObject({ attempt: 2, state: 'queued' });
    value(agent.report(crash));
    expect(value(rig.station.jobs.view(job.id)).state).toBe('failed');
    expect(rig.view(machine.id).state).toBe('waiting');
  });
  test('after a restart of the station a queued order goes out again, and the captures that live are known', () => {
    const { agent, machine } = asking();
    const job = value(ask(machine));
    rig.restart();
    expect(rig.station.jobs.unfinishedImaging().map(({ id }) => id)).toEqual([job.id]);
    rig.station.journey.onContact(agent.sessionId);
    expect(agent.last('capture').jobId).toBe(job.id);
  });
  test('stopped by a person: the agent is told, and the machine is where it was', () => {
    const { agent, machine } = asking();
    const job = value(ask(machine));
    value(rig.station.journey.onCancel(job.id));
    expect(agent.last('cancel').jobId).toBe(job.id);
    value(agent.report({ kind: 'failed', jobId: job.id, failure: { ...failure, code: 'capture.cancelled' } }));
    expect(value(rig.station.jobs.view(job.id))).toMatchObject({ state: 'cancelled', failure: null });
    expect(rig.view(machine.id)).toMatchObject({ state: 'waiting', question: machine.question });
  });
});

describe('not everyone', () => {
  test('silent, working and unread machines are refused, and long labels', () => {
    const { agent, machine } = asking();
    expect(code(ask(machine, { labels: { k: 'x'.repeat(63) } }))).toBe('capture.label-too-long');
    const job = value(rig.approve(machine));
    expect(code(ask(machine))).toBe('job.running');
    value(agent.report({ kind: 'failed', jobId: job.id, failure }));
    rig.clock.atMs += 10 * 60_000;
    rig.station.journey.tick();
    expect(code(ask(machine))).toMatch(/machine.offline|job.running/);
    const booting = rig.agent('52:54:00:00:00:09');
    expect(code(ask(rig.station.machines.list().find(({ macs }) => macs.includes(booting.bootMac)) ?? machine))).toBe('machine.not-ready');
  });
  test('another machine, another kind of job and an ended one are not served', () => {
    const { machine, agent } = asking();
    const stranger = rig.agent('52:54:00:00:00:07');
    stranger.inventory(inventory({ serial: 'OTHER', mac: '52:54:00:00:00:07', disks: [used({ serial: 'D7', wwn: null })] }));
    const job = value(ask(machine));
    const asked = (sessionId: string, jobId: string) => code(rig.station.journey.onCaptureAsked(sessionId, jobId));
    expect(asked(stranger.sessionId, job.id)).toBe('capture.not-yours');
    expect(asked('nobody', job.id)).toBe('capture.not-yours');
    expect(asked(agent.sessionId, 'no such job')).toBe('job.unknown');
    value(agent.report({ kind: 'failed', jobId: job.id, failure }));
    expect(asked(agent.sessionId, job.id)).toBe('job.ended');
    const deploy = value(rig.approve(machine));
    expect(asked(agent.sessionId, deploy.id)).toBe('capture.not-yours');
  });
  test('an agent cannot end a capture well by its word', () => {
    const { agent, machine } = asking();
    const job = value(ask(machine));
    value(agent.report({ kind: 'finished', jobId: job.id, result: { ...RESULT, bytesTotal: 1 } as never }));
    expect(value(rig.station.jobs.view(job.id)).state).toBe('queued');
  });
});

describe('the disk', () => {
  const second = used({ serial: 'DATA', wwn: null, path: '/dev/sdb' });
  const raid = used({ serial: 'RAID', wwn: null, exclusions: ['raid-member'] });
  const blank = disk({ serial: 'BLANK', wwn: null });
  const usb = used({ serial: 'USB', wwn: null, exclusions: ['removable'] });
  const unread = used({ serial: 'MUTE', wwn: null, content: null });
  test.each<[string, readonly Disk[], string | null, string | null, string | null]>([
    ['the only one', [used()], null, 'DISK-1', null],
    ['the only one that holds something', [used(), blank, usb, raid], null, 'DISK-1', null],
    ['the one that was named', [used(), second], ' data ', 'DATA', null],
    ['a stick, if it is named', [used(), usb], 'USB', 'USB', null],
    ['one of several', [used(), second], null, null, 'capture.several-disks'],
    ['none', [blank, usb], null, null, 'capture.no-disk'],
    ['one that is not there', [used()], 'X', null, 'disk.unknown'],
    ['half of a mirror', [used(), raid], 'RAID', null, 'capture.disk-spans'],
    ['a blank one', [used(), blank], 'BLANK', null, 'capture.disk-blank'],
    ['one that cannot be read', [unread], null, null, 'capture.disk-unreadable'],
    ['two of one name', [used(), used({ wwn: null, path: '/dev/sdz' })], 'DISK-1', null, 'capture.several-disks'],
  ])('to capture: %s', (_what, disks, wanted, serial, expected) => {
    const chosen = chooseSource(disks, wanted);
    expect(chosen.ok ? chosen.value.serial : null).toBe(serial);
    expect(code(chosen)).toBe(expected);
  });
  test('of several, each is named with what it holds', () => {
    const chosen = chooseSource([used(), second], null);
    expect(chosen.ok ? '' : chosen.failure.message).toMatch(/DISK-1 .*480\.0 GB.*DATA/);
  });
});

const BOOT: FirmwareBoot = {
  kind: 'uefi',
  order: ['0001', '0002'],
  current: '0002',
  entries: [
    { id: '0001', active: true, label: 'debian', path: String.raw`HD(1,GPT,aaaa,0x800,0x100000)/File(\EFI\debian\shimx64.efi)` },
    {
      id: '0002',
      active: true,
      label: 'UEFI Samsung DISK-1',
      path: 'PciRoot(0x0)/Pci(0x1c,0x0)/MAC(525400123456,0)/IPv4(0.0.0.00.0.0.0,0,0)',
    },
  ],
};

test('an image keeps the facts of its source without filler; its own names only where that is wanted, and its proven origin', () => {
  value(rig.station.policies.add(policy()));
  const agent = rig.agent();
  const provenance = { ...disk().provenance, verdict: 'trusted' as const, osoid: hash('d') };
  const machine = agent.inventory(inventory({ disks: [used({ provenance })] }));
  const factsWith = (redactSerials: boolean) => {
    const job = value(ask(machine, { redactSerials }));
    const found = value(rig.station.jobs.get(job.id));
    const source = found.kind === 'capture' ? sourceOf(rig.station.machines, found, BOOT) : expect.fail('no capture');
    value(agent.report({ kind: 'failed', jobId: job.id, failure }));
    return source;
  };
  expect(factsWith(false)).toMatchObject({ parent: hash('d'), facts: { model: 'PowerEdge R740', 'system.serial': 'SERIAL-1' } });
  expect(factsWith(false).boot).toEqual(BOOT);
  const { facts, boot } = factsWith(true);
  // What starts stays readable; who it was does not.
  expect(boot?.entries.map(({ label }) => label)).toEqual(['debian', 'UEFI Samsung redacted']);
  expect(boot?.entries[0]?.path).toBe(BOOT.entries[0]?.path);
  expect(boot?.entries[1]?.path).toBe('PciRoot(0x0)/Pci(0x1c,0x0)/MAC(redacted)/IPv4(redacted)');
  expect(facts).toMatchObject({ model: 'PowerEdge R740' });
  expect(Object.keys(facts)).not.toEqual(expect.arrayContaining(['system.serial']));
  expect(JSON.stringify(facts)).not.toMatch(/SERIAL-1|DISK-1|52:54/);
});
