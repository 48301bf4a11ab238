// Boot entries through a firmware that answers as efibootmgr 17 does.
import { expect, test } from 'vitest';
import { orderWith, parseBootOrder, setBootEntry } from '../../agent/deploy/boot-entry.ts';
import type { BootPath } from '../../agent/deploy/local-boot.ts';
import type { Tools } from '../../agent/disk/tools.ts';

const NETWORK_FIRST = `BootCurrent: 0003
Timeout: 3 seconds
BootOrder: 0003,0001,0007
Boot0001* UEFI VIRTIO DISK\tPciRoot(0x0)/Pci(0x2,0x0)
Boot0003* UEFI PXEv4 (MAC:525400123456)\tPciRoot(0x0)/Pci(0x3,0x0)/MAC(525400123456,1)
Boot0007* Rackside: older\tHD(1,GPT,…)/File(\\EFI\\debian\\shimx64.efi)
`;
const DISK_FIRST = NETWORK_FIRST.replace('0003,0001,0007', '0001,0003,0007');
const boot: BootPath = { localBoot: { kind: 'uefi', espUuid: 'ABCD-1234', loaderPath: '/EFI/debian/shimx64.efi' }, partition: 2 };

const firmware = (listing: string, refuse: string | null = null): { readonly tools: Tools; readonly ran: string[] } => {
  const ran: string[] = [];
  const run: Tools['run'] = (program, args) => {
    ran.push([program, ...args].join(' '));
    if (refuse !== null && args.includes(refuse))
      return Promise.resolve({ code: 5, stdout: '', stderr: 'Could not prepare boot variable: No space left on device\n' });
    const label = args[args.indexOf('--label') + 1] ?? '';
    return Promise.resolve({
      code: 0,
      stdout: args.includes('--create') ? `BootOrder: 0008,${listing}\nBoot0008* ${label}\tHD(2,GPT)\n` : listing,
      stderr: '',
    });
  };
  return { tools: { run }, ran };
};

test('what efibootmgr prints is understood', () => {
  const parsed = parseBootOrder(NETWORK_FIRST);
  expect(parsed.order).toEqual(['0003', '0001', '0007']);
  expect(parsed.entries.map(({ label }) => label)).toEqual(['UEFI VIRTIO DISK', 'UEFI PXEv4 (MAC:525400123456)', 'Rackside: older']);
});

test('a network-first machine stays network-first, and starts the new system once', async () => {
  const { tools, ran } = firmware(NETWORK_FIRST);
  expect(await setBootEntry(tools, '/dev/vda', boot, 'web golden')).toContain('Boot0008, last');
  expect(ran).toEqual(
    [
      'efibootmgr ',
      'efibootmgr --bootnum 0007 --delete-bootnum',
      'efibootmgr --create --disk /dev/vda --part 2 --label Rackside: web golden --loader \\EFI\\debian\\shimx64.efi',
      'efibootmgr --bootorder 0003,0001,0008',
      'efibootmgr --bootnext 0008',
    ].map((line) => line.trimEnd()),
  );
});

test('otherwise the new system comes first', () => {
  expect(orderWith(parseBootOrder(DISK_FIRST), '0008')).toEqual(['0008', '0001', '0003']);
  expect(orderWith({ order: [], entries: [] }, '0000')).toEqual(['0000']);
});

test('firmware that refuses is a note, because the station can start the disk by itself', async () => {
  const refused = await setBootEntry(firmware(DISK_FIRST, '--create').tools, '/dev/vda', boot, 'golden');
  expect(refused).toBe(
    'no boot entry (Could not prepare boot variable: No space left on device); the station starts the disk by its loader',
  );
  const noEfivars: Tools = {
    run: () => Promise.resolve({ code: 2, stdout: '', stderr: 'EFI variables are not supported on this system.\n' }),
  };
  expect(await setBootEntry(noEfivars, '/dev/vda', boot, 'golden')).toContain('EFI variables are not supported');
});

test('BIOS machines and images without a loader are left alone', async () => {
  const { tools, ran } = firmware(DISK_FIRST);
  await setBootEntry(tools, '/dev/vda', { localBoot: { kind: 'bios' }, partition: null }, 'golden');
  await setBootEntry(tools, '/dev/vda', { localBoot: { kind: 'uefi', espUuid: 'A', loaderPath: null }, partition: null }, 'golden');
  expect(ran).toEqual([]);
});
