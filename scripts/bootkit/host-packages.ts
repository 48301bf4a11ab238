// The Debian packages a computer needs for building the kit, the test image and the VM lab, and why. Everything else the
// builder runs comes out of the kit's own locked packages.
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export type HostPackage = {
  readonly name: string;
  readonly why: string;
  readonly neededFor: readonly ('kit' | 'test-image' | 'vm-lab')[];
  /** A program or file that proves it is there. */
  readonly proof: string;
};

export const HOST_PACKAGES: readonly HostPackage[] = [
  { name: 'apt', why: 'fetches and verifies Debian packages', neededFor: ['kit', 'test-image'], proof: 'apt-get' },
  { name: 'dpkg', why: 'unpacks Debian packages', neededFor: ['kit', 'test-image'], proof: 'dpkg-deb' },
  {
    name: 'debian-archive-keyring',
    why: "checks that packages are Debian's",
    neededFor: ['kit', 'test-image'],
    proof: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  { name: 'qemu-system-x86', why: 'the virtual machines', neededFor: ['vm-lab'], proof: 'qemu-system-x86_64' },
  {
    name: 'ovmf',
    why: 'UEFI firmware for them, with and without Secure Boot',
    neededFor: ['vm-lab'],
    proof: '/usr/share/OVMF/OVMF_CODE_4M.fd',
  },
  { name: 'iproute2', why: 'the bridge and network namespace they share', neededFor: ['vm-lab'], proof: 'ip' },
];

const present = async (proof: string): Promise<boolean> => {
  const places = proof.startsWith('/')
    ? [proof]
    : [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].map((folder) => join(folder, proof));
  for (const place of places) {
    const found = await access(place, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
};

/** Those of the packages for a purpose that this computer lacks. */
export const missingHostPackages = async (purpose: HostPackage['neededFor'][number]): Promise<HostPackage[]> => {
  const missing: HostPackage[] = [];
  for (const one of HOST_PACKAGES) if (one.neededFor.includes(purpose) && !(await present(one.proof))) missing.push(one);
  return missing;
};
