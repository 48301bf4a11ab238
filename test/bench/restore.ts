// What a restore costs the machine in processor time, beside `zstd -dc | tee >(sha256sum) | dd oflag=direct` of the same bytes: the
// agent's own write path, which unpacks, verifies every chunk by its hash and writes with direct I/O. Both write to a loop device, and
// read what they unpack from a file; the kernel's own loop thread is in neither's account.
import { join } from 'node:path';
import { startProgram } from '../wire/program.ts';
import { secondsOf, timedShell, writeContent } from './content.ts';
import { costLine, interleave } from './figure.ts';
import type { RunContext, Suite } from './figure.ts';
import { lackOf, nodeCommand } from './host.ts';
import { makeLoopDisk } from './loop-disk.ts';

const LIMIT = 0.9;
const isReady = process.platform === 'linux' && process.getuid?.() === 0;

export const restoreSuite: Suite = {
  figures: ['restore-cpu'],
  whyNot: () =>
    isReady ? lackOf(['zstd', 'bash', 'sha256sum', 'tee', 'dd', 'losetup', 'blockdev', 'cmp']) : 'loop devices need Linux and root',
  run: async (context) => {
    const path = await writeContent(context);
    const frames = join(context.folder, 'frames');
    await need(['zstd', '-3', '-q', '-f', path]);
    await need(nodeCommand(join(import.meta.dirname, 'restore-frames.ts'), [path, frames]));
    const onto = async (what: string, command: (device: string) => readonly string[]): Promise<number> => {
      const disk = makeLoopDisk(join(context.folder, `${what}.raw`), await sizeOf(path));
      try {
        const seconds = await secondsOf(context, command(disk.loop));
        await need(['cmp', path, disk.path]);
        return seconds;
      } finally {
        disk.remove();
      }
    };
    const ours = () => onto('ours', (device) => nodeCommand(join(import.meta.dirname, 'restore-work.ts'), [frames, device]));
    const reference = () => onto('reference', (device) => timedShell(pipeline(context, path, device)));
    const pairs = await interleave(context, 'processor time of a restore', { ours, reference }, (seconds) => `${seconds.toFixed(2)} s`);
    return [costLine('restore-cpu', 'cpu s', pairs, LIMIT)];
  },
};

/** The hash's time counts only where its process is waited for, which bash does not do for `>(…)`: hence a pipe with a name. */
const pipeline = ({ folder }: RunContext, path: string, device: string): string => {
  const hashed = join(folder, 'hashed');
  return (
    `rm -f ${hashed}; mkfifo ${hashed}; sha256sum < ${hashed} > /dev/null & ` +
    `zstd -dc ${path}.zst | tee ${hashed} | dd of=${device} bs=4M iflag=fullblock oflag=direct status=none; wait`
  );
};

const sizeOf = async (path: string): Promise<number> => Number(await need(['stat', '-c', '%s', path]));

const need = async (argv: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await startProgram(argv).ended;
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr || stdout}`);
  return stdout;
};
