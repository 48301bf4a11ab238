// A whole life of a library on the filesystems of carried disks: exFAT, whose renames are not atomic and whose folders cannot be synced,
// FAT32 and NTFS. All through FUSE, as root; a filesystem whose driver is not here is skipped by name. FAT32's driver is fusefat, which is
// not the kernel's: what it shows is that names, renames and sizes fit, not what Linux's or Windows' own driver does at a power cut.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noise } from '../image/real-disk.ts';
import { codeOf, filesOf, smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

type Carried = {
  readonly name: string;
  readonly tools: readonly string[];
  readonly format: (image: string) => void;
  /** False: its driver takes the file itself. */
  readonly loop: boolean;
  /** Its driver takes capitals and small letters for the same, as Windows does with all of them. */
  readonly foldsCase: boolean;
  readonly mount: (device: string, folder: string) => void;
  /** Another program's judgement of what is left. */
  readonly judge: (image: string) => void;
};

const run = (program: string, ...words: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(program, [...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};

const FILESYSTEMS: readonly Carried[] = [
  {
    name: 'exFAT',
    tools: ['/usr/sbin/mkfs.exfat', '/usr/sbin/fsck.exfat', '/usr/sbin/mount.exfat-fuse', '/usr/sbin/losetup', '/dev/loop-control'],
    format: (image) => void run('/usr/sbin/mkfs.exfat', image),
    loop: true,
    foldsCase: true,
    mount: (device, folder) => void run('/usr/sbin/mount.exfat-fuse', device, folder),
    judge: (image) => void run('/usr/sbin/fsck.exfat', '-n', image),
  },
  {
    name: 'FAT32',
    tools: ['/usr/sbin/mkfs.vfat', '/usr/sbin/fsck.vfat', '/usr/bin/fusefat', '/usr/bin/fuser'],
    format: (image) => void run('/usr/sbin/mkfs.vfat', '-F', '32', image),
    loop: false,
    foldsCase: false,
    mount: (device, folder) => void run('/usr/bin/fusefat', '-o', 'rw+', device, folder),
    judge: (image) => {
      // An unmount returns before the driver has written its last, and gone.
      while (spawnSync('/usr/bin/fuser', ['-s', image]).status === 0);
      run('/usr/sbin/fsck.vfat', '-n', image);
    },
  },
  {
    name: 'NTFS',
    tools: ['/usr/sbin/mkfs.ntfs', '/usr/bin/ntfsfix', '/usr/bin/ntfs-3g'],
    format: (image) => void run('/usr/sbin/mkfs.ntfs', '-F', '-f', image),
    loop: false,
    foldsCase: false,
    mount: (device, folder) => void run('/usr/bin/ntfs-3g', device, folder),
    judge: (image) => void run('/usr/bin/ntfsfix', '-n', image),
  },
];

const lackingFor = (tools: readonly string[]): string | undefined =>
  process.getuid?.() === 0 ? [...tools, '/dev/fuse'].find((path) => !existsSync(path)) : 'root';

describe.each(FILESYSTEMS)('on $name', (carried) => {
  describe.skipIf(lackingFor(carried.tools) !== undefined)('a library', () => {
    let folder: string;
    let image: string;
    let mount: string;
    let small: SmallLibraries;
    let device = '';
    let isMounted = false;
    const plug = (): void => {
      carried.mount(device, mount);
      isMounted = true;
    };
    const pull = (): void => {
      run('umount', mount);
      isMounted = false;
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'rackside-carried-'));
      image = join(folder, 'stick.img');
      writeFileSync(image, '');
      truncateSync(image, 64 * 1024 * 1024);
      carried.format(image);
      mount = join(folder, 'stick');
      await mkdir(mount);
      device = carried.loop ? run('/usr/sbin/losetup', '--find', '--show', image).trim() : image;
      plug();
      small = smallLibraries(mount, folder);
    });
    afterAll(async () => {
      await small.closeAll();
      await small.stop();
      if (isMounted) pull();
      if (carried.loop && device !== '') run('/usr/sbin/losetup', '--detach', device);
      rmSync(folder, { recursive: true });
    });

    test('is filled, described, merged, exported, cleaned and healed', async () => {
      const parts = { payloadPartBytes: 300_000 };
      const library = await small.open('one', parts);
      const web = await small.add(library, 'web', ['a', 'b', 'c']);
      const db = await small.add(library, 'db', ['c', 'd']);
      valueOf(await library.describe(web, { name: 'front' }, 'Ada'));
      const file = join(folder, 'payload');
      await writeFile(file, noise('payload', 1_000_000));
      const kept = valueOf(await library.keepPayload(file, new AbortController().signal));
      const said = { station: 'laptop', by: 'Ada', at: '2026-11-29T12:00:00.000Z' };
      const recipe = (version: number) => ({ id: 'web', version, payloads: [{ name: 'root.tar', ...kept }] });
      valueOf(await library.publishDocument({ kind: 'recipe', name: 'web', body: recipe(1), ...said }, 1));
      valueOf(await library.publishDocument({ kind: 'recipe', name: 'web', body: recipe(2), ...said }, 1));
      const other = await small.open('two', parts);
      await small.add(other, 'third', ['a', 'e']);
      expect(valueOf(await other.merge(small.path('one')))).toMatchObject({
        skipped: [],
        added: [{}, {}],
        documents: { added: [{}], payloads: 1, skipped: [] },
      });
      valueOf(await other.exportTo(small.path('db.tar'), { osoids: [db], documents: 'all' }));
      valueOf(await library.deleteImage(web));
      valueOf(await library.restoreImage(web));
      valueOf(await library.deleteImage(web));
      expect(valueOf(await library.collect({ emptyTrash: true })).freedBytes).toBeGreaterThan(0);
      expect(valueOf(await library.show(db)).missingChunks).toBe(0);
      expect(valueOf(await library.merge(small.path('db.tar')))).toMatchObject({
        added: [],
        chunks: 0,
        documents: { added: [], payloads: 0 },
      });
      const [part = ''] = (await filesOf(small.path('one'))).filter((name) => name.endsWith('.0002'));
      await rm(small.path(`one/${part}`));
      await writeFile(small.path(`one/${part}`), 'spoilt');
      expect(valueOf(await library.repair(small.path('two')))).toMatchObject({ healedFiles: 1, left: { problems: [] } });
      await library.close();

      pull();
      expect(codeOf(await other.merge(small.path('one')))).toBe('library.missing');
      carried.judge(device);
      plug();
      const again = await small.open('two');
      expect(
        valueOf(await again.list())
          .images.map(({ name }) => name)
          .toSorted(),
      ).toEqual(['db', 'front', 'third']);
      expect(valueOf(await again.payloadSize(kept.sha256))).toBe(1_000_000);
      expect(valueOf(await again.verify())).toMatchObject({ problems: [], images: 3, documents: 1, payloads: 1 });
      await again.close();
    });

    if (!carried.foldsCase) return;
    test('whose names came back in capitals is read, written and cleaned as ever', async () => {
      const inCapitals = async (path: string): Promise<void> =>
        rename(small.path(`two/${path}`), small.path(`two/${join(dirname(path), basename(path).toUpperCase())}`));
      const names = (await filesOf(small.path('two'))).filter((name) => /^(images|packs|payloads|documents)\//.test(name));
      for (const name of names) await inCapitals(name);
      const folders = new Set(names.map((name) => dirname(name)));
      for (const folder of folders) if (/^(images|packs)\/[^/]+$/.test(folder)) await inCapitals(folder);
      const library = await small.open('two');
      expect(valueOf(await library.verify())).toMatchObject({ problems: [], images: 3, documents: 1, payloads: 1 });
      await small.add(library, 'fourth', ['a', 'f']);
      expect(valueOf(await library.collect({ emptyTrash: true })).removedPacks).toBe(0);
      expect(valueOf(await library.verify())).toMatchObject({ problems: [], images: 4 });
      await library.close();
    });
  });
});
