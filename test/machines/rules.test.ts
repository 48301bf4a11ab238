// The small pure rules: states, boot stages, consent.
import { describe, expect, test } from 'vitest';
import { enterStage, stageOfState } from '../../main/machines/boot-timeline.ts';
import type { StageName } from '../../main/machines/boot-timeline.ts';
import { consentHash } from '../../main/journey/consent.ts';
import { assertFollows, mayFollow, SAYS } from '../../main/machines/state.ts';
import type { BootStage, MachineState } from '../../preload/contract/views.ts';
import { hash } from '../journey/fixtures.ts';

const STATES = Object.keys(SAYS) as MachineState[];

describe('states', () => {
  test('a machine may boot, and an inventory may come, at any time', () => {
    for (const from of STATES) for (const to of ['seen', 'booting', 'inventoried'] as const) expect(mayFollow(from, to)).toBe(true);
  });
  test('work begins only after a match or a question, and nothing is provisioned before its inventory', () => {
    expect(STATES.filter((from) => mayFollow(from, 'working'))).toEqual(['inventoried', 'matched', 'waiting', 'working']);
    expect(mayFollow('booting', 'provisioned')).toBe(false);
    expect(() => assertFollows('failed', 'working')).toThrow(/cannot go from failed to working/);
  });
});

describe('boot stages', () => {
  const walk = (...steps: readonly (readonly [StageName, number])[]): readonly BootStage[] =>
    steps.reduce<readonly BootStage[]>((stages, [stage, atMs]) => enterStage(stages, stage, atMs), []);
  const names = (stages: readonly BootStage[]): readonly string[] => stages.map((one) => one.stage);
  test('each ends when the next begins', () => {
    expect(walk(['DHCP', 0], ['DHCP', 4000], ['loader', 5000], ['kernel', 6000])).toEqual([
      { stage: 'DHCP', startedAtMs: 0, endedAtMs: 5000 },
      { stage: 'loader', startedAtMs: 5000, endedAtMs: 6000 },
      { stage: 'kernel', startedAtMs: 6000, endedAtMs: null },
    ]);
  });
  test('a new boot begins with DHCP, or with any stage after an agent ran', () => {
    expect(names(walk(['DHCP', 0], ['agent', 9000], ['DHCP', 99_000]))).toEqual(['DHCP']);
    expect(names(walk(['DHCP', 0], ['agent', 9000], ['loader', 99_000]))).toEqual(['loader']);
    expect(names(walk(['DHCP', 0], ['DHCP', 100_000]))).toEqual(['DHCP']);
    expect(walk(['DHCP', 0], ['DHCP', 100_000])[0]?.startedAtMs).toBe(100_000);
  });
  test('work is a deploy unless it was named before', () => {
    const waiting = walk(['agent', 0], ['waiting', 1]);
    expect(names(stageOfState(waiting, 'working', 2))).toEqual(['agent', 'waiting', 'deploy']);
    const captured = stageOfState(enterStage(waiting, 'capture', 2), 'working', 3);
    expect(captured.at(-1)).toEqual({ stage: 'capture', startedAtMs: 2, endedAtMs: null });
    expect(names(stageOfState(stageOfState(captured, 'waiting', 4), 'working', 5))).toEqual([
      'agent',
      'waiting',
      'capture',
      'waiting',
      'deploy',
    ]);
  });
  test('late news of an earlier stage changes nothing', () => {
    expect(names(walk(['DHCP', 0], ['kernel', 1], ['loader', 2], ['stage 1', 3]))).toEqual(['DHCP', 'kernel', 'stage 1']);
  });
});

test('a consent hash differs with everything it is bound to', () => {
  const subject = {
    machineId: 'm',
    sessionId: 's',
    disk: { serial: 'a', wwn: null, sizeBytes: 1 },
    contentHash: hash('1'),
    osoid: hash('a'),
  };
  const others = [
    { ...subject, machineId: 'n' },
    { ...subject, sessionId: 't' },
    { ...subject, disk: { ...subject.disk, serial: null, wwn: 'a' } },
    { ...subject, disk: { ...subject.disk, serial: 'b' } },
    { ...subject, disk: { ...subject.disk, sizeBytes: 2 } },
    { ...subject, contentHash: hash('2') },
    { ...subject, osoid: hash('b') },
  ];
  expect(new Set([subject, ...others].map(consentHash)).size).toBe(others.length + 1);
  expect(consentHash({ ...subject })).toBe(consentHash(subject));
});
