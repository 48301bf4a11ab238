// Arming from the command line: what it says before, what it wants typed, and what a script reads of it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArmingPreview } from '../../preload/contract/arming.ts';
import type { MachineView, StationView } from '../../preload/contract/views.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { makeHardware } from '../rack/hardware.ts';
import { createSoftwareTarget, makeDisk } from '../rack/software-target.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab } from './station.ts';

const MIB = 1024 * 1024;
const ARM = ['arm', '--machines', '2', '--for', '30m'] as const;
const power = new AbortController();
let lab: CommandLab;

const json = async <T>(...words: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await lab.rackside(...words, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
};
const addPolicy = async (change: object): Promise<void> => {
  const path = join(lab.folder, 'policy.json');
  const policy = { name: 'web', rank: 10, when: { all: [] }, outcome: { kind: 'deploy-newest', labels: { role: 'test' } }, ...change };
  await writeFile(path, JSON.stringify(policy));
  await json('policies', 'add', path);
};
/** The one machine, once it is so. */
const until = async (accept: (machine: MachineView) => boolean): Promise<MachineView> => {
  for (;;) {
    const [machine] = await json<MachineView[]>('machines');
    if (machine !== undefined && accept(machine)) return machine;
  }
};

beforeAll(async () => {
  lab = await createCommandLab();
  const { ports } = await lab.serve(0, '--site', 'Bay 4', '--operator', 'Ada');
  const path = join(lab.folder, 'image.raw');
  await writeDemoImage(path, { contentBytes: 2 * MIB, seed: 5 });
  await json('images', 'import', path, '--name', 'web', '--label', 'role=test');
  await addPolicy({ consent: 'ask' });
  const wire = { dhcp: { address: '127.0.0.1', port: ports.dhcp }, tftp: { address: '127.0.0.1', port: ports.tftp } };
  const disk = await makeDisk(join(lab.folder, 'disk.raw'), { sizeBytes: 48 * MIB, serial: 'PRECIOUS' });
  const hardware = makeHardware('qemu', 1, { secureBoot: false });
  void createSoftwareTarget({ hardware, firmware: 'uefi', disks: [disk], wire }).powerOn(power.signal);
  await until(({ question }) => question?.kind === 'erase');
});
afterAll(async () => {
  power.abort();
  await lab.stop();
});

test.each([
  [['arm'], 'command.option-missing'],
  [['arm', '--machines', '2'], 'command.option-missing'],
  [['arm', '--machines', 'all', '--for', '30m'], 'command.machines'],
  [['arm', '--machines', '0', '--for', '30m'], 'command.machines'],
  [['arm', '--machines', '2', '--for', '30'], 'command.time'],
  [['arm', '--machines', '2', '--for', '13h'], 'command.time'],
] as const)('%j is refused with %s, before anything is shown', async (words, code) => {
  expect(await lab.rackside(...words)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`(${code})`) });
});

test('without a policy that erases by itself there is nothing to arm', async () => {
  const refused = await lab.rackside(...ARM, '--yes-erase', '2');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('(arming.nothing)') });
  expect(refused.stdout).toContain('No policy that is on has consent "auto"');
});

test('says what it would erase, wants the number, arms, shows its state, and disarms', async () => {
  await addPolicy({ consent: 'auto', limit: 1 });
  const asked = await lab.rackside(...ARM);
  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('(arming.number-wanted)') });
  expect(asked.stderr).toContain('--yes-erase 2');
  expect(asked.stdout).toMatch(/^Arming Bay 4 as Ada\n {2}policy web deploys "web" r1 \([0-9a-f]{12}\), 1 of 1 used here\n/);
  expect(asked.stdout).toMatch(
    /Erased without a question:\n.*"web r1" by web; its disk is empty\n {4}WILL BE ERASED: .*PRECIOUS.*\(blank\)/,
  );
  const preview = JSON.parse((await lab.rackside(...ARM, '--json')).stdout) as ArmingPreview;
  expect(preview.machines).toMatchObject([{ fate: 'erase', disk: { serial: 'PRECIOUS' } }]);

  expect(await lab.rackside(...ARM, '--yes-erase', '3')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(arming.number-wrong)'),
  });
  lab.typed = 'yes';
  expect(await lab.rackside(...ARM)).toMatchObject({ code: 1, stderr: expect.stringContaining('(arming.number-wrong)') });
  expect((await json<StationView>('status')).armed).toBeNull();
  expect((await lab.rackside('status')).stdout).toMatch(/^armed {6}no$/m);
  expect((await until(() => true)).question?.kind).toBe('erase');

  lab.typed = ' 2 ';
  const armed = await lab.rackside(...ARM);
  expect(armed).toMatchObject({ code: 0, stderr: '' });
  expect(armed.stdout).toMatch(/\nBay 4: ARMED by Ada: machines used 1 of 2, (30:00|29:5\d) left\.\n$/);
  expect((await lab.rackside('status')).stdout).toMatch(/^armed {6}ARMED by Ada: machines used 1 of 2/m);
  expect(await lab.rackside(...ARM, '--yes-erase', '2')).toMatchObject({ code: 1, stderr: expect.stringContaining('(arming.armed)') });
  await until(({ state }) => state === 'provisioned');

  expect(await lab.rackside('disarm')).toMatchObject({ code: 0, stdout: 'Bay 4 is disarmed. Machines used: 1 of 2.\n' });
  expect(await lab.rackside('disarm')).toMatchObject({ code: 0, stdout: 'Bay 4 was not armed.\n' });
  const again = await json<StationView>(...ARM, '--yes-erase', '2');
  expect(again.armed).toMatchObject({ machines: 2, used: 0, operator: 'Ada', images: [{ policy: 'web', imageName: 'web r1' }] });
  expect((await json<StationView>('disarm')).armed).toBeNull();
  const events = (await lab.rackside('events', '--json')).stdout.trim().split('\n');
  expect(events.map((line) => (JSON.parse(line) as { kind: string }).kind).filter((kind) => kind.startsWith('site.'))).toEqual([
    'site.armed',
    'site.disarmed',
    'site.armed',
    'site.disarmed',
  ]);
});
