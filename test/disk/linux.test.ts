// Disks from /sys/block: written-down trees of real machines, and the machine that runs the tests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listLinuxDisks, openReader } from '../../agent/inventory/block/linux.ts';
import { fixtureSource, linuxSource } from '../../agent/inventory/source.ts';

type Block = {
  readonly tree: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly others?: Readonly<Record<string, string>>;
};

const sourceOf = (blocks: Readonly<Record<string, Block>>): ReturnType<typeof fixtureSource> => {
  const files: Record<string, string | Uint8Array> = {};
  const links: Record<string, string> = {};
  for (const [name, block] of Object.entries(blocks)) {
    links[`/sys/block/${name}`] = block.tree;
    const standard = {
      size: '2048',
      ro: '0',
      removable: '0',
      'queue/rotational': '0',
      'queue/logical_block_size': '512',
      'queue/physical_block_size': '4096',
    };
    for (const [file, content] of Object.entries({ ...standard, ...block.files })) files[`/sys/block/${name}/${file}`] = content;
    Object.assign(files, block.others);
  }
  return fixtureSource({ files, links });
};

const attributesOf = async (name: string, block: Block, options = {}): Promise<unknown> =>
  (await listLinuxDisks(sourceOf({ [name]: block }), options)).map((device) => device.attributes)[0];

const PCI = '/sys/devices/pci0000:00/0000:00:17.0';

describe('disk attributes', () => {
  test('SATA, with VPD pages', async () => {
    expect(
      await attributesOf('sda', {
        tree: `${PCI}/ata1/host0/target0:0:0/0:0:0:0/block/sda`,
        files: {
          'device/vendor': 'ATA     ',
          'device/model': 'Samsung SSD 860 ',
          'device/vpd_pg80': Buffer.from('00800014' + Buffer.from('      S3Z8NB0K123456').toString('hex'), 'hex'),
          'device/wwid': 'naa.5002538e40a1b2c3\n',
          size: '1953525168',
        },
      }),
    ).toEqual({
      path: '/dev/sda',
      serial: 'S3Z8NB0K123456',
      wwn: 'naa.5002538e40a1b2c3',
      sizeBytes: 1_000_204_886_016,
      model: 'Samsung SSD 860',
      vendor: 'ATA',
      transport: 'sata',
      kind: 'ssd',
      logicalSectorBytes: 512,
      physicalSectorBytes: 4096,
      removable: false,
      readOnlyHardware: false,
      bootMedia: false,
    });
  });

  test.each<[string, string, Block, object]>([
    [
      'NVMe',
      'nvme0n1',
      {
        tree: '/sys/devices/pci0000:3a/0000:3b:00.0/nvme/nvme0/nvme0n1',
        files: {
          'device/transport': 'pcie',
          'device/model': 'INTEL SSDPE2KX',
          'device/serial': 'PHLJ1',
          wwid: 'eui.01000000010000005cd2e4',
          'device/vendor': '0x8086',
          'queue/logical_block_size': '4096',
        },
      },
      {
        transport: 'nvme',
        serial: 'PHLJ1',
        wwn: 'eui.01000000010000005cd2e4',
        model: 'INTEL SSDPE2KX',
        vendor: null,
        logicalSectorBytes: 4096,
      },
    ],
    [
      'NVMe over TCP',
      'nvme1n1',
      { tree: '/sys/devices/virtual/nvme-fabrics/ctl/nvme1/nvme1n1', files: { 'device/transport': 'tcp' } },
      { transport: 'nvme-over-fabrics' },
    ],
    [
      'NVMe shared by two paths, one of them a network',
      'nvme0n1',
      {
        tree: '/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1',
        files: { 'device/nvme0/transport': 'pcie', 'device/nvme1/transport': 'rdma' },
      },
      { transport: 'nvme-over-fabrics' },
    ],
    [
      'SAS',
      'sdb',
      {
        tree: `${PCI}/host1/port-1:0/end_device-1:0/target1:0:0/1:0:0:0/block/sdb`,
        files: { 'queue/rotational': '1', 'device/vendor': 'SEAGATE' },
      },
      { transport: 'sas', kind: 'hdd' },
    ],
    [
      'SATA behind a SAS controller',
      'sdb',
      { tree: `${PCI}/host1/port-1:0/end_device-1:0/target1:0:0/1:0:0:0/block/sdb`, files: { 'device/vendor': 'ATA     ' } },
      { transport: 'sata' },
    ],
    [
      'RAID volume',
      'sda',
      { tree: `${PCI}/host0/target0:2:0/0:2:0:0/block/sda`, files: { 'device/vendor': 'DELL', 'device/model': 'PERC H740P Adp' } },
      { transport: 'scsi', model: 'PERC H740P Adp' },
    ],
    ['Fibre Channel', 'sdc', { tree: `${PCI}/host2/rport-2:0-1/target2:0:0/2:0:0:3/block/sdc`, files: {} }, { transport: 'fibre-channel' }],
    ['iSCSI', 'sdd', { tree: '/sys/devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sdd', files: {} }, { transport: 'iscsi' }],
    [
      'USB stick, serial from the USB device',
      'sde',
      {
        tree: '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.4/1-2.4:1.0/host6/target6:0:0/6:0:0:0/block/sde',
        files: { removable: '1', 'device/vendor': 'SanDisk', 'device/model': 'Ultra' },
        others: { '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.4/serial': '4C5300012\n' },
      },
      { transport: 'usb', removable: true, serial: '4C5300012' },
    ],
    [
      'USB disk that calls itself fixed',
      'sde',
      { tree: '/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sde', files: {} },
      { transport: 'usb', removable: true },
    ],
    [
      'virtio, whose "rotational" means nothing',
      'vda',
      {
        tree: '/sys/devices/pci0000:00/0000:00:02.0/virtio0/block/vda',
        files: { serial: 'VD1', 'queue/rotational': '1', 'device/vendor': '0x1af4' },
      },
      { transport: 'virtio', serial: 'VD1', kind: 'unknown', vendor: null },
    ],
    [
      'eMMC',
      'mmcblk0',
      {
        tree: '/sys/devices/platform/mmc/mmc0/mmc0:0001/block/mmcblk0',
        files: { 'device/name': 'DF4064', 'device/serial': '0x1a2b', 'device/type': 'MMC' },
      },
      { transport: 'mmc', model: 'DF4064', serial: '0x1a2b', removable: false },
    ],
    [
      'memory card, which the kernel calls fixed',
      'mmcblk1',
      {
        tree: `${PCI}/mmc_host/mmc1/mmc1:4567/block/mmcblk1`,
        files: { removable: '0', 'device/name': 'QEMU!', 'device/serial': '0xdeadbeef', 'device/type': 'SD' },
      },
      { transport: 'mmc', model: 'QEMU!', removable: true },
    ],
    [
      'HP Smart Array of old',
      'cciss!c0d0',
      { tree: `${PCI}/cciss0/c0d0/block/cciss!c0d0`, files: {} },
      { path: '/dev/cciss/c0d0', transport: 'unknown' },
    ],
  ])('%s', async (_title, name, block, expected) => {
    expect(await attributesOf(name, block)).toMatchObject(expected);
  });

  test('boot medium and write protection come from the caller', async () => {
    const block: Block = { tree: `${PCI}/ata1/x/block/sda`, files: {} };
    expect(await attributesOf('sda', block, { bootMedia: new Set(['/dev/sda']), writeProtected: new Set(['/dev/sda']) })).toMatchObject({
      bootMedia: true,
      readOnlyHardware: true,
    });
  });
});

