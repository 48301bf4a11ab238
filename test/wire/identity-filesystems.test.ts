// A capture that neutralises, on filesystems of the kernel's own drivers: the source stays as it is to the bit, the image holds a sound
// filesystem without what was taken out, and one that only looks has the OSOID that it has without looking.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemTools } from '../../agent/disk/tools.ts';
import { parseManifest } from '../../agent/image/manifest.ts';
import { IDENTITY_KINDS } from '../../agent/protocol/identity.ts';
import { MIB, codeOf, createRig, jobFor, valueOf } from '../capture/rig.ts';
import type { Rig } from '../capture/rig.ts';
import { openCopyOverlay } from '../identity/copy-overlay.ts';
import { lacksTools } from '../image/real-disk.ts';

const cannot = process.getuid?.() !== 0 || lacksTools('losetup', 'mkfs.xfs', 'mkfs.btrfs', 'sfdisk');
const SECRET = 'a host key that nobody else may have';
const FILES: Readonly<Record<string, string>> = {
  'etc/os-release': 'ID=debian\n',
  'usr/lib/systemd/systemd': 'ELF',
  'usr/bin/ssh-keygen': 'ELF',
  'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  'etc/hostname': 'web-17\n',
  'etc/hosts': '127.0.0.1 localhost\n127.0.1.1 web-17\n',
  'etc/ssh/ssh_host_rsa_key': `${SECRET}\n`.repeat(2000),
  'var/lib/dhcp/dhclient.eno1.leases': 'lease { }\n',
  'var/lib/cloud/instances/i-42/obj.pkl': 'x',
  'srv/data': 'stays\n',
};
const PLACE = { offset: MIB, sizeMib: 320 };

type Sample = { readonly name: string; readonly make: readonly string[]; readonly check: readonly string[]; readonly root: string };
const SAMPLES: readonly Sample[] = [
  { name: 'ext4', make: ['mke2fs', '-q', '-F', '-t', 'ext4'], check: ['e2fsck', '-fn'], root: '' },
  { name: 'xfs', make: ['mkfs.xfs', '-q', '-f'], check: ['xfs_repair', '-n'], root: '' },
  { name: 'btrfs', make: ['mkfs.btrfs', '-q', '-f'], check: ['btrfs', 'check'], root: '@' },
];

const tools = systemTools();
const must = async (program: string, args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await tools.run(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
};
const onLoop = async <T>(disk: string, work: (node: string) => Promise<T>): Promise<T> => {
  const place = ['--offset', `${PLACE.offset}`, '--sizelimit', `${PLACE.sizeMib * MIB}`];
  const node = (await must('losetup', ['--find', '--show', ...place, disk])).trim();
  await must('blockdev', ['--setrw', node]);
  try {
    return await work(node);
  } finally {
    await must('losetup', ['--detach', node]);
  }
};
const mounted = (disk: string, type: string, work: (folder: string) => Promise<void>): Promise<void> =>
  onLoop(disk, async (node) => {
    const folder = `${disk}.look`;
    await mkdir(folder, { recursive: true });
    await must('mount', ['-t', type, node, folder]);
    try {
      await work(folder);
    } finally {
      await must('umount', [folder]);
      await rm(folder, { recursive: true });
    }
  });

const makeDisk = async (folder: string, { name, make, root }: Sample): Promise<string> => {
  const disk = join(folder, `${name}.raw`);
  await writeFile(disk, '');
  await truncate(disk, (PLACE.sizeMib + 2) * MIB);
  await must('sh', ['-c', `echo 'label: gpt\nstart=2048,size=${PLACE.sizeMib * 2048}' | sfdisk -q ${disk}`]);
  await onLoop(disk, (node) => must(make[0] ?? '', [...make.slice(1), node]));
  await mounted(disk, name, async (top) => {
    if (root !== '') await must('btrfs', ['subvolume', 'create', join(top, root)]);
    for (const [path, text] of Object.entries(FILES)) {
      await mkdir(dirname(join(top, root, path)), { recursive: true });
      await writeFile(join(top, root, path), text);
    }
    // Written before, so that the file below has blocks of its own.
    await must('sync', ['-f', top]);
  });
  return disk;
};
const hashOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
};

