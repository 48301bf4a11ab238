// How many bytes a machine loads before our agent runs: the boot kit's loaders, which come over TFTP and HTTP before there is an
// operating system to hurry them, and the rest of the kit by file.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadBootKit } from '../../main/boot/kit.ts';
import { sizeLine } from './figure.ts';
import type { Suite } from './figure.ts';

const KIT = resolve(import.meta.dirname, '../../assets/bootkit');

/** What UEFI loads before stage 1 runs. Thirty megabytes are 0.3 s at 1 GbE over HTTP, and ten seconds by a slow ROM's TFTP. */
const LOADER_ROLES: readonly string[] = ['shim', 'grub', 'kernel', 'stage1'];
const LOADER_LIMIT_BYTES = 30_000_000;

export const kitSuite: Suite = {
  figures: ['kit-loader-bytes', 'kit-stage2-bytes', 'kit-files'],
  whyNot: () => (existsSync(resolve(KIT, 'kit.json')) ? null : 'there is no boot kit here: npm run bootkit'),
  run: async () => {
    const kit = await loadBootKit(KIT);
    if (!kit.ok) throw new Error(kit.failure.message);
    const { files } = kit.value;
    const sizeOf = (roles: readonly string[]): number =>
      files.filter(({ role }) => roles.includes(role)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return [
      sizeLine('kit-loader-bytes', sizeOf(LOADER_ROLES), LOADER_LIMIT_BYTES),
      sizeLine('kit-stage2-bytes', sizeOf(['stage2']), null),
      ...files.filter(({ role }) => role !== 'stage2').map(({ role, sizeBytes }) => sizeLine(`kit-${role}-bytes`, sizeBytes, null)),
    ];
  },
};
