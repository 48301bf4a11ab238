// The sample recipes with their payloads in place, as a technician would put them there.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../../../scripts/bootkit/options.ts';
import { buildTestImage } from '../../../../scripts/bootkit/test-image.ts';
import { debianRootfs } from '../debian-rootfs.ts';

export type SampleRecipe = 'raw-image' | 'debian-rootfs';

/** What the note of the recipe says, and a login prompt on the serial port, since nobody looks at the screen here. */
const PACKAGES = [
  'linux-image-cloud-amd64',
  'grub2-common',
  'grub-pc-bin',
  'grub-efi-amd64-bin',
  'grub-efi-amd64-signed',
  'shim-signed',
  'systemd-sysv',
  'initramfs-tools',
  'zstd',
];
const SERIAL = 'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"\nGRUB_TERMINAL="console serial"\nGRUB_TIMEOUT=1\n';
const HOOKS = [
  `mkdir -p "$1/etc/default/grub.d" && printf '%s' '${SERIAL}' > "$1/etc/default/grub.d/serial.cfg"`,
  'chroot "$1" passwd -d root',
];

/** The recipe's folder below `folder`, ready for `rackside recipes add`. `more` is shell that runs after its script. */
export const recipeFolder = async (name: SampleRecipe, folder: string, more = ''): Promise<string> => {
  const path = join(folder, `recipe-${name}`);
  cpSync(join(REPOSITORY, 'assets/recipes', name), path, { recursive: true });
  if (name === 'debian-rootfs') cpSync(await debianRootfs({ name: 'rootfs', packages: PACKAGES, hooks: HOOKS }), join(path, 'rootfs.tar'));
  else {
    const image = await buildTestImage({});
    writeFileSync(join(path, 'disk.raw.gz'), execFileSync('gzip', ['-1', '-c', image.path], { maxBuffer: 1024 ** 3 }));
  }
  const script = join(path, 'install.sh');
  if (more !== '') writeFileSync(script, `${readFileSync(script, 'utf8')}\n${more}\n`);
  return path;
};
