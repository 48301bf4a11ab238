// Disks described: attributes carried over, exclusions from hardware and content together, twins found, failures contained.
import { describe, expect, test } from 'vitest';
import { describeDisk, describeDisks } from '../../agent/disk/describe.ts';
import type { DiskDevice } from '../../agent/inventory/block/device.ts';
import { plainDisk } from '../../agent/inventory/block/device.ts';
import { hardwareExclusions } from '../../agent/inventory/block/exclusions.ts';
import { cleanId, mediaKind, sameId, serialFromPage80, wwnFromKernel, wwnFromPage83 } from '../../agent/inventory/block/identity.ts';
import { diskSchema } from '../../agent/protocol/disk.ts';
import { MIB, deviceOf, diskOf, realHead } from './volume.ts';

const trustedKeys = new Map<string, Uint8Array>();

describe('a disk', () => {
  test('carries who it is and what it holds', async () => {
    const found = await describeDisk(
      deviceOf(diskOf(64 * MIB, { at: 0, bytes: realHead('xfs') }), { wwn: 'naa.5000', kind: 'ssd', transport: 'nvme' }),
      { trustedKeys },
    );
    expect(diskSchema.parse(found)).toEqual(found);
    expect(found).toMatchObject({
      path: '/dev/sda',
      serial: 'S1',
      wwn: 'naa.5000',
      kind: 'ssd',
      transport: 'nvme',
      sizeBytes: 64 * MIB,
      exclusions: [],
      problem: null,
    });
    expect(found.content?.signatures).toEqual([{ offsetBytes: 0, kind: 'xfs' }]);
    expect(found).not.toHaveProperty('removable');
  });

  test('is excluded for its hardware and for its content', async () => {
    const disk = diskOf(64 * MIB, { at: 0, bytes: realHead('btrfs-of-two') });
    const found = await describeDisk(deviceOf(disk, { removable: true, bootMedia: true, model: 'Virtual HDisk' }), { trustedKeys });
    expect(found.exclusions).toEqual(['removable', 'boot-media', 'virtual-media', 'spanning-pool']);
  });

  test('is closed after reading, also when reading fails', async () => {
    let open = 0;
    const failing: DiskDevice = {
      attributes: plainDisk({ path: '/dev/sdb', serial: 'B', sizeBytes: MIB }),
      open: async () => {
        open += 1;
        return {
          sizeBytes: MIB,
          read: () => Promise.reject(Object.assign(new Error('bad sector'), { code: 'EIO' })),
          close: async () => {
            open -= 1;
          },
        };
      },
    };
    expect((await describeDisk(failing, { trustedKeys })).problem).toMatchObject({
      code: 'disk.unreadable',
      message: '/dev/sdb cannot be read (EIO).',
    });
    expect(open).toBe(0);
  });
});

describe('all disks', () => {
  test('come back in their order, many at a time', async () => {
    const devices = Array.from({ length: 30 }, (_unused, index) => deviceOf(diskOf(MIB), { path: `/dev/sd${index}`, serial: `S${index}` }));
    expect((await describeDisks(devices, { trustedKeys })).map((disk) => disk.serial)).toEqual(
      devices.map((device) => device.attributes.serial),
    );
  });
  test('seen twice by one WWN are paths of one volume', async () => {
    const disk = diskOf(MIB);
    const found = await describeDisks(
      [
        deviceOf(disk, { wwn: 'naa.1' }),
        deviceOf(disk, { wwn: 'naa.1' }),
        deviceOf(disk, { wwn: 'naa.2' }),
        deviceOf(disk),
        deviceOf(disk),
      ],
      { trustedKeys },
    );
    expect(found.map((one) => one.exclusions)).toEqual([['multipath'], ['multipath'], [], [], []]);
  });
});

