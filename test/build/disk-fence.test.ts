// Which devices an install script is kept from, by what sysfs says; that it is kept from them: test/rack/vm/other-disk.test.ts.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { devicesBeside } from '../../agent/build/disk-fence.ts';

test('every other disk with its partitions; not what Linux makes, nor a path of a multipath NVMe disk, which has no node', async () => {
  const sysfs = await mkdtemp(join(tmpdir(), 'rackside-sysfs-'));
  try {
    const devices = {
      nvme0n1: '259:0',
      'nvme0n1/nvme0n1p1': '259:1',
      nvme0c0n1: null,
      nvme1n1: '259:2',
      'nvme1n1/nvme1n1p2': '259:3',
      'nvme1n1/queue': null,
      sda: '8:0',
      'sda/sda1': '8:1',
      'cciss!c0d0': '104:0',
      loop0: '7:0',
      'dm-0': '253:0',
    };
    for (const [path, device] of Object.entries(devices)) {
      await mkdir(join(sysfs, path), { recursive: true });
      if (device !== null) await writeFile(join(sysfs, path, 'dev'), `${device}\n`);
    }
    expect((await devicesBeside('/dev/nvme0n1', sysfs)).toSorted()).toEqual(['104:0', '259:2', '259:3', '8:0', '8:1']);
    expect((await devicesBeside('/dev/cciss/c0d0', sysfs)).toSorted()).toEqual(['259:0', '259:1', '259:2', '259:3', '8:0', '8:1']);
  } finally {
    await rm(sysfs, { recursive: true });
  }
});
