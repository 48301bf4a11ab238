// A boot kit of a few kilobytes with the shape of the real one, for tests that serve it.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export const sampleFiles: Readonly<Record<string, { readonly role: string; readonly bytes: Buffer }>> = {
  'efi/shimx64.efi': { role: 'shim', bytes: Buffer.alloc(5000, 's') },
  'efi/grubx64.efi': { role: 'grub', bytes: Buffer.alloc(9000, 'g') },
  'efi/mmx64.efi': { role: 'mokmanager', bytes: Buffer.alloc(100, 'm') },
  'bios/undionly.kpxe': { role: 'ipxe-bios', bytes: Buffer.alloc(700, 'i') },
  vmlinuz: { role: 'kernel', bytes: Buffer.alloc(20_000, 'k') },
  'stage1.img': { role: 'stage1', bytes: Buffer.alloc(30_000, '1') },
  'stage2.squashfs': { role: 'stage2', bytes: Buffer.alloc(40_000, '2') },
  'http-boot.img': { role: 'http-boot', bytes: Buffer.alloc(50_000, 'h') },
  'usb.img': { role: 'usb', bytes: Buffer.alloc(10, 'u') },
};

export const sampleManifest = () => ({
  format: 1,
  kitId: 'sample',
  kernelVersion: '6.12',
  files: Object.entries(sampleFiles).map(([path, { role, bytes }]) => ({
    role,
    path,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })),
  packages: [{ name: 'shim-signed', version: '1', sha256: '0'.repeat(64) }],
  httpBoot: { configOffset: 10_000, configSizeBytes: 4096 },
});

export const writeSampleKit = async (folder: string): Promise<void> => {
  for (const [path, { bytes }] of Object.entries(sampleFiles)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  await writeFile(join(folder, 'kit.json'), JSON.stringify(sampleManifest()));
};
