// Recordings of machines, several files together: what adds up to one machine, and what is none. Each recorder has a file of its own.
import { describe, expect, test } from 'vitest';
import { recordedFacts } from '../../../agent/facts/dump/recorded-facts.ts';
import { buildSmbios } from '../../rack/smbios-build.ts';
import { code, file, read, valuesOf } from './reading.ts';
import { DESKTOP, GEN10_BLADE, QUIET } from './texts.ts';

test('a way of several to one volume is no disk of the machine', () => {
  const way = (name: string): object => ({
    name,
    type: 'disk',
    size: 2e12,
    tran: 'sas',
    serial: '3600',
    children: [{ name: 'mpatha', type: 'mpath', size: 2e12 }],
  });
  const own = { name: 'sdc', type: 'disk', size: 4e11, tran: 'sas', serial: 'OWN', children: [{ name: 'sdc1', type: 'part', size: 1e9 }] };
  const machine = read(JSON.stringify({ blockdevices: [way('sda'), way('sdb'), own] }));
  expect(valuesOf(machine, 'disk.count', 'disk.serials')).toEqual([1, ['OWN']]);
});

describe('several files', () => {
  const lsblk = JSON.stringify({
    blockdevices: [
      {
        name: 'nvme0n1',
        type: 'disk',
        size: 960197124096,
        model: 'SAMSUNG  MZ',
        serial: 'S64FNE0R',
        rota: false,
        tran: 'nvme',
        wwn: 'eui.36434630',
        'log-sec': 4096,
        'phy-sec': 4096,
      },
      {
        name: 'sda',
        type: 'disk',
        size: '447.1G',
        rota: '1',
        tran: 'sas',
        serial: 'WD-1',
        children: [{ name: 'sda1', type: 'part', size: '1G' }],
      },
      { name: 'sdb', type: 'disk', size: 4e9, rm: '1', tran: 'usb', serial: 'STICK' },
      { name: 'sr0', type: 'rom', size: 1 },
      { name: 'loop0', type: 'loop', size: 1024 },
    ],
  });
  test('of one machine add up', () => {
    const machine = read(QUIET, lsblk);
    expect(machine.files.map((one) => one.kind)).toEqual(['dmidecode', 'lsblk']);
    expect(valuesOf(machine, 'disk.count', 'disk.sizes', 'disk.serials', 'disk.kinds', 'disk.transports', 'disk.wwns')).toEqual([
      2,
      [960197124096, Math.round(447.1 * 2 ** 30)],
      ['S64FNE0R', 'WD-1'],
      ['ssd', 'hdd'],
      ['nvme', 'sas'],
      ['eui.36434630'],
    ]);
    expect(machine.facts.find((fact) => fact.name === 'disk.count')?.source).toBe('lsblk');
    expect(machine.notes).toEqual(['dump: sizes are rounded; lsblk -b gives them exactly.']);
  });
  test('of lsblk -s, where disks stand below their partitions, tell each disk once, and no way to a volume', () => {
    const disk = (name: string): object => ({ name, type: 'disk', size: 1e12, serial: `S-${name}` });
    const turned = JSON.stringify({
      blockdevices: [
        { name: 'sda1', type: 'part', size: 1e9, children: [disk('sda')] },
        { name: 'root', type: 'lvm', size: 1e9, children: [{ name: 'sda2', type: 'part', size: 1e9, children: [disk('sda')] }] },
        { name: 'mpatha', type: 'mpath', size: 1e12, children: [disk('sdb'), disk('sdc')] },
        disk('nvme0n1'),
      ],
    });
    expect(valuesOf(read(turned), 'disk.serials', 'disk.count')).toEqual([['S-nvme0n1', 'S-sda'], 2]);
  });
  test('one recording with two structures 1 is one machine, its first', () => {
    const twice = `${QUIET}\n${QUIET.replace('J1Z0000', 'OTHER77').replace('4c4c4544', '4c4c4545')}`;
    expect(valuesOf(read(twice), 'system.serial')).toEqual(['J1Z0000']);
  });
  test('of two machines are refused, in one file too', () => {
    expect(code(recordedFacts([file(QUIET), file(GEN10_BLADE)]))).toBe('dump.several-machines');
    const other = GEN10_BLADE.replace('CZ3340AAAA', 'CZ3340AAAB').replaceAll('34333638-3234-5A43-3333-343041414141', 'Not Present');
    const both = recordedFacts([file(`${GEN10_BLADE}\n${other}`, 'both.txt')]);
    expect(both).toMatchObject({
      ok: false,
      failure: { code: 'dump.several-machines', next: 'Give each machine a file of its own.' },
    });
    expect(both.ok ? '' : both.failure.message).toMatch(/^both\.txt tells of two machines: Serial Number CZ3340AAAA and CZ3340AAAB\./);
    // Serials taken out: the boards still differ.
    const redacted = (text: string): string => text.replaceAll(/(UUID|Serial Number): .*/g, '$1: --');
    expect(code(recordedFacts([file(`${redacted(GEN10_BLADE)}\n${redacted(DESKTOP)}`)]))).toBe('dump.several-machines');
  });
  test('that tell the same count once, as text, as bytes and run by run', () => {
    const once = read(GEN10_BLADE);
    const twice = read(`${GEN10_BLADE}\n${GEN10_BLADE}`);
    expect(twice.facts).toEqual(once.facts);
    expect(twice.notes).toEqual(['The memory is told more than once: it counts once.']);
    expect(read(GEN10_BLADE, GEN10_BLADE).facts).toEqual(once.facts);
    // Cut short the first time.
    expect(read(GEN10_BLADE.slice(0, GEN10_BLADE.lastIndexOf('Memory Device')), GEN10_BLADE).facts).toEqual(once.facts);
    const at = GEN10_BLADE.indexOf('Handle 0x0069');
    expect(read(GEN10_BLADE.slice(0, at), `# dmidecode 3.2\n${GEN10_BLADE.slice(at)}`).facts).toEqual(once.facts);
    expect(valuesOf(read(QUIET, lsblk, lsblk), 'disk.count')).toEqual([2]);
  });
});

