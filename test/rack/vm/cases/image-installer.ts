// Nothing fits, and an installer builds that writes an image: a small one of Debian's signed kernel and BusyBox, with its answers from the
// station. Where no mirror has all that a large vendor's installer loads, this shows the same way: cleared disk, kernel and initrd from the
// recipe, the word that it is done, and the capture when the machine comes back. Once the recipe brings the vendor's own shim and GRUB too.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCpio } from '../../../../scripts/bootkit/cpio.ts';
import { REPOSITORY } from '../../../../scripts/bootkit/options.ts';
import { buildTestImage } from '../../../../scripts/bootkit/test-image.ts';
import type { WireTrail } from '../../../../preload/contract/wire-views.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk } from '../disk-files.ts';
import { approve, jobDone, LOGIN, powerOn } from '../journey.ts';
import { kitModule, kitPackageFile, SCRIPT_START, VIRTIO_BLK } from '../kit-module.ts';
import type { LabStation } from '../lab-station.ts';
import type { VmFirmware } from '../machine.ts';
import { addRecipe, imagesOf } from './decisions.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';

export const IMAGE_INSTALLER = 'image-installer';
const KIT = join(REPOSITORY, 'assets/bootkit');

/** The installer's own start: network, then the answers that the command line names, which say all else. */
const START = `${SCRIPT_START}modprobe -a -q virtio_pci virtio_net af_packet
insmod /virtio_blk.ko
card=$(ls /sys/class/net | grep -v '^lo$' | head -n 1)
ip link set "$card" up
udhcpc -q -n -t 20 -i "$card" -s /lease
for word in $(cat /proc/cmdline); do case $word in answers=*) answers=\${word#answers=} ;; esac; done
echo "installer: answers from $answers"
wget -q -O /answers "$answers" && sh /answers
reboot -f
`;
const LEASE = `#!/usr/bin/busybox sh
[ "$1" = bound ] && ifconfig "$interface" "$ip" netmask "$subnet" up
exit 0
`;
/** `linger` is shell between the last byte and the word that it is done. */
const answers = (linger: string): string => `until [ -b {{station:disk}} ]; do sleep 1; done
wget -q -O - {{station:answers}}/disk.raw.gz | gunzip | dd of={{station:disk}} bs=1M || exit 1
sync
${linger}
wget -q -O /dev/null {{station:finished}}
echo "installer: done"
`;

/**
 * Debian's loaders as its own installer brings them: this GRUB looks for its configuration at `/debian-installer/amd64/grub/grub.cfg`, and
 * nowhere else, as the boot kit's does not.
 */
const VENDOR_LOADERS: readonly (readonly [payload: string, packaged: string])[] = [
  ['vendor-shim.efi', 'usr/lib/shim/shimx64.efi.signed'],
  ['vendor-grub.efi', 'usr/lib/grub/x86_64-efi-signed/grubnetx64-installer.efi.signed'],
];

/** The recipe's folder, ready for `rackside recipes add`. */
export const imageInstallerFolder = async (station: LabStation, bringsLoaders: boolean, linger = ''): Promise<string> => {
  const folder = join(station.folder, IMAGE_INSTALLER);
  mkdirSync(folder);
  const image = await buildTestImage({});
  const file = (path: string, data: Buffer, executable: boolean) => ({ kind: 'file', path, data, executable }) as const;
  const start = writeCpio(
    [
      file('installer', Buffer.from(START), true),
      file('lease', Buffer.from(LEASE), true),
      file('virtio_blk.ko', await kitModule(VIRTIO_BLK), false),
    ],
    0,
  );
  writeFileSync(join(folder, 'linux'), readFileSync(join(KIT, 'vmlinuz')));
  writeFileSync(join(folder, 'initrd'), Buffer.concat([start, readFileSync(join(KIT, 'stage1.img'))]));
  writeFileSync(join(folder, 'disk.raw.gz'), execFileSync('gzip', ['-1', '-c', image.path], { maxBuffer: 1024 ** 3 }));
  writeFileSync(join(folder, 'answers.sh'), answers(linger));
  const loaders = bringsLoaders ? VENDOR_LOADERS : [];
  for (const [payload, packaged] of loaders) writeFileSync(join(folder, payload), await kitPackageFile(packaged));
  const recipe = {
    ...{ kind: 'installer', id: IMAGE_INSTALLER, version: 1, name: 'An installer that writes an image' },
    ...{
      matchOn: ['firmware.kind'],
      kernel: 'linux',
      initrd: 'initrd',
      ...(bringsLoaders ? { shim: 'vendor-shim.efi', grub: 'vendor-grub.efi' } : {}),
      payloads: ['linux', 'initrd', 'disk.raw.gz', ...loaders.map(([payload]) => payload)],
      answers: ['answers.sh'],
    },
    commandLine: 'rdinit=/installer answers={{station:answers}}/answers.sh console=tty0 console=ttyS0,115200',
    image: { name: 'installed', labels: {} },
  };
  writeFileSync(join(folder, 'recipe.json'), JSON.stringify(recipe));
  return folder;
};

