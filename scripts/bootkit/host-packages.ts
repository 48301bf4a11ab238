// The Debian packages a computer needs for building the kit and the test image, and for the VM lab. Few, because whatever
// else the builder runs (mksquashfs, depmod, strip, grub-mkimage, mke2fs …) comes out of the kit's own locked packages.
import type { HostPackage } from '../host.ts';

/** For `npm run bootkit` and the test image: any Debian has them; another Linux may carry them under the same names. */
export const KIT_PACKAGES: readonly HostPackage[] = [
  { name: 'apt', program: 'apt-get', why: 'fetches and verifies Debian packages' },
  { name: 'dpkg', program: 'dpkg-deb', why: 'unpacks them' },
  // Files are looked for beside the folders of programs.
  { name: 'debian-archive-keyring', program: '../share/keyrings/debian-archive-keyring.gpg', why: "proves that packages are Debian's" },
];

/** For machines in QEMU, on top of `KIT_PACKAGES`. */
export const VM_PACKAGES: readonly HostPackage[] = [
  { name: 'qemu-system-x86', program: 'qemu-system-x86_64', why: 'virtual machines' },
  { name: 'ovmf', program: '../share/OVMF/OVMF_CODE_4M.fd', why: 'UEFI firmware for them, with and without Secure Boot' },
  { name: 'iproute2', program: 'ip', why: 'the network namespace and bridge they share' },
  { name: 'mmdebstrap', program: 'mmdebstrap', why: 'a Debian with systemd to put on them' },
];