test('a packed recording is refused as what it is', () => {
  const packed = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3);
  expect(recordedFacts([file(packed, 'dmi.txt.gz')])).toMatchObject({
    failure: { message: 'dmi.txt.gz is no recording that can be read. It is packed (gzip); unpack it first.' },
  });
});

test.each<[string, string | Uint8Array, string]>([
  ['nothing', '', 'dump.unreadable'],
  ['words', 'hello world\nhow are you: fine\n', 'dump.unreadable'],
  ['JSON of something else', '{"a": 1}', 'dump.unreadable'],
  ['JSON cut short', '{"blockdevices": [{"name":', 'dump.unreadable'],
  ['XML cut short', '<node id="a" class="system"><vendor>x', 'dump.unreadable'],
  ['a picture', Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) % 251), 'dump.unreadable'],
  ['dmidecode without rights', '# dmidecode 3.4\n/dev/mem: Permission denied\n', 'dump.unreadable'],
  ['an entry point alone', buildSmbios({}, { major: 3, minor: 2 }).entryPoint, 'dump.nothing-told'],
])('%s is refused with a reason', (_what, content, expected) => {
  const refused = recordedFacts([file(content)]);
  expect(code(refused)).toBe(expected);
});

test.each([
  ['NAME   MAJ:MIN RM   SIZE RO TYPE MOUNTPOINTS\nsda      8:0    0   20G  0 disk\n', 'It is what lsblk writes for people.'],
  ['NAME="sda" MAJ:MIN="8:0" SIZE="20G"\n', 'It is what lsblk writes for people.'],
  ['box\n    description: Computer\n  *-core\n       description: Motherboard\n', 'It is what lshw writes for people.'],
  ['H/W path  Device  Class  Description\n', 'It is what lshw writes for people.'],
  ['00:00.0 Host bridge [0600]: Acme Bridge [8086:1237] (rev 02)\n', 'It is a list of PCI devices.'],
  ['[{"ifindex":1,"ifname":"lo"}]', 'It is a list of network interfaces.'],
  ['2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500\n', 'It is a list of network interfaces.'],
])('what no reader is for is named: %j', (text, what) => {
  expect(recordedFacts([file(text, 'it.txt')])).toMatchObject({
    ok: false,
    failure: { code: 'dump.unreadable', message: `it.txt is no recording that can be read. ${what}` },
  });
});