/** Which loaders the machine fetched on its way into the installer, by the station's own wire log. */
const loadersOfInstaller = async (station: LabStation, mac: string): Promise<readonly string[]> => {
  const endsAtMs = Date.now() + minutes(5);
  while (Date.now() < endsAtMs) {
    const { steps } = await station.rackside<WireTrail>('wire', mac);
    const isHanded = steps.some(({ stage, text }) => stage === 'handed' && text.includes('installer'));
    if (isHanded) return steps.filter(({ stage }) => stage === 'loader').map(({ text }) => text);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error('the station never saw the machine go to the installer');
};

const installs = async (station: LabStation, firmware: VmFirmware, number: number, bringsLoaders: boolean): Promise<string> => {
  const startedAtMs = Date.now();
  await addRecipe(station, await imageInstallerFolder(station, bringsLoaders), IMAGE_INSTALLER);
  const diskPath = join(station.folder, 'disk.raw');
  blankDisk(diskPath, 3 * 1024 ** 3);
  const vm = powerOn(station, { number, firmware, disks: [{ path: diskPath, serial: 'TARGET' }] });
  try {
    const { job } = await approve(station, vm, 'TARGET', ({ recipe }) => recipe?.id === IMAGE_INSTALLER);
    const loaders = await vm.whileRunning(loadersOfInstaller(station, vm.mac));
    const vendors = loaders.filter((text) => /installer\/\w+\/(shim|grub)x64\.efi/.test(text));
    expectThat(vendors.length === (bringsLoaders ? 2 : 0), `the loaders on the way to the installer: ${JSON.stringify(loaders)}`);
    const { captured } = await jobDone(station, vm, job, minutes(20));
    const installedAfter = secondsSince(startedAtMs);
    const images = await imagesOf(station);
    expectThat(images.length === 1 && images[0]?.osoid === captured?.osoid, 'there is not the one image of what was installed');
    expectThat(
      firmware !== 'secureboot' || images[0]?.secureBootTrusted === true,
      'the image does not say that it is signed for Secure Boot',
    );
    await vm.line(LOGIN, minutes(10));
    return `installed and captured after ${installedAfter}, login prompt after ${secondsSince(startedAtMs)}`;
  } finally {
    await vm.powerOff();
  }
};

const WAYS = [
  { name: 'bios', firmware: 'bios', bringsLoaders: false },
  { name: 'uefi', firmware: 'uefi', bringsLoaders: false },
  { name: 'secureboot', firmware: 'secureboot', bringsLoaders: false },
  { name: 'vendor', firmware: 'secureboot', bringsLoaders: true },
] as const;

export const IMAGE_INSTALLER_CASES: readonly Case[] = WAYS.map(({ name, firmware, bringsLoaders }, index) => ({
  name: `installer-image-${name}`,
  about: `no image: a small installer that writes one, captured when it comes back: ${firmware}${bringsLoaders ? ", by the vendor's own shim and GRUB" : ''}`,
  run: (station) => installs(station, firmware, 85 + index, bringsLoaders),
}));
