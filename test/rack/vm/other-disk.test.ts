// What an install script can do to the disks that were not agreed to, under the kit's own kernel: read them.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgramInKit } from './kit-program.ts';

const MIB = 1024 * 1024;

test('an install script that writes to another disk fails, and that disk stays as it was, in whatever way it tries', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-other-disk-'));
  try {
    const disks = ['target', 'other'].map((name) => {
      const path = join(folder, name);
      writeFileSync(path, '');
      truncateSync(path, 20 * MIB);
      return path;
    });
    const output = await runProgramInKit(join(import.meta.dirname, 'guest/other-disk.ts'), disks);
    const [reading, own, ...ways] = output.split('\n').filter((line) => / other disk /.test(line));
    expect(reading).toBe('reads it: done, other disk untouched');
    expect(own).toBe('its own disk: done, other disk untouched');
    expect(ways.length).toBe(13);
    expect(ways.filter((line) => !line.endsWith(': failed, other disk untouched'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
