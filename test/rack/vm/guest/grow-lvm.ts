// Runs in a machine (kit-program.ts): makes volume groups by lvm2's own tools, lets the agent's code grow the one on its first disk, and
// prints what lvm2 and the filesystem checkers say then. Its second disk holds a group of the same names, which must stay as it is.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { growFilesystem } from '../../../../agent/deploy/grow/grow.ts';
import { blockDevice } from '../../../../agent/disk/target-devices.ts';
import { systemTools } from '../../../../agent/disk/tools.ts';
import { growPartition } from '../../../../agent/image/grow-table.ts';
import { readPartitionTable } from '../../../../agent/image/read-table.ts';
import { tablePatches } from '../../../../agent/image/resize-table.ts';
import type { PartitionTable } from '../../../../agent/image/partition-table.ts';

const [target = '', other = ''] = process.argv.slice(2);

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const CONFIG = 'activation{udev_sync=0 udev_rules=0} backup{backup=0 archive=0}';
const lvm = (device: string, command: string, ...args: readonly string[]): string =>
  run('lvm', command, '--config', CONFIG, '--devices', device, ...args);
const say = (name: string, value: unknown): void => console.log(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);

const hashOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
};

/** A GPT with one LVM partition of `sizeMib`; in it `vg0` with `root` and, unless `alone`, a swap. */
const make = (disk: string, sizeMib: number, root: { readonly sizeMib: number; readonly make: readonly string[] }): void => {
  run('blockdev', '--setrw', disk);
  execFileSync('sfdisk', ['-q', '--wipe', 'always', disk], {
    input: `label: gpt\nstart=2048, size=${sizeMib * 2048}, type=E6D6D379-F507-44C2-A23C-238F2A3DF928\n`,
  });
  run('partprobe', disk);
  const partition = `${disk}1`;
  lvm(partition, 'pvcreate', '-ff', '-y', partition);
  lvm(partition, 'vgcreate', 'vg0', partition);
  lvm(partition, 'lvcreate', '-y', '-Zn', '-Wn', '-L', `${root.sizeMib}M`, '-n', 'root', 'vg0');
  lvm(partition, 'lvcreate', '-y', '-Zn', '-Wn', '-L', '16M', '-n', 'swap-1', 'vg0');
  run('mkswap', '-q', '/dev/mapper/vg0-swap--1');
  const [program = '', ...args] = root.make;
  run(program, ...args, '/dev/mapper/vg0-root');
  lvm(partition, 'vgchange', '-an', 'vg0');
  run('blockdev', '--flushbufs', disk);
};

const grow = async (disk: string, volume: string | null): Promise<void> => {
  const sizeBytes = Number(run('blockdev', '--getsize64', disk));
  const file = await open(disk, 'r+');
  const read = async (offset: number, length: number): Promise<Buffer> => (await file.read(Buffer.alloc(length), 0, length, offset)).buffer;
  const found = await readPartitionTable(read, { sizeBytes, logicalSectorBytes: 512 });
  if (!found.ok) throw new Error(found.failure.message);
  const table: PartitionTable = growPartition(found.value, 1)?.table ?? found.value;
  for (const { offsetBytes, bytes } of await tablePatches(read, table)) await file.write(bytes, 0, bytes.length, offsetBytes);
  await file.sync();
  await file.close();
  const tools = systemTools();
  const device = blockDevice(disk, { serial: 'DISK0', wwn: null, sizeBytes }, tools);
  say('grown', await growFilesystem(device, table, { number: 1, volume }, tools));
};

const report = (disk: string, check: readonly string[]): void => {
  const partition = `${disk}1`;
  run('blockdev', '--setrw', disk);
  run('blockdev', '--setrw', partition);
  say('mapped', run('dmsetup', 'ls').trim());
  say('sizes', lvm(partition, 'lvs', '--noheadings', '--units', 'm', '--nosuffix', '-o', 'lv_name,lv_size,vg_free').trim().split(/\s+/));
  lvm(partition, 'lvchange', '-ay', 'vg0/root');
  const [program = '', ...args] = check;
  say('check', run(program, ...args, '/dev/mapper/vg0-root').includes('') ? 'clean' : '');
  say('fills', run('blockdev', '--getsize64', '/dev/mapper/vg0-root').trim());
  say(
    'filesystem',
    program === 'e2fsck'
      ? run('dumpe2fs', '-h', '/dev/mapper/vg0-root')
      : run('xfs_db', '-r', '-c', 'sb 0', '-c', 'p dblocks', '/dev/mapper/vg0-root'),
  );
  lvm(partition, 'vgchange', '-an', 'vg0');
};

make(other, 120, { sizeMib: 64, make: ['mkfs.ext4', '-q', '-b', '4096'] });
const before = await hashOf(other);
run('blockdev', '--setro', other);

make(target, 120, { sizeMib: 64, make: ['mkfs.ext4', '-q', '-b', '4096'] });
console.log('CASE ext4');
await grow(target, null);
report(target, ['e2fsck', '-fn']);

make(target, 400, { sizeMib: 320, make: ['mkfs.xfs', '-q', '-f'] });
console.log('CASE xfs');
await grow(target, 'vg0/root');
report(target, ['xfs_repair', '-n']);

console.log('CASE unknown volume');
await grow(target, 'vg0/home');
say('mapped', run('dmsetup', 'ls').trim());
run('blockdev', '--flushbufs', other);
say('other disk', (await hashOf(other)) === before ? 'untouched' : 'CHANGED');