describe('exclusions by hardware', () => {
  test.each([
    ['Fibre Channel', { transport: 'fibre-channel' }, ['fibre-channel']],
    ['iSCSI', { transport: 'iscsi' }, ['iscsi']],
    ['NVMe over a network', { transport: 'nvme-over-fabrics' }, ['nvme-over-fabrics']],
    ['write protection', { readOnlyHardware: true }, ['read-only-hardware']],
    ['an ordinary NVMe disk', { transport: 'nvme', model: 'SAMSUNG MZVLB512HAJQ' }, []],
    ['a RAID controller’s volume', { transport: 'scsi', vendor: 'DELL', model: 'PERC H740P Adp' }, []],
    ['another one', { transport: 'scsi', vendor: 'HPE', model: 'LOGICAL VOLUME' }, []],
    ['virtio', { transport: 'virtio' }, []],
    ['a hypervisor’s disk', { vendor: 'VMware', model: 'Virtual disk' }, []],
    ['another hypervisor’s disk', { vendor: 'Msft', model: 'Virtual Disk' }, []],
  ] as const)('%s', (_name, attributes, expected) => {
    expect(hardwareExclusions(plainDisk({ path: '/dev/sda', serial: null, sizeBytes: 1, ...attributes }))).toEqual(expected);
  });

  test.each([
    ['iDRAC', 'Virtual CD', 'virtual-media'],
    ['iDRAC', 'Virtual Floppy', 'virtual-media'],
    ['iDRAC', 'LCDRIVE', 'virtual-media'],
    ['AMI', 'Virtual CDROM0', 'virtual-media'],
    ['AMI', 'Virtual HDisk0', 'virtual-media'],
    ['AMI', 'Virtual Floppy0', 'virtual-media'],
    ['iLO', 'Virtual DVD-ROM', 'virtual-media'],
    ['HP iLO', 'Virtual USB Key', 'virtual-media'],
    ['Linux', 'File-Stor Gadget', 'virtual-media'],
    ['Cisco', 'vKVM-Mapped vHDD', 'virtual-media'],
    ['PEPPCON', 'Remote Disc', 'virtual-media'],
    ['Dell', 'IDSDM', 'internal-sd'],
    ['DELL', 'Internal Dual SD', 'internal-sd'],
    ['HPE', 'Dual SD Card', 'internal-sd'],
    ['CISCO', 'FlexFlash HV', 'internal-sd'],
    ['ATA', 'Samsung SSD 860', null],
    ['SEAGATE', 'ST4000NM0023', null],
    [null, 'INTEL SSDPE2KX040T8', null],
    ['QEMU', 'QEMU HARDDISK', null],
    ['LIO-ORG', 'disk0', null],
    [null, null, null],
  ])('%s %s is %s', (vendor, model, kind) => {
    expect(mediaKind(vendor, model)).toBe(kind);
  });
});

describe('identity', () => {
  test('serial from VPD page 80h', () => {
    expect(serialFromPage80(Buffer.from('00800008202053314435' + '4e53', 'hex'))).toBe('S1D5NS');
    expect(serialFromPage80(Buffer.from('00800000', 'hex'))).toBeNull();
    expect(serialFromPage80(Buffer.from('0083000441424344', 'hex'))).toBeNull();
    expect(serialFromPage80(null)).toBeNull();
  });
  test('WWN from VPD page 83h: the logical unit’s NAA, else its EUI-64', () => {
    const target = '61930008' + '5000c50012345678'.slice(0, 16);
    const naa = '01030008' + '5000c5009abcdef0';
    const eui = '01020008' + '0025385b71b00001';
    const t10 = '0201000441424344';
    const page = (body: string): Buffer => Buffer.from(`0083${(body.length / 2).toString(16).padStart(4, '0')}${body}`, 'hex');
    expect(wwnFromPage83(page(t10 + target + eui + naa))).toBe('naa.5000c5009abcdef0');
    expect(wwnFromPage83(page(t10 + eui))).toBe('eui.0025385b71b00001');
    expect(wwnFromPage83(page(t10 + target))).toBeNull();
    expect(wwnFromPage83(page(naa).subarray(0, 10))).toBeNull();
  });
  test('the kernel’s wwid only where it is world-wide', () => {
    expect(wwnFromKernel('NAA.5000C5009ABCDEF0\n')).toBe('naa.5000c5009abcdef0');
    expect(wwnFromKernel('eui.0025385b71b00001')).toBe('eui.0025385b71b00001');
    expect(wwnFromKernel('t10.ATA     QEMU HARDDISK   QM00001')).toBeNull();
    expect(wwnFromKernel('naa.0000000000000000')).toBeNull();
    expect(wwnFromKernel(null)).toBeNull();
  });
  test('ids are cleaned and compared as people write them', () => {
    expect(cleanId('  S1D5\0NS  AF \n')).toBe('S1D5 NS AF');
    expect(cleanId(' \0 ')).toBeNull();
    expect(sameId('naa.5000C500', '0x5000c500')).toBe(true);
    expect(sameId('wwn-0x5000c500', 'naa.5000c500')).toBe(true);
    expect(sameId('A', 'B')).toBe(false);
    expect(sameId(null, null)).toBe(false);
    expect(sameId('', ' ')).toBe(false);
  });
});
