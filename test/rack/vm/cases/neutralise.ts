// A Debian with everything that makes it one of its kind is captured with --neutralise: the disk that it came from is the same to the
// last bit, and its image starts on another machine as a system of its own.
import { join } from 'node:path';
import type { IdentityReport } from '../../../../agent/protocol/identity.ts';
import type { ImageDetail } from '../../../../preload/contract/library-views.ts';
import type { JobView } from '../../../../preload/contract/views.ts';
import { buildTestImage } from '../../../../scripts/bootkit/test-image.ts';
import { minutes } from '../accelerator.ts';
import { makeDebianDisk } from '../debian-image.ts';
import { blankDisk, sha256OfFile } from '../disk-files.ts';
import { approve, inventoried, jobDone, powerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import { plain } from '../machine.ts';
import type { Vm } from '../machine.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';

const HOST = 'golden-17';
const MACHINE_ID = '0123456789abcdef0123456789abcdef';
const FILES: Readonly<Record<string, string>> = {
  'etc/hostname': `${HOST}\n`,
  'etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${HOST}.example ${HOST}\n`,
  'etc/machine-id': `${MACHINE_ID}\n`,
  'etc/udev/rules.d/70-persistent-net.rules': 'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="52:54:00:77:01:1f", NAME="lan0"\n',
  'etc/iscsi/initiatorname.iscsi': 'InitiatorName=iqn.1993-08.org.debian:01:0123456789ab\n',
  'var/lib/dhcp/dhclient.enp0s2.leases': 'lease { fixed-address 10.77.0.99; }\n',
  'var/lib/systemd/random-seed': 'not random at all'.repeat(30),
};
const KINDS = ['machine-id', 'ssh-host-keys', 'hostname', 'dhcp', 'network-cards', 'random-seed', 'storage'];
const LARGER_BYTES = 256 * 1024 * 1024;

const neutraliseJourney = async (station: LabStation): Promise<string> => {
  const startedAtMs = Date.now();
  const sourcePath = join(station.folder, 'golden.raw');
  const copyPath = join(station.folder, 'copy.raw');
  const { path: smallImage, sizeBytes } = await buildTestImage({});
  const oldKeys = await makeDebianDisk({ path: sourcePath, smallImage, files: FILES });
  expectThat(oldKeys.length >= 3, 'the source has no SSH host keys');
  blankDisk(copyPath, sizeBytes + LARGER_BYTES);
  const before = await sha256OfFile(sourcePath);
  // Started at once: the two come up side by side.
  const source = powerOn(station, { number: 31, firmware: 'bios', disks: [{ path: sourcePath, serial: 'GOLDEN17' }] });
  const copy = powerOn(station, { number: 32, firmware: 'bios', disks: [{ path: copyPath, serial: 'COPY' }] });
  try {
    const { id: sourceId } = await inventoried(station, source);
    const job = await station.rackside<JobView>('capture', sourceId, '--name', 'golden', '--neutralise');
    const { captured } = await jobDone(station, source, job, minutes(10));
    await source.powerOff();
    expectThat((await sha256OfFile(sourcePath)) === before, 'the capture changed the disk of its source');
    const { identity, image } = await station.rackside<ImageDetail>('images', 'show', captured?.osoid ?? '');
    const capturedAfter = secondsSince(startedAtMs);
    judgeReport(identity);

    const { id } = await inventoried(station, copy);
    await station.rackside('deploy', id, '--image', image.osoid);
    const { job: deploy } = await approve(station, copy, 'COPY');
    await jobDone(station, copy, deploy, minutes(10));
    const told = await toldBy(copy);
    judgeCopy(told, oldKeys);
    const newId = told.get('machine-id')?.slice(0, 8) ?? '';
    return `captured after ${capturedAfter}, source unchanged, machine-id ${newId}…, ${hostKeys(told).length} new host keys, sshd active after ${secondsSince(startedAtMs)}`;
  } finally {
    await source.powerOff();
    await copy.powerOff();
  }
};

/** What the system says of itself on its console once it has started. */
const toldBy = async (vm: Vm): Promise<ReadonlyMap<string, string>> => {
  await vm.line(/TOLD done/, minutes(10));
  return new Map([...plain(vm.console.output()).matchAll(/TOLD (\S+) (.*)/g)].map(([, name = '', value = '']) => [name, value.trim()]));
};

const hostKeys = (told: ReadonlyMap<string, string>): readonly string[] =>
  [...told].filter(([name]) => name.startsWith('ssh_host_')).map(([, print]) => print);

const judgeReport = (identity: IdentityReport | null): void => {
  const taken = new Set(identity?.findings.filter(({ outcome }) => outcome === 'removed' || outcome === 'reset').map(({ kind }) => kind));
  for (const kind of KINDS) expectThat(taken.has(kind), `${kind} was not neutralised: ${JSON.stringify(identity)}`);
  expectThat(identity?.problems.length === 0, `not all was looked into: ${JSON.stringify(identity?.problems)}`);
};

const judgeCopy = (told: ReadonlyMap<string, string>, oldKeys: readonly string[]): void => {
  const id = told.get('machine-id') ?? '';
  expectThat(/^[0-9a-f]{32}$/.test(id) && id !== MACHINE_ID, `the copy's machine-id is "${id}"`);
  const keys = hostKeys(told);
  expectThat(keys.length >= 3 && keys.every((key) => !oldKeys.includes(key)), `the copy's host keys are ${keys.join(', ')}`);
  expectThat(told.get('sshd') === 'active', `sshd is ${told.get('sshd')}`);
  expectThat(told.get('host') !== HOST, 'the copy has the name of its source');
};

export const NEUTRALISE_CASES: readonly Case[] = [
  {
    name: 'neutralise',
    about: 'a Debian captured with --neutralise starts on another machine as a system of its own',
    run: neutraliseJourney,
  },
];
