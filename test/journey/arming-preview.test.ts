// What arming would do is said before it is done, and arms nothing once it is no longer so.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arm, boot, createAutoRig, preview, recorded, state, windows } from './armed.ts';
import type { Booted } from './armed.ts';
import { blankContent, disk, hash, inventory, jobResult, policy } from './fixtures.ts';
import { code, value } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createAutoRig();
});
afterEach(() => rig.close());

describe('the preview', () => {
  test('names image, machine, disk, what is on it, what stays untouched, and why others ask', () => {
    value(
      rig.station.policies.add(
        policy({ name: 'second', rank: 200, consent: 'auto', outcome: { kind: 'deploy-newest', labels: { os: 'none' } } }),
      ),
    );
    value(rig.station.policies.add(policy({ name: 'asks', rank: 300 })));
    value(rig.station.policies.add(policy({ name: 'stays', rank: 301, consent: 'auto', outcome: { kind: 'boot-local' } })));
    boot(rig, 1);
    boot(rig, 2, windows);
    boot(rig, 3, recorded);
    boot(rig, 4, { content: { ...blankContent('4'), blank: false } });
    const shown = preview(rig);
    expect(shown).toMatchObject({ siteName: 'Site A', operator: 'Ada' });
    expect(shown.policies).toEqual([
      expect.objectContaining({ name: 'everything', image: { osoid: hash('a'), name: 'image-a', revision: 1 }, problem: null }),
      expect.objectContaining({ name: 'second', image: null, problem: 'the library has no image for it' }),
    ]);
    expect(shown.machines.map(({ machineName, fate, why, disk: own }) => [machineName, fate, why, own?.serial])).toEqual([
      ['SERIAL-1', 'erase', 'its disk is empty', 'DISK-1'],
      ['SERIAL-2', 'ask', 'its disk holds Windows, and the policy does not replace', 'DISK-2'],
      ['SERIAL-3', 'ask', 'its disk carries the record of another installation, and the policy does not replace', 'DISK-3'],
      ['SERIAL-4', 'ask', 'its disk holds data, and the policy does not replace', 'DISK-4'],
    ]);
    value(rig.station.policies.add(policy({ consent: 'auto', replaceExisting: true })));
    expect(preview(rig).machines.map(({ fate }) => fate)).toEqual(['erase', 'replace', 'replace', 'replace']);
  });
  test('takes the disk that a machine asks about, and guesses none where several would do', () => {
    const two = [disk({ serial: 'ONE', wwn: null }), disk({ serial: 'TWO', wwn: null, path: '/dev/sdb' })];
    const agent = rig.agent();
    agent.inventory(inventory({ disks: two }));
    expect(preview(rig).machines).toMatchObject([{ fate: 'ask', why: 'several of its disks fit the image', disk: null }]);
    agent.assess({ kind: 'ready', osoid: hash('a'), disk: { serial: 'TWO', wwn: null, sizeBytes: 480e9 }, contentHash: hash('1') });
    expect(preview(rig).machines).toMatchObject([{ fate: 'erase', disk: { serial: 'TWO' }, untouched: [{ serial: 'ONE' }] }]);
  });
  test('leaves out who has the image, who works, whom a person decided for, and who is another policy’s', () => {
    boot(rig, 1, { provenance: { ...disk().provenance, verdict: 'trusted', osoid: hash('a') } });
    const chosen = boot(rig, 2);
    value(rig.station.journey.onDeployRequest(chosen.id, { osoid: hash('b'), diskSerial: null, rewrite: false }));
    const working = boot(rig, 3);
    working.assess();
    value(rig.station.journey.onApprove(working.id, approvalOf(working)));
    const held = boot(rig, 4);
    value(rig.station.journey.onHold(held.id));
    expect(preview(rig).machines).toEqual([]);
  });
  test.each<[string, () => void]>([
    ['a machine', () => void boot(rig, 2)],
    ['what a disk holds', () => void boot(rig, 1, windows)],
    ['a policy', () => void value(rig.station.policies.add(policy({ consent: 'auto', limit: 5 })))],
    ['a policy’s switch', () => void value(rig.station.policies.enable('everything', false))],
    ['an image', () => void rig.images.splice(0, 1)],
    ['the site', () => void rig.station.sites.describe({ siteName: 'Site B' })],
  ])('that is older than a change of %s arms nothing', (_what, change) => {
    boot(rig, 1);
    const previewHash = preview(rig).hash;
    change();
    expect(code(arm(rig, { previewHash }))).toBe('arming.preview-changed');
    expect(rig.station.arming.view()).toBeNull();
  });
  test('stays the same while nothing that decides changes', () => {
    const machine = boot(rig, 1);
    const { hash: before } = preview(rig);
    rig.clock.atMs += 10_000;
    rig.station.journey.onContact(machine.agent.sessionId);
    rig.station.machines.rename(machine.id, 'renamed');
    expect(preview(rig).hash).toBe(before);
  });
});

const approvalOf = (machine: Booted) => {
  const { question } = rig.view(machine.id);
  return question?.kind === 'erase'
    ? { eraseSerial: question.disk.serial ?? '', consentHash: question.consentHash }
    : expect.fail('nothing is asked');
};

test('a machine that was written carries its image and is not written again', () => {
  value(arm(rig));
  const machine = boot(rig, 1);
  machine.assess();
  value(machine.agent.report({ kind: 'finished', jobId: rig.view(machine.id).jobId ?? '', result: jobResult(hash('a')) }));
  expect(state(rig, machine)).toBe('provisioned');
  expect(preview(rig).machines).toEqual([]);
  value(rig.station.policies.add(policy({ consent: 'auto', outcome: { kind: 'deploy', osoid: hash('b') } })));
  expect(preview(rig).machines).toMatchObject([{ fate: 'ask', why: 'another image was written to it since', disk: null }]);
});