describe.skipIf(cannot)('a capture with what makes a system one of its kind', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await createRig();
  });
  afterEach(() => rig.close());
  const order = (sizeBytes: number) => ({ kind: 'capture' as const, jobId: 'job-1', disk: jobFor(sizeBytes).disk, imageName: 'golden' });

  test.each(SAMPLES)('$name', async (sample) => {
    const disk = await makeDisk(rig.folder, sample);
    const sizeBytes = (PLACE.sizeMib + 2) * MIB;
    const before = await hashOf(disk);
    const openOverlay = () => openCopyOverlay(disk, sizeBytes);

    const plain = valueOf((await rig.run(disk)).result);
    const looked = valueOf((await rig.run(disk, { openOverlay })).result);
    expect(looked).toMatchObject({ osoid: plain.osoid, alreadyPresent: true, chunksSent: 0 });
    expect(looked.identity?.findings.map(({ path, outcome }) => `${outcome} ${path}`)).toContain(
      `found ${sample.root === '' ? '' : '/@'}/etc/machine-id`,
    );

    const run = await rig.run(disk, { openOverlay, order: { ...order(sizeBytes), neutralise: [...IDENTITY_KINDS] } });
    const neutral = valueOf(run.result);
    expect(run.steps).toEqual(['check', 'survey', 'identity', 'read-send', 'publish']);
    expect(await hashOf(disk)).toBe(before);
    expect(readdirSync(rig.folder).filter((name) => /overlay|mount/.test(name))).toEqual([]);
    expect(neutral.osoid).not.toBe(plain.osoid);
    const { manifest } = valueOf(parseManifest(valueOf(await rig.library.manifest(neutral.osoid)).manifestBytes));
    expect(manifest.identity).toEqual(neutral.identity);
    expect(manifest.identity?.problems).toEqual([]);

    const restored = await rig.restored(neutral.osoid);
    expect(restored.includes(SECRET)).toBe(false);
    const copy = join(rig.folder, 'copy.raw');
    await writeFile(copy, restored);
    await onLoop(copy, (node) => must(sample.check[0] ?? '', [...sample.check.slice(1), node]));
    await mounted(copy, sample.name, async (top) => {
      const at = (path: string): string => join(top, sample.root, path);
      expect(await readFile(at('etc/machine-id'), 'utf8')).toBe('');
      expect(await readFile(at('etc/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n');
      expect(await readFile(at('srv/data'), 'utf8')).toBe('stays\n');
      for (const gone of ['etc/hostname', 'etc/ssh/ssh_host_rsa_key', 'var/lib/cloud/instances'])
        expect({ gone, isThere: existsSync(at(gone)) }).toEqual({ gone, isThere: false });
      expect(await readFile(at('etc/systemd/system/rackside-ssh-host-keys.service'), 'utf8')).toContain('ssh-keygen -A');
    });
  });

  test('one whose filesystem cannot be mounted ends with its name when something is to go, and says so when not', async () => {
    const disk = await makeDisk(rig.folder, SAMPLES[0] as Sample);
    const openOverlay = async () => {
      const overlay = valueOf(await openCopyOverlay(disk, (PLACE.sizeMib + 2) * MIB));
      const failure = { code: 'identity.mount-failed', message: 'unknown filesystem', next: 'See.' };
      return { ok: true as const, value: { ...overlay, withTree: () => Promise.resolve({ ok: false as const, failure }) } };
    };
    const ordered = { ...order((PLACE.sizeMib + 2) * MIB), neutralise: ['machine-id' as const] };
    expect(codeOf((await rig.run(disk, { openOverlay, order: ordered })).result)).toBe('identity.mount-failed');
    expect(codeOf((await rig.run(disk, { order: ordered })).result)).toBe('identity.unavailable');
    const looked = valueOf((await rig.run(disk, { openOverlay })).result);
    expect(looked.identity?.problems).toMatchObject([{ volume: 'partition 1 (ext)', code: 'identity.mount-failed' }]);
  });
});
