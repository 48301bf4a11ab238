// What a disk gets beside its image is said before anything is ordered and before the yes; a yes counts for exactly that.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { growthIn } from '../../main/journey/outlook.ts';
import { disk, hash, image, inventory, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { Rig } from './rig.ts';
import { ready } from './walk.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.close());

const MIB = 1024 * 1024;
const esp = { number: 1, name: 'EFI', filesystem: 'vfat', startLba: 2048, sectors: 2048 };
const root = { number: 2, name: 'root', filesystem: 'ext', startLba: 4096, sectors: 8192 };
const swap = { number: 3, name: '', filesystem: 'swap', startLba: 12_288, sectors: 2048 };
const home = { number: 4, name: 'home', filesystem: 'xfs', startLba: 14_336, sectors: 2048 };
const of = (partitions: (typeof esp)[]) => ({ partitions, logicalSectorBytes: 512, diskSizeBytes: 100 * MIB });
const wish = (more: object = {}) => ({ osoid: hash('a'), diskSerial: null, ...more });

test('how far it grows: to the end, less what moves there and the settings; to its neighbour where one stands', () => {
  expect(growthIn(null, of([esp, root, swap]), 1000 * MIB, false).grows).toMatchObject({
    number: 2,
    fromBytes: 4 * MIB,
    toBytes: (1000 - 1 - 2 - 1) * MIB,
  });
  expect(growthIn('root', of([esp, root, swap]), 1000 * MIB, true).grows?.toBytes).toBe((1000 - 1 - 2 - 1 - 4) * MIB);
  expect(growthIn('root', of([esp, root, { ...home, startLba: 20_480 }]), null, false).grows?.toBytes).toBe(8 * MIB);
  expect(growthIn(null, of([esp, root]), null, false).grows).toMatchObject({ number: 2, toBytes: null });
  expect(growthIn('none', of([esp, root]), 1000 * MIB, false)).toEqual({ grows: null, whyNotGrown: null });
  expect(growthIn(null, of([root, { ...esp, startLba: 12_288 }]), 1000 * MIB, false)).toMatchObject({
    grows: null,
    whyNotGrown: 'partition 1 is the last and holds vfat, which cannot grow here',
  });
});

test('a wish is judged and shown filled in, and nothing is ordered by it', () => {
  rig.images[0] = image('a', { partitions: [esp, root] });
  const machine = rig.agent().inventory();
  const { journey } = rig.station;
  const settings = { hostname: 'web-${system.serial}', userData: '#cloud-config\npackages: [htop]\n' };
  const outlook = value(journey.outlook(machine.id, wish({ grow: 'root', settings })));
  expect(outlook).toMatchObject({ beside: { grow: 'root' }, bound: null, settings: { hostname: 'web-SERIAL-1', filled: true } });
  expect(outlook.grows?.toBytes).toBeGreaterThan(479_000_000_000);
  // What travels as one archive is read part by part.
  expect(outlook.settings?.texts).toEqual([
    { name: 'user-data, part 1', text: expect.stringContaining('"hostname": "web-SERIAL-1"') },
    { name: 'user-data, part 2', text: settings.userData },
  ]);
  const alone = value(journey.outlook(machine.id, wish({ settings: { userData: settings.userData } })));
  expect(alone.settings?.texts).toEqual([{ name: 'user-data', text: settings.userData }]);
  for (const [more, failure] of [
    [{ grow: 'home' }, 'deploy.grow-unknown'],
    [{ settings: { hostname: '${input.hostname}' } }, 'settings.missing-fact'],
    [{ settings: { hostname: 'a b' } }, 'settings.invalid'],
    [{ diskSerial: 'nobody' }, 'disk.unknown'],
    [{ osoid: hash('f') }, 'image.gone'],
  ] as const)
    expect(code(journey.outlook(machine.id, wish(more)))).toBe(failure);
  expect(rig.query('SELECT 1 FROM override')).toEqual([]);
});

test('of several disks the named one counts, and none where nothing decides', () => {
  rig.images[0] = image('a', { partitions: [esp, root] });
  const disks = [disk(), disk({ serial: 'DISK-2', wwn: null, path: '/dev/sdb', sizeBytes: 960_000_000_000 })];
  const machine = rig.agent().inventory(inventory({ disks }));
  const of = (diskSerial: string | null) => value(rig.station.journey.outlook(machine.id, wish({ diskSerial }))).grows?.toBytes ?? null;
  expect(of('DISK-2')).toBeGreaterThan(959_000_000_000);
  expect(of(null)).toBeNull();
});

test('before the yes it is that of what is asked; a yes to other settings than shown is refused, and the question is asked anew', () => {
  const outcome = { kind: 'deploy' as const, osoid: hash('a'), settings: { hostname: 'web7', users: [], network: [] } };
  value(rig.station.policies.add(policy({ outcome })));
  const agent = rig.agent();
  agent.inventory();
  const machine = agent.assess(ready());
  if (machine.question?.kind !== 'erase') return expect.fail('it asks to erase');
  const { journey, policies } = rig.station;
  const outlook = value(journey.outlook(machine.id, null));
  expect(outlook).toMatchObject({ settings: { hostname: 'web7' } });
  expect(machine.question.beside).toEqual(outlook.beside);
  value(policies.add(policy({ outcome: { ...outcome, settings: { ...outcome.settings, hostname: 'web8' } } })));
  expect(code(rig.approve(machine)), 'the agent has not been told yet').toBe('consent.changed');
  journey.onRulesChanged();
  expect(rig.view(machine.id).question).toBeNull();
  const again = agent.assess(ready());
  if (again.question?.kind !== 'erase') return expect.fail('it asks anew');
  expect(again.question.consentHash).toBe(machine.question.consentHash);
  expect(again.question.beside).not.toEqual(machine.question.beside);
  value(rig.approve(again));
  expect(agent.last('deploy').seed?.files[0]?.text).toContain('web8');
});

test('where no image is decided there is nothing to show', () => {
  rig.images.length = 0;
  const machine = rig.agent().inventory();
  expect(code(rig.station.journey.outlook(machine.id, null))).toBe('outlook.none');
});
