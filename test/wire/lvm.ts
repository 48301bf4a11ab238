// lvm2's own tools on loop devices, which work without the kernel's device mapper as long as nothing is activated.
import { tool } from '../image/used/rig.ts';

/** Runs lvm2's tools on loop devices that nobody else's lvm sees; `$A` and `$B` are the devices. */
export const lvm = async (images: readonly string[], script: string): Promise<string> => {
  const setUp = images.map((image, n) => `${'AB'[n]}=$(losetup -f --show ${image}); blockdev --setrw $${'AB'[n]}`).join('\n');
  const devices = images.map((_, n) => `$${'AB'[n]}`).join(' ');
  const filter = images.map((_, n) => `\\"a|^$${'AB'[n]}\\$|\\"`).join(',');
  return tool('timeout', [
    '60',
    'sh',
    '-ec',
    `${setUp}
trap 'losetup -d ${devices}' EXIT
export LVM_SUPPRESS_FD_WARNINGS=1
lvm() { one=$1; shift; command $one --driverloaded n --config "devices { filter=[${filter},\\"r|.*|\\"] use_devicesfile=0 } activation { udev_sync=0 udev_rules=0 monitoring=0 } backup { backup=0 archive=0 }" "$@" 2>/dev/null; }
make() { lvm lvcreate -q -q -y -an -Zn -Wn "$@"; }
${script}
for device in ${devices}; do blockdev --flushbufs $device; done`,
  ]);
};
