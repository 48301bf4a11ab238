// What efibootmgr says in its versions, and where it says nothing.
import { expect, test } from 'vitest';
import { parseFirmwareBoot, readFirmwareBoot } from '../../agent/capture/firmware-boot.ts';
import { noTools } from '../../agent/disk/tools.ts';

const VERSION_17 = `BootCurrent: 0003
Timeout: 0 seconds
BootOrder: 0003,0001,000a
Boot0001* UEFI QEMU DVD-ROM QM00005 \tPciRoot(0x0)/Pci(0x1f,0x2)/Sata(2,65535,0)N.....YM....R,Y.
Boot0003* debian\tHD(1,GPT,6f3d,0x800,0x100000)/File(\\EFI\\debian\\shimx64.efi)
Boot000a  Setup
`;
const VERSION_18 = `BootCurrent: 0003
BootOrder: 0003
Boot0003* debian\tHD(1,GPT,6f3d,0x800,0x100000)/\\EFI\\debian\\shimx64.efi
      dp: 04 01 2a 00 01 00 00 00 / 04 04 34 00
`;

test('entries, order and what started', () => {
  expect(parseFirmwareBoot(VERSION_17)).toEqual({
    kind: 'uefi',
    order: ['0003', '0001', '000A'],
    current: '0003',
    entries: [
      { id: '0001', active: true, label: 'UEFI QEMU DVD-ROM QM00005', path: expect.stringMatching(/^PciRoot/) },
      { id: '0003', active: true, label: 'debian', path: String.raw`HD(1,GPT,6f3d,0x800,0x100000)/File(\EFI\debian\shimx64.efi)` },
      { id: '000A', active: false, label: 'Setup', path: '' },
    ],
  });
  expect(parseFirmwareBoot(VERSION_18)).toMatchObject({ order: ['0003'], entries: [{ label: 'debian' }] });
});

test('BIOS has none, and a machine that does not tell says why', async () => {
  expect(await readFirmwareBoot(noTools(), 'bios')).toEqual({ kind: 'bios', order: [], current: null, entries: [] });
  expect(await readFirmwareBoot(noTools(), 'uefi')).toMatchObject({
    kind: 'uefi',
    entries: [],
    note: expect.stringMatching(/^efibootmgr: /),
  });
});
