import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentEnvironment } from '../../agent/environment.ts';
import { findBootPath } from '../../agent/deploy/local-boot.ts';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import { openReader } from '../../agent/inventory/block/linux.ts';
import { checkLocalBoot, localBootOf } from '../../agent/local-boot.ts';
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import { disk, hash, inventory } from '../journey/fixtures.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { signedLoader, tinyLoader } from '../image/real-disk.ts';
import { writeFat16 } from '../rack/fat16.ts';

const OSOID = hash('a');
const UEFI = { firmware: 'uefi', secureBoot: false } as const;
const FOUND: LocalBoot = { kind: 'uefi', espUuid: 'AAAA-BBBB', loaderPath: '/EFI/debian/shimx64.efi' };
const record = (verdict: Disk['provenance']['verdict'], osoid = OSOID): Disk['provenance'] => ({
  verdict,
  osoid,
  manifestSha256: hash('e'),
  stationName: 'bench',
  keyId: 'k',
  writtenAt: null,
});

/** An environment whose disks read now as `now` says, whatever the inventory said before. */
const environmentWith = (now: (disk: Disk) => Disk) => {
  const booted: string[] = [];
  const environment = {
    describe: async (one: Disk) => now(one),
    localBoot: async (one: Disk) => (booted.push(one.path), FOUND),
  } as unknown as AgentEnvironment;
  return { environment, booted };
};

describe('before a machine starts its own disk', () => {
  test('the disk is read again: what it holds now decides, not what it held', async () => {
    const before = inventory({ disks: [disk({ provenance: record('absent') })] });
    const { environment, booted } = environmentWith((one) => ({ ...one, provenance: record('trusted') }));
    expect(await checkLocalBoot(environment, before, OSOID, new Map())).toEqual({ ok: true, value: FOUND });
    expect(booted).toEqual(['/dev/sda']);
  });

  test.each([
    ['swapped', record('absent')],
    ['of another image', record('trusted', hash('b'))],
    ['with a broken record', record('broken')],
    ['recorded for another disk', record('other-disk')],
    ['recorded by a stranger', record('unknown-key')],
    ['half overwritten', record('voided')],
  ])('a disk that is %s does not pass, though the inventory had it', async (_what, provenance) => {
    const before = inventory({ disks: [disk({ provenance: record('trusted') })] });
    const { environment, booted } = environmentWith((one) => ({ ...one, provenance }));
    expect(await checkLocalBoot(environment, before, OSOID, new Map())).toMatchObject({
      ok: false,
      failure: { code: 'disk.record-missing' },
    });
    expect(booted).toEqual([]);
  });

  test("without an image named, the only ordinary disk is started; among several the firmware's order decides", async () => {
    const stick = disk({ path: '/dev/sdb', serial: 'STICK', exclusions: ['removable'] });
    const { environment, booted } = environmentWith((one) => one);
    const check = (disks: readonly Disk[], kind: 'bios' | 'uefi' = 'uefi') => {
      const firmware = { kind, secureBoot: null, setupMode: null, bootCurrent: null, bootOrder: [] };
      return checkLocalBoot(environment, inventory({ disks: [...disks], firmware }), null, new Map());
    };
    expect(await check([stick, disk()])).toEqual({ ok: true, value: FOUND });
    expect(booted).toEqual(['/dev/sda']);
    expect(await check([disk(), disk({ serial: 'D2' })])).toEqual({ ok: true, value: null });
    expect(await check([stick])).toEqual({ ok: true, value: null });
    expect(await check([], 'bios')).toEqual({ ok: true, value: { kind: 'bios' } });
  });
});

type Files = readonly (readonly [name: string, bytes: Buffer])[];

/** Of a disk with one EFI system partition for each list of files; in small letters. */
const loaderOn = async (volumes: readonly Files[], secureBoot: boolean): Promise<string | undefined> => {
  const sizeBytes = 16 * 1024 * 1024;
  const bytes = Buffer.concat(
    volumes.map((files, index) =>
      writeFat16({
        files: files.map(([name, content]) => ({ path: `EFI/${name}.efi`, bytes: content })),
        sizeBytes,
        label: 'ESP',
        serial: index,
      }),
    ),
  );
  const disk = { sizeBytes: bytes.length, read: async (at: number, into: Uint8Array) => into.set(bytes.subarray(at, at + into.length)) };
  const esps = volumes.map((_files, index) => ({ number: index + 1, type: '0xef', startLba: (index * sizeBytes) / 512 }));
  const table = { kind: 'mbr', logicalSectorBytes: 512, diskSizeBytes: bytes.length, partitions: esps } as unknown as PartitionTable;
  const { localBoot } = await findBootPath(disk, table, { firmware: 'uefi', secureBoot });
  return (localBoot.kind === 'uefi' ? localBoot.loaderPath : null)?.toLowerCase();
};

