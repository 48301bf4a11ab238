// Runs in a machine (kit-program.ts): an install script, run and given its disk as the agent does, tries to write to the other disk in every
// way that the boot kit's programs have. Prints for each way how the script ended and whether that disk is as it was.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDiskFence } from '../../../../agent/build/disk-fence.ts';
import { systemScripts } from '../../../../agent/build/script-host.ts';
import { blockDevice } from '../../../../agent/disk/target-devices.ts';
import { systemTools } from '../../../../agent/disk/tools.ts';

const [target = '', other = ''] = process.argv.slice(2);

const run = (program: string, args: readonly string[], input = ''): string =>
  execFileSync(program, args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });

const hashOf = async (path: string): Promise<string> => {
  run('blockdev', ['--flushbufs', path]);
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
};

/** A filesystem, a logical volume and room that nobody has, as a disk of somebody's data may hold them. */
const makeOther = (): void => {
  run('blockdev', ['--setrw', other]);
  run('sfdisk', ['-q', '--wipe', 'always', other], 'label: gpt\nsize=8MiB\nsize=8MiB, type=lvm\n');
  run('partprobe', [other]);
  run('mkfs.ext4', ['-q', `${other}1`]);
  const config = ['--config', 'activation{udev_sync=0 udev_rules=0}', '--devices', `${other}2`];
  run('lvm', ['pvcreate', ...config, '-ff', '-y', `${other}2`]);
  run('lvm', ['vgcreate', ...config, 'kept', `${other}2`]);
  run('lvm', ['lvcreate', ...config, '-y', '-Zn', '-Wn', '-L', '4M', '-n', 'data', 'kept']);
  run('lvm', ['vgchange', ...config, '-an', 'kept']);
  run('blockdev', ['--setro', other]);
};

const PUT = 'dd if=/dev/urandom bs=4096 count=4 conv=notrunc,fsync';
const LVM = '--config activation/udev_sync=0';
const WAYS: Readonly<Record<string, string>> = {
  'reads it': 'mkdir m && mount -o ro ${OTHER}1 m && ls m && dd if=$OTHER of=/dev/null bs=4096 count=4',
  'its own disk': `${PUT} of="$RACKSIDE_DISK"`,
  'the disk': `${PUT} of=$OTHER`,
  'a disk set writable': `blockdev --setrw $OTHER; ${PUT} of=$OTHER`,
  'a partition': `${PUT} of=\${OTHER}1`,
  'another node': `mknod node b $(lsblk -dnro MAJ:MIN $OTHER | tr : ' ') && ${PUT} of=node`,
  'wiped labels': 'wipefs -a $OTHER',
  'a new table': "echo 'label: dos' | sfdisk --wipe always --force $OTHER",
  'discarded blocks': 'blkdiscard -f $OTHER',
  'zeroed blocks': 'blkdiscard -f -z $OTHER',
  'a new filesystem': 'mkfs.ext4 -F -q ${OTHER}1',
  'a mounted filesystem': 'mkdir m && mount -o rw ${OTHER}1 m && echo x >m/file && sync',
  'a loop device': `modprobe loop; loop=$(losetup -f); losetup $loop $OTHER; trap 'losetup -d $loop' EXIT; ${PUT} of=$loop`,
  'a mapped device': `dmsetup create --noudevsync way --table "0 64 linear $OTHER 0"; trap 'dmsetup remove --noudevsync way' EXIT; dmsetup mknodes; ${PUT} of=/dev/mapper/way`,
  'a logical volume': `trap 'lvm vgchange ${LVM} -an kept' EXIT; lvm vgchange ${LVM} -ay kept; ${PUT} of=/dev/mapper/kept-data`,
};

const tools = systemTools();
const scripts = systemScripts({ folder: '/tmp', isolate: true, fence: createDiskFence('/run/devices', tools) });

const attempt = async (name: string, way: string): Promise<void> => {
  const before = await hashOf(other);
  const lent = await blockDevice(target, { serial: 'TARGET', wwn: null, sizeBytes: 0 }, tools).lend();
  if (!lent.ok) throw new Error(lent.failure.message);
  const lines: string[] = [];
  const end = await scripts.withFolder(async (folder) => {
    const script = join(folder, 'script');
    await writeFile(script, `set -e\n${way}\n`, { mode: 0o700 });
    return scripts.run({
      script,
      folder,
      disk: lent.value.path,
      variables: { RACKSIDE_DISK: lent.value.path, OTHER: other },
      timeLimitMs: 60_000,
      signal: new AbortController().signal,
      onLine: (line) => lines.push(line),
    });
  });
  await lent.value.release();
  const code = end.kind === 'exited' ? end.code : end.kind;
  const kept = (await hashOf(other)) === before ? 'untouched' : 'CHANGED';
  console.log(`${name}: ${code === 0 ? 'done' : 'failed'}, other disk ${kept}`);
  for (const line of lines) console.log(`  ${line}`);
};

makeOther();
for (const [name, way] of Object.entries(WAYS)) await attempt(name, way);
