// Decision 1: the disk's own record names the image.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { disk, hash, inventory, jobResult } from './fixtures.ts';
import { createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { failure, identity, localBoot, ready, toWork } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

describe('1: already installed', () => {
  test('boots its own disk, downloads nothing, and the next network boot does the same, once', () => {
    const agent = rig.agent();
    const machine = agent.inventory();
    expect(agent.last('assess').decision).toMatchObject({ kind: 'deploy', osoid: hash('a'), manifestSha256: hash('e'), rewrite: false });
    const view = agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot });
    expect(view).toMatchObject({ state: 'provisioned', osoid: hash('a'), question: null });
    expect(agent.last('boot-local')).toMatchObject({ osoid: hash('a') });
    value(agent.report({ kind: 'leaving', how: 'boot-local', localBoot }));
    expect(rig.ended).toEqual([agent.sessionId]);
    expect(rig.view(machine.id).online).toBe(false);
    rig.station.machines.heard(agent.bootMac, 'firmware');
    expect(rig.view(machine.id).state).toBe('provisioned');
    expect(rig.station.localBoots.take(agent.bootMac)).toEqual(localBoot);
    rig.clock.atMs += 60_000;
    expect(rig.station.localBoots.take(agent.bootMac)).toBeNull();
    expect(rig.station.jobs.list()).toEqual([]);
  });
  test('where the image leaves no room for a record, the station says what it wrote, and asks all the same', () => {
    const { agent, machine, jobId } = toWork(rig);
    value(agent.report({ kind: 'finished', jobId, result: { ...jobResult(hash('a')), recorded: false } }));
    const says = (one: string, letter = 'a'): string => {
      rig.clock.atMs += 600_000;
      const again = rig.agent();
      const there = disk({ serial: one });
      again.inventory(inventory({ disks: [there] }));
      return again.assess(ready(letter, '1', there)).says;
    };
    const written = 'This station wrote "image-a" to this disk on';
    expect(says(disk().serial ?? '')).toMatch(/^Waiting for consent to erase disk /);
    expect(rig.view(machine.id)).toMatchObject({ state: 'waiting', question: { kind: 'erase' } });
    expect(rig.view(machine.id).says).toContain(written);
    expect(rig.view(machine.id).says).toContain('To keep what is on it, boot its own disk.');
    // Another disk was never written.
    expect(says('ANOTHER')).not.toContain('This station wrote');
  });
  test('a system that does not start is not started for ever: the fifth time within a quarter of an hour it is held', () => {
    const states = [1, 2, 3, 4, 5].map(() => {
      const agent = rig.agent();
      agent.inventory();
      const view = agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot });
      value(agent.report({ kind: 'leaving', how: 'boot-local', localBoot }));
      rig.station.localBoots.take(agent.bootMac);
      rig.clock.atMs += 120_000;
      return view.state;
    });
    expect(states).toEqual(['provisioned', 'provisioned', 'provisioned', 'provisioned', 'failed']);
    rig.clock.atMs += 900_000;
    const later = rig.agent();
    later.inventory();
    expect(later.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot }).state).toBe('provisioned');
  });
  test('firmware that starts the disk itself leaves no answer behind for another disk; if it comes back to the network, it gets one', () => {
    const leaves = (): void => {
      const agent = rig.agent();
      agent.inventory();
      agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot });
      value(agent.report({ kind: 'leaving', how: 'boot-local', localBoot, byFirmware: true }));
    };
    const { localBoots } = rig.station;
    const { bootMac } = rig.agent();
    leaves();
    expect(localBoots.peek(bootMac)).toBeNull();
    rig.clock.atMs += 60_000;
    leaves();
    expect(localBoots.take(bootMac)).toEqual(localBoot);
    // Its own system asks for an address: the firmware did as it was told.
    localBoots.drop(bootMac);
    leaves();
    expect(localBoots.peek(bootMac)).toBeNull();
  });
  test('an agent that finds otherwise at the last moment takes the local boot back', () => {
    const agent = rig.agent();
    agent.inventory();
    agent.assess({ kind: 'already-installed', osoid: hash('a'), disk: identity(), localBoot });
    value(agent.report({ kind: 'refused', sequence: agent.last('boot-local').sequence, failure }));
    expect(rig.station.localBoots.peek(agent.bootMac)).toBeNull();
    expect(rig.station.machines.list()).toMatchObject([{ state: 'failed', failure }]);
  });
});
