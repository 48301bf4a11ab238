// Per-machine settings, read by the one that reads them: a Debian with cloud-init is deployed with a name, a user and an address, and says
// on its console what it made of them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTestImage } from '../../../../scripts/bootkit/test-image.ts';
import { minutes } from '../accelerator.ts';
import { makeDebianDisk } from '../debian-image.ts';
import { blankDisk } from '../disk-files.ts';
import { approve, inventoried, jobDone, powerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import { plain } from '../machine.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';

const NUMBER = 35;
const LARGER_BYTES = 256 * 1024 * 1024;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada';
const FILES = {
  'etc/network/interfaces': 'auto lo\niface lo inet loopback\nsource /etc/network/interfaces.d/*\n',
  // It would look for clouds on a network that has none.
  'etc/cloud/cloud.cfg.d/90-lab.cfg': 'datasource_list: [NoCloud, None]\n',
};
const SETTINGS = {
  hostname: 'db-${system.serial}',
  users: [{ name: 'ada', sshKeys: [KEY], sudo: true, groups: ['adm'] }],
  network: [{ addresses: ['10.77.0.177/24'], gateway: '10.77.0.1', nameservers: ['10.77.0.1'] }],
  userData: [
    '#cloud-config',
    'runcmd:',
    '  - echo "SET host $(hostname)" >/dev/ttyS0',
    '  - echo "SET groups $(id -nG ada)" >/dev/ttyS0',
    '  - echo "SET key $(cat /home/ada/.ssh/authorized_keys)" >/dev/ttyS0',
    '  - echo "SET address $(ip -4 -o addr show scope global | tr -s " " | cut -d" " -f4)" >/dev/ttyS0',
    '  - echo "SET maker ${manufacturer}" >/dev/ttyS0',
    '  - echo "SET done yes" >/dev/ttyS0',
    '',
  ].join('\n'),
};
const EXPECTED = {
  host: `db-LAB${String(NUMBER).padStart(5, '0')}`,
  groups: 'ada adm',
  key: KEY,
  address: '10.77.0.177/24',
  maker: 'Rackside Lab',
};

const deployedWithSettings = async (station: LabStation): Promise<string> => {
  const startedAtMs = Date.now();
  const { path: smallImage, sizeBytes } = await buildTestImage({});
  const golden = join(station.folder, 'golden.raw');
  await makeDebianDisk({ path: golden, smallImage, files: FILES, packages: ['cloud-init', 'sudo'] });
  const image = await station.importImage(golden, 'debian-cloud-init');
  const diskPath = join(station.folder, 'disk.raw');
  blankDisk(diskPath, sizeBytes + LARGER_BYTES);
  const settings = join(station.folder, 'settings.json');
  writeFileSync(settings, JSON.stringify(SETTINGS));
  const vm = powerOn(station, { number: NUMBER, firmware: 'bios', disks: [{ path: diskPath, serial: 'TARGET' }] });
  try {
    const { id } = await inventoried(station, vm);
    await station.rackside('deploy', id, '--image', image.osoid, '--settings', settings);
    const { job } = await approve(station, vm, 'TARGET');
    await jobDone(station, vm, job);
    await vm.line(/SET done/, minutes(12));
    const said = Object.fromEntries(
      [...plain(vm.console.output()).matchAll(/SET (\S+) (.*)/g)].map(([, name, text]) => [name, text?.trim()]),
    );
    for (const [name, value] of Object.entries(EXPECTED)) expectThat(said[name] === value, `${name} is "${said[name]}", not "${value}"`);
    return `${said['host']} with ${said['address']} and its user's key after ${secondsSince(startedAtMs)}`;
  } finally {
    await vm.powerOff();
  }
};

export const SETTINGS_CASES: readonly Case[] = [
  {
    name: 'settings',
    about: 'a Debian with cloud-init takes its name, user, key and address from the settings',
    run: deployedWithSettings,
  },
];