test('what is no disk is left out', async () => {
  const block: Block = { tree: '/sys/devices/virtual/block/x', files: {} };
  const names = ['loop0', 'ram0', 'zram0', 'md0', 'dm-0', 'sr0', 'fd0', 'nbd0', 'mmcblk0boot0', 'mmcblk0rpmb', 'nvme0c0n1', 'sda'];
  const found = await listLinuxDisks(sourceOf(Object.fromEntries(names.map((name) => [name, block]))));
  expect(found.map((device) => device.attributes.path)).toEqual(['/dev/sda']);
  expect(await attributesOf('sdb', { ...block, files: { size: '0' } })).toBeUndefined();
  expect(await attributesOf('nvme3n1', { ...block, files: { hidden: '1' } })).toBeUndefined();
});

test('a reader gives what is there and no more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-reader-'));
  try {
    const path = join(folder, 'disk');
    writeFileSync(path, Buffer.from('0123456789'));
    const reader = await openReader(path, 10);
    expect(Buffer.from(await reader.read(2, 3)).toString()).toBe('234');
    expect(Buffer.from(await reader.read(8, 100)).toString()).toBe('89');
    expect(await reader.read(10, 5)).toHaveLength(0);
    await reader.close();
    await expect(openReader(join(folder, 'absent'), 10)).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.runIf(process.platform === 'linux')('this machine’s own disks are listed without an error', async () => {
  for (const { attributes } of await listLinuxDisks(linuxSource())) expect(attributes.sizeBytes).toBeGreaterThan(0);
});
