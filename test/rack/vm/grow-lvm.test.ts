// LVM grows by the agent's own code under the kit's own kernel, beside a disk with a volume group of the same names.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgramInKit } from './kit-program.ts';

const MIB = 1024 * 1024;

test('a logical volume, its physical volume and its filesystem grow; a group of the same name elsewhere stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-grow-lvm-'));
  try {
    const disks = [700, 150].map((sizeMib, index) => {
      const path = join(folder, `disk${index}`);
      writeFileSync(path, '');
      truncateSync(path, sizeMib * MIB);
      return path;
    });
    const output = await runProgramInKit(join(import.meta.dirname, 'guest/grow-lvm.ts'), disks);
    const [, ext = '', xfs = '', unknown = ''] = output.split(/^CASE .*$/m);
    for (const [text, most] of [
      [ext, 660],
      [xfs, 660],
    ] as const) {
      expect(text).toContain('volume vg0/root and its filesystem fill it');
      expect(text).toContain('mapped: No devices found');
      expect(text).toContain('check: clean');
      const [, root = '0', free = '-1'] = JSON.parse(/^sizes: (.*)$/m.exec(text)?.[1] ?? '[]') as readonly string[];
      expect(Number(root)).toBeGreaterThan(most);
      expect(Number(free)).toBe(0);
    }
    const fills = Number(/^fills: (\d+)$/m.exec(ext)?.[1]);
    expect(Number(/^Block count: +(\d+)$/m.exec(ext)?.[1]) * 4096).toBe(fills);
    expect(Number(/dblocks = (\d+)/.exec(xfs)?.[1]) * 4096).toBe(Number(/^fills: (\d+)$/m.exec(xfs)?.[1]));
    expect(unknown).toContain('vg0/home is not among its volumes that grow (vg0/root, vg0/swap-1)');
    expect(unknown).toContain('mapped: No devices found');
    expect(output).toContain('other disk: untouched');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