describe('the loader of a disk', () => {
  test('is found on its EFI system partition; a blank disk has none, and BIOS asks for none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rackside-local-boot-'));
    try {
      const path = join(folder, 'disk.raw');
      const { sizeBytes } = await writeDemoImage(path, { contentBytes: 1024, seed: 7 });
      const reader = await openReader(path, sizeBytes);
      expect(await localBootOf(reader, 512, UEFI)).toEqual({ kind: 'uefi', espUuid: '5241-0007', loaderPath: '/EFI/DEBIAN/SHIMX64.EFI' });
      expect(await localBootOf(reader, 512, { firmware: 'bios', secureBoot: false })).toEqual({ kind: 'bios' });
      await reader.close();
      const file = await open(path, 'w');
      await file.truncate(sizeBytes);
      await file.close();
      const blank = await openReader(path, sizeBytes);
      expect(await localBootOf(blank, 512, UEFI)).toEqual({ kind: 'uefi', espUuid: null, loaderPath: null });
      await blank.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test.each([
    ["Fedora's, with 32-bit loaders beside", ['fedora/grubia32', 'fedora/shimia32', 'fedora/grubx64', 'fedora/shimx64'], 'fedora/shimx64'],
    ["openSUSE's, whose shim says no architecture", ['opensuse/grubx64', 'opensuse/grub', 'opensuse/shim'], 'opensuse/shim'],
    ['for removable media, of both widths', ['boot/bootia32', 'boot/bootx64'], 'BOOT/bootx64'],
    ['32-bit alone, which this machine does not start', ['acme/shimia32', 'boot/bootia32'], null],
  ])('the one that this machine and its firmware start: %s', async (_what, names, expected) => {
    const found = await loaderOn([names.map((name) => [name, Buffer.from('MZ')])], false);
    expect(found).toBe(expected === null ? undefined : `/efi/${expected}.efi`.toLowerCase());
  });

  const [unsigned, vendors] = [tinyLoader(), signedLoader('Acme Root CA')];
  const stock = signedLoader('Microsoft Corporation UEFI CA 2011');
  test.each<[string, readonly Files[], string, string]>([
    [
      "the vendor's, where it is signed as well",
      [
        [
          ['debian/shimx64', stock],
          ['boot/bootx64', stock],
        ],
      ],
      'debian/shimx64',
      'debian/shimx64',
    ],
    [
      'that of removable media, where only it is',
      [
        [
          ['debian/shimx64', unsigned],
          ['boot/bootx64', stock],
        ],
      ],
      'boot/bootx64',
      'debian/shimx64',
    ],
    [
      "not the vendor's by a key of its own",
      [
        [
          ['acme/grubx64', vendors],
          ['boot/bootx64', stock],
        ],
      ],
      'boot/bootx64',
      'acme/grubx64',
    ],
    [
      'of two vendors the signed one',
      [
        [
          ['acme/shimx64', unsigned],
          ['debian/shimx64', stock],
        ],
      ],
      'debian/shimx64',
      'acme/shimx64',
    ],
    ['that of a second system partition', [[['acme/shimx64', unsigned]], [['boot/bootx64', stock]]], 'boot/bootx64', 'acme/shimx64'],
    [
      'the first, where its owner may have put in a key',
      [
        [
          ['acme/shimx64', vendors],
          ['boot/bootx64', unsigned],
        ],
      ],
      'acme/shimx64',
      'acme/shimx64',
    ],
  ])('with Secure Boot on: %s', async (_what, volumes, withSecureBoot, without) => {
    expect(await loaderOn(volumes, true)).toBe(`/efi/${withSecureBoot}.efi`);
    expect(await loaderOn(volumes, false)).toBe(`/efi/${without}.efi`);
  });
});
