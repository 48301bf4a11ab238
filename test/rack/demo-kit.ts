// A boot kit for the software rack: files of every role with the real manifest, but no program in them. Software firmware
// moves the bytes and checks the hashes as real firmware does; the agent then runs in the rack's own process.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compressible } from './demo-image.ts';

const KIB = 1024;
const CONFIG_OFFSET = 64 * KIB;
const CONFIG_BYTES = 4096;

const FILES: readonly (readonly [role: string, path: string, sizeBytes: number])[] = [
  ['shim', 'efi/shimx64.efi', 96 * KIB],
  ['grub', 'efi/grubx64.efi', 256 * KIB],
  ['mokmanager', 'efi/mmx64.efi', 32 * KIB],
  ['ipxe-bios', 'bios/undionly.kpxe', 64 * KIB],
  ['kernel', 'vmlinuz', 512 * KIB],
  ['stage1', 'stage1.img', 512 * KIB],
  ['stage2', 'stage2.squashfs', 1024 * KIB],
  ['http-boot', 'http-boot.img', 1024 * KIB],
];

/** Writes the kit into `folder`. */
export const writeDemoKit = async (folder: string): Promise<void> => {
  const files: { role: string; path: string; sizeBytes: number; sha256: string }[] = [];
  for (const [index, [role, path, sizeBytes]] of FILES.entries()) {
    const bytes = compressible(sizeBytes, index + 11);
    if (role === 'http-boot') bytes.fill('#', CONFIG_OFFSET, CONFIG_OFFSET + CONFIG_BYTES);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    files.push({ role, path, sizeBytes, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  const kitId = createHash('sha256')
    .update(files.map((file) => file.sha256).join('\n'))
    .digest('hex')
    .slice(0, 16);
  const kit = {
    format: 1,
    kitId,
    kernelVersion: 'software rack',
    files,
    packages: [],
    httpBoot: { configOffset: CONFIG_OFFSET, configSizeBytes: CONFIG_BYTES },
  };
  await writeFile(join(folder, 'kit.json'), JSON.stringify(kit, null, 2));
};
