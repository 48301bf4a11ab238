// Runs a program of ours in the boot kit's own Linux (kit-shell.ts), as the agent runs there: by the kit's Node, with its disks read-only
// until the program says otherwise.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { runInKit } from './kit-shell.ts';

const SCRIPT = `
export PATH=/opt/rackside:$PATH HOME=/root
modprobe -a -q dm_mod ext4 xfs || true
disks=$(ls /dev/vd[d-z])
for disk in $disks; do blockdev --setro $disk; done
node program.mjs $disks
`;

/** The program's arguments are the disks as that Linux names them; resolves with what it printed, throws with it where it failed. */
export const runProgramInKit = async (program: string, disks: readonly string[]): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-kit-program-'));
  try {
    await build({
      entryPoints: [program],
      outfile: join(folder, 'program.mjs'),
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      logLevel: 'silent',
    });
    const tar = join(folder, 'program.tar');
    execFileSync('tar', ['-cf', tar, '-C', folder, 'program.mjs']);
    return await runInKit({ text: SCRIPT, tar, disks: disks.map((path) => ({ path, readOnly: false })) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
