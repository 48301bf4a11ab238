// A vendor's installer in the journey: what is ordered and when, and the ends that need a clock or a station that was killed.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InstallerRecipe } from '../../preload/contract/recipe.ts';
import type { InstallerBoot } from '../../main/recipes/installer-boots.ts';
import { blankContent, disk, hash, inventory, policy } from './fixtures.ts';
import { createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';
import { identity } from './walk.ts';

const MAC = '52:54:00:00:00:01';
const recipe: InstallerRecipe = {
  id: 'vendor',
  version: 1,
  name: 'Vendor',
  kind: 'installer',
  matchOn: ['model'],
  timeLimitMinutes: 60,
  image: { name: 'installed', labels: {} },
  note: '',
  kernel: 'linux',
  initrd: 'initrd',
  commandLine: 'quiet',
  answers: [{ name: 'a.txt', text: '{{station:finished}}' }],
  payloads: [
    { name: 'linux', sha256: hash('d'), sizeBytes: 10 },
    { name: 'initrd', sha256: hash('e'), sizeBytes: 10 },
  ],
};

let rig: Rig;
let sha256: string;
beforeEach(() => {
  rig = createRig();
  sha256 = value(rig.station.recipes.add(recipe, 'Ada')).sha256;
  value(rig.station.policies.add(policy({ outcome: { kind: 'build', recipe: 'vendor' } })));
});
afterEach(() => rig.close());

const boot = (): InstallerBoot => {
  const [one] = rig.station.installers.all();
  return one ?? expect.fail('no installer boot');
};
/** Approved, the disk made ready, and told to restart. */
const prepared = (): { readonly agent: FakeAgent; readonly machineId: string; readonly jobId: string } => {
  const agent = rig.agent(MAC);
  agent.inventory(inventory({ mac: MAC }));
  const machine = agent.assess({ kind: 'ready-to-build', recipeSha256: sha256, disk: identity(), contentHash: hash('1') });
  const jobId = value(rig.approve(machine)).id;
  expect(agent.last('build')).toMatchObject({ part: 'prepare', script: '', payloads: [] });
  value(agent.report({ kind: 'step', jobId, step: 'check', state: 'started', note: '' }));
  value(agent.report({ kind: 'prepared', jobId }));
  expect(agent.last('reboot').reason).toContain('installer');
  return { agent, machineId: machine.id, jobId };
};
const installing = () => {
  const all = prepared();
  value(all.agent.report({ kind: 'leaving', how: 'reboot', localBoot: null }));
  rig.station.journey.onInstallerStarted(boot());
  expect(boot().phase).toBe('installing');
  return all;
};
/** The agent's inventory once something is on the disk. */
const installed = () => {
  const partition = { number: 1, startLba: 2048, sectors: 4096, typeId: '', name: '', filesystem: 'ext', label: null, uuid: null };
  return inventory({ mac: MAC, disks: [disk({ content: { ...blankContent('2'), blank: false, table: 'gpt', partitions: [partition] } })] });
};
const jobOf = (jobId: string) => value(rig.station.jobs.view(jobId));

describe('an installer', () => {
  test('that has come back done is captured, and a restart in the middle of that is gone on with', () => {
    const { jobId } = installing();
    rig.station.journey.onInstallerFinished(boot());
    const back = rig.agent(MAC);
    back.inventory(installed());
    expect(back.last('build')).toMatchObject({ part: 'collect', jobId });
    const again = rig.agent(MAC);
    again.inventory(installed());
    expect(again.last('build')).toMatchObject({ part: 'collect', jobId });
    expect(jobOf(jobId)).toMatchObject({ state: 'running', attempt: 2 });
  });

  test('that cannot be told what it needs of this machine is not begun: nothing is erased, and the reason is named', () => {
    value(rig.station.recipes.add({ ...recipe, version: 2, commandLine: 'host={{fact:model}}' }, 'Ada'));
    const agent = rig.agent(MAC);
    const machine = agent.inventory(inventory({ mac: MAC }));
    expect(machine).toMatchObject({ state: 'waiting', question: { kind: 'choose' } });
    expect(machine.says).toContain('The value of model cannot stand in a kernel command line');
    value(rig.station.recipes.add({ ...recipe, version: 3, commandLine: 'quiet' }, 'Ada'));
    rig.station.journey.onRulesChanged();
    expect(rig.view(machine.id).state).toBe('matched');
  });

  test('says how long it may take, and that it has read its answers', () => {
    const { machineId } = installing();
    expect(rig.view(machineId).says).toBe(
      'The installer of recipe "vendor" is at work; it comes back by itself, within 60 minutes of its start.',
    );
    rig.station.journey.onInstallerRead(boot(), 'a.txt');
    expect(rig.view(machineId).says).toContain('has read its answers and is at work; it comes back by itself, within 60 minutes');
    // One that is done no longer reads: what it says then stands.
    rig.station.journey.onInstallerFinished(boot());
    rig.station.journey.onInstallerRead(boot(), 'a.txt');
    expect(rig.view(machineId).says).toContain('says that it is done');
  });

  test('that never says it is done has failed when the machine is back', () => {
    const { jobId } = installing();
    const back = rig.agent(MAC);
    back.inventory(inventory({ mac: MAC }));
    expect(jobOf(jobId)).toMatchObject({ state: 'failed', failure: { code: 'installer.not-finished' } });
    expect(back.last('rescan')).toBeDefined();
    expect(rig.station.installers.all()).toEqual([]);
  });

  test('that was never handed out has failed when the machine is back', () => {
    const { agent, jobId } = prepared();
    value(agent.report({ kind: 'leaving', how: 'reboot', localBoot: null }));
    rig.agent(MAC).inventory(inventory({ mac: MAC }));
    expect(jobOf(jobId)).toMatchObject({ state: 'failed', failure: { code: 'installer.not-started' } });
  });

  test('that does not come back in time ends by name, and the machine is held', () => {
    const { machineId, jobId } = installing();
    rig.clock.atMs += 59 * 60_000;
    rig.station.journey.tick();
    expect(jobOf(jobId).state).toBe('running');
    rig.clock.atMs += 2 * 60_000;
    rig.station.journey.tick();
    expect(jobOf(jobId)).toMatchObject({ state: 'failed', failure: { code: 'installer.timed-out' } });
    expect(rig.view(machineId)).toMatchObject({ state: 'failed', failure: { code: 'installer.timed-out' } });
    // When it comes back after all it is decided anew: nothing of the old consent is left.
    const late = rig.agent(MAC);
    late.inventory(inventory({ mac: MAC }));
    expect(late.last('assess').decision).toMatchObject({ kind: 'build' });
  });

  test('a power cut while its disk is made ready is a build that was cut', () => {
    const agent = rig.agent(MAC);
    agent.inventory(inventory({ mac: MAC }));
    const machine = agent.assess({ kind: 'ready-to-build', recipeSha256: sha256, disk: identity(), contentHash: hash('1') });
    const jobId = value(rig.approve(machine)).id;
    rig.agent(MAC).inventory(inventory({ mac: MAC }));
    expect(jobOf(jobId)).toMatchObject({ state: 'failed', failure: { code: 'build.interrupted' } });
    expect(rig.station.installers.all()).toEqual([]);
  });

  test('a station that was killed before the restart was ordered orders it again, and one killed while it installs goes on', () => {
    const { agent, jobId } = prepared();
    const before = agent.orders().length;
    rig.restart();
    rig.station.journey.onContact(agent.sessionId);
    expect(agent.orders().slice(before)).toContain('reboot');
    rig.station.journey.onInstallerStarted(boot());
    rig.restart();
    rig.station.journey.onInstallerFinished(boot());
    const back = rig.agent(MAC);
    back.inventory(installed());
    expect(back.last('build')).toMatchObject({ part: 'collect', jobId });
  });

  test('that is stopped by a person leaves no boot behind', () => {
    const { jobId } = installing();
    value(rig.station.journey.onCancel(jobId));
    rig.clock.atMs += 60_000;
    expect(rig.station.installers.all()).toEqual([]);
    expect(jobOf(jobId).state).toBe('cancelled');
  });
});
