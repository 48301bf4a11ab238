// What a disk holds, on images made by sgdisk, sfdisk, mke2fs, mkfs.vfat and mkswap: recognised, stable, and a hash that changes
// with every change that a consent must not survive.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeProvenance, PROVENANCE_OFFSET_BYTES, voidedProvenance } from '../../agent/image/provenance.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { contentExclusions } from '../../agent/inventory/block/exclusions.ts';
import { MIB, contentOf, contentOfFile, diskOf, realHead } from './volume.ts';

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
};
const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, [...args], {
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();

/** An MBR from sfdisk's own script language. */
const partition = (path: string, script: string): void => {
  execFileSync('sfdisk', ['-q', path], {
    input: script,
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
};

const TOOLS = ['sgdisk', 'mke2fs', 'mkfs.vfat', 'mkswap', 'mcopy', 'sfdisk'];
const missing = TOOLS.filter((tool) => !has(tool));

describe.skipIf(missing.length > 0)(`images made by real tools${missing.length > 0 ? ` (absent: ${missing.join(', ')})` : ''}`, () => {
  let folder = '';
  let image = '';
  /** Writes a filesystem made by `make` into the partition at the given MiB. */
  const put = (atMib: number, sizeMib: number, make: (path: string) => void): void => {
    const part = join(folder, 'part.img');
    writeFileSync(part, '');
    truncateSync(part, sizeMib * MIB);
    make(part);
    const handle = openSync(image, 'r+');
    writeSync(handle, readFileSync(part), 0, sizeMib * MIB, atMib * MIB);
    closeSync(handle);
    rmSync(part);
  };
  const newDisk = (sizeMib = 256): void => {
    rmSync(image, { force: true });
    writeFileSync(image, '');
    truncateSync(image, sizeMib * MIB);
  };
  const debian = (): void => {
    newDisk();
    run('sgdisk', '-n1:1M:+33M', '-t1:ef00', '-c1:EFI', '-n2:34M:+64M', '-t2:8300', '-c2:root', '-n3:98M:+32M', '-t3:8200', image);
    put(1, 33, (path) => {
      run('mkfs.vfat', '-F', '32', '-i', 'ABCD1234', '-n', 'EFI', path);
      run('mmd', '-i', path, '::EFI', '::EFI/debian', '::EFI/BOOT');
    });
    put(34, 64, (path) => run('mke2fs', '-q', '-t', 'ext4', '-L', 'root', '-U', '11111111-2222-3333-4444-555555555555', path));
    put(98, 32, (path) => run('mkswap', '-L', 'swp', path));
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rackside-content-'));
    image = join(folder, 'disk.img');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('an empty disk is blank and has no table', async () => {
    newDisk(64);
    expect((await contentOfFile(image)).content).toMatchObject({
      table: 'none',
      partitions: [],
      signatures: [],
      recognisedOs: null,
      blank: true,
    });
  });

  test('an installed Debian is recognised with its partitions', async () => {
    debian();
    const { content, provenance, signatures, table } = await contentOfFile(image);
    expect(content).toMatchObject({ table: 'gpt', recognisedOs: 'Linux (Debian)', blank: false });
    expect(content.partitions).toMatchObject([
      {
        number: 1,
        startLba: 2048,
        sectors: 33 * 2048,
        typeId: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        name: 'EFI',
        filesystem: 'vfat',
        label: 'EFI',
        uuid: 'ABCD-1234',
      },
      { number: 2, name: 'root', filesystem: 'ext4', label: 'root', uuid: '11111111-2222-3333-4444-555555555555' },
      { number: 3, filesystem: 'swap', label: 'swp' },
    ]);
    expect(content.signatures.map((one) => one.kind)).toEqual(expect.arrayContaining(['vfat', 'ext4', 'swap']));
    expect(provenance.verdict).toBe('absent');
    expect(contentExclusions(signatures, table)).toEqual([]);
  });

  test('the hash is the same on every reading, and differs after each change that matters', async () => {
    debian();
    const hashes = [(await contentOfFile(image)).content.hash];
    expect((await contentOfFile(image)).content.hash).toBe(hashes[0]);
    const changes: readonly (readonly [string, () => void])[] = [
      ['renamed partition', () => run('sgdisk', '-c2:other', image)],
      ['retyped partition', () => run('sgdisk', '-t3:8300', image)],
      ['new partition', () => run('sgdisk', '-n4:200M:+8M', image)],
      ['another filesystem in place', () => put(34, 64, (path) => run('mke2fs', '-q', '-t', 'ext4', path))],
      ['label of a filesystem', () => put(98, 32, (path) => run('mkswap', '-L', 'x', path))],
      ['repartitioned', () => run('sgdisk', '-o', image)],
      ['another table kind', () => partition(image, 'label: dos\nstart=2048, type=83\n')],
      ['RAID record at the end', () => writeAt(image, statSync(image).size - 1024, 'Intel Raid ISM Cfg Sig. 1.3')],
    ];
    const unnoticed: string[] = [];
    for (const [name, change] of changes) {
      change();
      const { hash } = (await contentOfFile(image)).content;
      if (hashes.includes(hash)) unnoticed.push(name);
      hashes.push(hash);
    }
    expect(unnoticed).toEqual([]);
  });

  test('a GPT whose both copies are damaged is damaged, one copy is enough', async () => {
    debian();
    writeAt(image, 512 + 20, 'XXXX');
    expect((await contentOfFile(image)).content).toMatchObject({ table: 'gpt', recognisedOs: 'Linux (Debian)' });
    writeAt(image, statSync(image).size - 512 + 20, 'XXXX');
    expect((await contentOfFile(image)).content).toMatchObject({ table: 'damaged', partitions: [], blank: false });
  });

  test('logical partitions of an MBR are looked into; the last mount point tells a Linux root', async () => {
    newDisk();
    partition(
      image,
      'label: dos\nstart=2048, size=32768, type=83, bootable\nstart=34816, size=262144, type=5\nstart=36864, size=65536, type=83\n',
    );
    put(18, 32, (path) => run('mke2fs', '-q', '-t', 'ext3', '-M', '/', path));
    const { content } = await contentOfFile(image);
    expect(content.table).toBe('mbr');
    expect(content.partitions.map((one) => [one.number, one.filesystem])).toEqual([
      [1, null],
      [5, 'ext3'],
    ]);
    expect(content.recognisedOs).toBe('Linux');
    // Its record lies far from both ends of the disk and from every partition.
    run('sfdisk', '-q', '--part-type', image, '5', '82');
    expect((await contentOfFile(image)).content.hash).not.toBe(content.hash);
  });

  test('a data disk is no system', async () => {
    newDisk();
    run('sgdisk', '-n1:1M:0', image);
    put(1, 64, (path) => run('mke2fs', '-q', '-t', 'ext2', path));
    expect((await contentOfFile(image)).content).toMatchObject({ recognisedOs: null, blank: false, partitions: [{ filesystem: 'ext2' }] });
  });

  test('Windows is recognised by its folder on the EFI system partition', async () => {
    newDisk();
    run('sgdisk', '-n1:1M:+33M', '-t1:ef00', image);
    put(1, 33, (path) => {
      run('mkfs.vfat', '-F', '32', path);
      run('mmd', '-i', path, '::EFI', '::EFI/Microsoft');
    });
    expect((await contentOfFile(image)).content.recognisedOs).toBe('Windows');
  });

  test('spanning partition types exclude the disk', async () => {
    newDisk();
    run(
      'sgdisk',
      '-n1:1M:+1M',
      '-t1:E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D',
      '-n2:4M:+1M',
      '-t2:AF9B60A0-1431-4F62-BC68-3311714A69AD',
      image,
    );
    const { signatures, table } = await contentOfFile(image);
    expect(contentExclusions(signatures, table)).toEqual(['spanning-pool', 'spanning-volume-group']);
  });

  test('a provenance record is read, judged by key and by disk, and is part of the hash', async () => {
    debian();
    const before = (await contentOfFile(image)).content.hash;
    const key = generateSigningKey();
    const osoid = 'a'.repeat(64);
    const record = (serial: string): Uint8Array =>
      encodeProvenance(
        {
          osoid,
          manifestSha256: 'b'.repeat(64),
          disk: { serial, wwn: null, sizeBytes: 256 * MIB },
          stationName: 'laptop',
          site: 'here',
          atIso: '2026-11-22T14:00:00.000Z',
        },
        key,
      );
    const trusted = trustedKeysOf([key.publicKey]);
    writeAt(image, PROVENANCE_OFFSET_BYTES, record('S1'));
    const found = await contentOfFile(image, trusted);
    expect(found.provenance).toEqual({
      verdict: 'trusted',
      osoid,
      manifestSha256: 'b'.repeat(64),
      stationName: 'laptop',
      keyId: key.keyId,
      writtenAt: '2026-11-22T14:00:00.000Z',
    });
    expect(found.content.hash).not.toBe(before);
    expect((await contentOfFile(image)).provenance).toMatchObject({ verdict: 'unknown-key', osoid });
    writeAt(image, PROVENANCE_OFFSET_BYTES, record('another disk'));
    expect((await contentOfFile(image, trusted)).provenance.verdict).toBe('other-disk');
    writeAt(image, PROVENANCE_OFFSET_BYTES, voidedProvenance());
    expect((await contentOfFile(image, trusted)).provenance).toMatchObject({ verdict: 'voided', osoid: null });
  });
});

const writeAt = (path: string, at: number, bytes: Uint8Array | string): void => {
  const handle = openSync(path, 'r+');
  writeSync(handle, Buffer.from(bytes as string, 'latin1'), 0, bytes.length, at);
  closeSync(handle);
};

describe('without a table', () => {
  test('a filesystem on the whole disk is seen', async () => {
    const { content } = await contentOf(diskOf(64 * MIB, { at: 0, bytes: realHead('xfs') }));
    expect(content).toMatchObject({ table: 'none', signatures: [{ kind: 'xfs', offsetBytes: 0 }], recognisedOs: null, blank: false });
  });
  test.each([0, 511, 512, 4096, 100_000, MIB + 1])('a disk of %i bytes is no error', async (size) => {
    expect((await contentOf(diskOf(size))).content).toMatchObject({ table: 'none', blank: true });
  });
  test('one byte in the last sector makes it not blank, and another disk', async () => {
    const blank = diskOf(8 * MIB);
    const written = diskOf(8 * MIB, { at: 8 * MIB - 1, bytes: 'x' });
    expect((await contentOf(written)).content.blank).toBe(false);
    expect((await contentOf(written)).content.hash).not.toBe((await contentOf(blank)).content.hash);
  });
  test('boot code in front of an active partition counts as a system', async () => {
    const entry = Buffer.from('80000000070000000008000000400000', 'hex');
    const disk = diskOf(64 * MIB, { at: 0, bytes: 'boot code' }, { at: 446, bytes: entry }, { at: 510, bytes: '\x55\xaa' });
    expect((await contentOf(disk)).content.recognisedOs).toBe('Unknown (BIOS boot code)');
    disk.set(Buffer.from('NTFS    '), MIB + 3);
    expect((await contentOf(disk)).content.recognisedOs).toBe('Windows');
    disk.write('GRUB', 0x180);
    expect((await contentOf(disk)).content.recognisedOs).toBe('Linux');
  });
});
