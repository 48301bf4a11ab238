// What runs in place of the boot kit's own stage 1: how its script begins, and files of Debian's own packages that stage 1 has no use for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from '../../../scripts/bootkit/exclusive.ts';
import { openModules } from '../../../scripts/bootkit/modules.ts';
import { CACHE, openPackages } from '../../../scripts/bootkit/test-image.ts';

/** @param path in an installed Debian, of one of the packages that the kit is made of. */
export const kitPackageFile = (path: string): Promise<Buffer> =>
  alone(
    CACHE,
    () => undefined,
    async () => readFileSync(join((await openPackages(undefined, () => undefined)).folder, path)),
  );

/** @param path below the package's module folder, such as `kernel/drivers/block/virtio_blk.ko`. */
export const kitModule = (path: string): Promise<Buffer> =>
  alone(
    CACHE,
    () => undefined,
    async () => {
      const tree = await openModules(await openPackages(undefined, () => undefined), CACHE);
      return readFileSync(join(tree.folder, path));
    },
  );

export const VIRTIO_BLK = 'kernel/drivers/block/virtio_blk.ko';

/** The kernel's file systems, and every tool of BusyBox under its name. */
export const SCRIPT_START = `#!/usr/bin/busybox sh
export PATH=/usr/bin:/usr/sbin
/usr/bin/busybox mkdir -p /proc /sys /dev /run /tmp /new
/usr/bin/busybox mount -t proc proc /proc
/usr/bin/busybox mount -t sysfs sysfs /sys
/usr/bin/busybox mount -t devtmpfs devtmpfs /dev
/usr/bin/busybox --install -s /usr/bin
`;
