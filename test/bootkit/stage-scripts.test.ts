// The scripts of both stages, as far as they can be judged without a machine: their syntax by the shells that run them, and what
// stage 1 reads out of the kernel's log.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { REPOSITORY } from '../../scripts/bootkit/options.ts';

const script = (name: string): string => join(REPOSITORY, 'agent/boot', name);
const has = (program: string): boolean => spawnSync(program, ['--help']).error === undefined;

test.skipIf(!has('busybox')).each(['stage1-init', 'stage2-init', 'lease'])('%s is a script that BusyBox parses', (name) => {
  expect(spawnSync('busybox', ['sh', '-n', script(name)], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

// Recorded from Debian's kernel 6.12 with a card whose firmware was taken away; the last two as other drivers write them.
const KERNEL_LOG = `[    1.316597] pci 0000:00:02.0: Firmware left e100 interrupts enabled; disabling
[   23.525455] e100 0000:00:02.0: firmware: failed to load e100/d102e_ucode.bin (-2)
[   23.527023] e100 0000:00:02.0: Direct firmware load for e100/d102e_ucode.bin failed with error -2
[   23.528449] e100 0000:00:02.0 eth0: Failed to load firmware "e100/d102e_ucode.bin": -2
[    4.000000] bnx2 0000:0b:00.0 eth2: Direct firmware load for bnx2/bnx2-mips-09-6.2.1b.fw failed with error -2
[    9.000000] r8152 1-1:1.0: Direct firmware load for rtl_nic/rtl8153a-3.fw failed with error -2
`;

test.skipIf(!has('busybox'))('stage 1 finds driver, device and file of firmware that is missing', () => {
  const program = /dmesg \| sed -n '([^']+)'/.exec(readFileSync(script('stage1-init'), 'utf8'))?.[1] ?? '';
  expect(spawnSync('busybox', ['sed', '-n', program], { input: KERNEL_LOG, encoding: 'utf8' }).stdout.trim().split('\n')).toEqual([
    'e100 0000:00:02.0 e100/d102e_ucode.bin',
    'bnx2 0000:0b:00.0 bnx2/bnx2-mips-09-6.2.1b.fw',
    'r8152 1-1:1.0 rtl_nic/rtl8153a-3.fw',
  ]);
});

/** One function of a stage, as it stands there. */
const shellFunction = (name: string, stage = 'stage1-init'): string =>
  new RegExp(`^${name}\\(\\) \\{\n.*?^\\}$`, 'ms').exec(readFileSync(script(stage), 'utf8'))?.[0] ?? '';

// Two cards whose networks may use the same addresses, as a management board's own card or an office's network does.
test.skipIf(!has('busybox'))('a stick leaves the network of a card behind which there is no station', () => {
  const stubs = `RUN=$(mktemp -d) MEDIUM=stick
find_card() { READY="eth0 eth1 eth2"; }
say() { :; }
cat() { echo "mac-of-$1"; }
ip() { echo "ip $*"; }
ask_for_address() { [ $1 != eth0 ] && echo "LEASE_ADDRESS=10.0.0.5" >$RUN/lease; }
learn_words() { [ $card = eth2 ]; }
`;
  const program = `${stubs}${shellFunction('leave_network')}\n${shellFunction('bring_up_network')}\nbring_up_network && echo "by $card"; rm -r $RUN`;
  expect(spawnSync('busybox', ['sh', '-c', program], { encoding: 'utf8' })).toMatchObject({
    stdout: 'ip addr flush dev eth1\nby eth2\n',
    stderr: '',
  });
});

/** What the functions leave in their folder, in a tree that stands for /sys. */
const inTree = (names: readonly string[], stage: string, steps: string): string => {
  const functions = names.map((name) => shellFunction(name, stage)).join('\n');
  const program = `T=$(mktemp -d) RUN=$T/run
mkdir -p $RUN/protected $T/block
blockdev() { [ $2 != /dev/sdz ] && echo "$*" >>$T/set; }
${functions.replaceAll('/sys/', '$T/').replaceAll('/sys', '$T')}
${steps}
rm -r $T`;
  const { stdout, stderr } = spawnSync('busybox', ['sh', '-c', program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
};

const PROTECT = ['protect_disks', 'device_of', 'forget_disk'];
const DISK = 'disk() { mkdir -p "$T/block/$1"; echo $2 >"$T/block/$1/ro"; }\n';

test.skipIf(!has('busybox'))('stage 2 sets every disk read-only once, and says which were so by themselves', () => {
  const steps = `${DISK}disk sda 0; disk nvme0n1 1; disk 'cciss!c0d1' 1; disk loop0 0; disk sr0 1; disk sdz 1
protect_disks
echo 1 >$T/block/sda/ro
protect_disks
cat $T/set $RUN/write-protected
ls $RUN/protected`;
  expect(inTree(PROTECT, 'stage2-init', steps).split('\n')).toEqual([
    '--setro /dev/cciss/c0d1',
    '--setro /dev/nvme0n1',
    '--setro /dev/sda',
    '/dev/cciss/c0d1',
    '/dev/nvme0n1',
    'cciss!c0d1',
    'nvme0n1',
    'sda',
    '',
  ]);
});

test.skipIf(!has('busybox'))('stage 2 sets a disk read-only that comes in the place of one that was pulled', () => {
  const steps = `${DISK}disk sda 1; disk sdb 1
protect_disks
rm -r $T/block/sda
protect_disks
disk sda 0
protect_disks
cat $T/set $RUN/write-protected`;
  expect(inTree(PROTECT, 'stage2-init', steps)).toBe('--setro /dev/sda\n--setro /dev/sdb\n--setro /dev/sda\n/dev/sdb\n');
});

test.skipIf(!has('busybox'))('stage 1 names the disk that the stick’s partition is on', () => {
  const steps = `mkdir -p $T/devices/usb1/block/sdc/sdc2 $T/class/block
ln -s ../../devices/usb1/block/sdc/sdc2 $T/class/block/sdc2
whole_disk $T/class/block/sdc2`;
  expect(inTree(['whole_disk'], 'stage1-init', steps)).toBe('/dev/sdc\n');
  // It is said wherever the stick is found, also when the agent's root on it is another one than the station's.
  expect(shellFunction('find_stick')).toMatch(/mount -t vfat[^\n]+\n[^\n]*\n\s+whole_disk "\$block" >\$RUN\/boot-media\n/);
});

// What Linux 6.12 shows of a disk controller, of a memory card's reader and of the card in it, which has no file `modalias`.
const DEVICES: Readonly<Record<string, string>> = {
  'pci0000:00/0000:00:1f.2/uevent': 'DRIVER=ahci\nPCI_ID=8086:2922\nMODALIAS=pci:v00008086d00002922\n',
  'pci0000:00/0000:00:1f.2/modalias': 'pci:v00008086d00002922\n',
  'pci0000:00/0000:00:07.0/uevent': 'DRIVER=sdhci-pci\nMODALIAS=pci:v00001B36d00000007\n',
  'pci0000:00/0000:00:07.0/modalias': 'pci:v00001B36d00000007\n',
  'pci0000:00/0000:00:07.0/mmc_host/mmc0/mmc0:4567/uevent': 'MMC_TYPE=SD\nMMC_NAME=QEMU!\nMODALIAS=mmc:block\n',
};

test.skipIf(!has('busybox'))('stage 2 asks for the driver of every device, once, and of memory cards and eMMC too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-stage2-'));
  try {
    for (const [name, text] of Object.entries(DEVICES)) {
      mkdirSync(join(folder, 'devices', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'devices', name), text);
    }
    const load = shellFunction('load_drivers', 'stage2-init')
      .replaceAll('/tmp/', `${folder}/`)
      .replaceAll('/sys/devices', `${folder}/devices`);
    const stubs = `echo none >${folder}/aliases-done\nprotect_disks() { :; }\n`;
    const asks = `printf '#!/bin/sh\\nshift 3; echo "$*"' >${folder}/modprobe; chmod +x ${folder}/modprobe; PATH=${folder}:$PATH`;
    const program = `${asks}\n${stubs}${load}\nload_drivers; load_drivers`;
    // Not BusyBox's own shell: there `xargs` would find BusyBox's modprobe before ours.
    expect(spawnSync('sh', ['-c', program], { encoding: 'utf8' }).stdout.trim().split(/\s+/)).toEqual([
      'mmc:block',
      'pci:v00001B36d00000007',
      'pci:v00008086d00002922',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.skipIf(!has('busybox'))(
  'stage 1 fetches a wrong stage 2 once more, then starts the machine again: the boot kit was rebuilt meanwhile',
  () => {
    const stubs = `RUN=$(mktemp -d) STATION=http://10.0.0.1 STAGE2=0
say() { echo "$*"; }
grep() { :; }
mkdir() { command mkdir -p $RUN/stage2; }
wget() { echo other >$RUN/stage2/root.squashfs; }
restart() { rm -r $RUN; echo restarting; exit; }
`;
    const program = `${stubs}${shellFunction('checked')}\n${shellFunction('fetch_stage2')}\nwhile :; do fetch_stage2; done`;
    const { stdout, stderr } = spawnSync('sh', ['-c', program], { encoding: 'utf8', timeout: 10_000 });
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter((line) => !/^(fetching|checking)/.test(line))).toEqual([
      'stage 2 is not what the boot entry promised (SHA-256 differs); fetching it again',
      'stage 2 is still not what the boot entry promised: the station has another boot kit by now',
      'restarting',
      '',
    ]);
  },
);
