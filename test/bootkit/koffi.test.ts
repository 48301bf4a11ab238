import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { koffiEntries } from '../../scripts/bootkit/bundle.ts';
import { layOut } from '../../scripts/bootkit/stage2.ts';

it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('koffi works from the few files that travel to the target', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-koffi-'));
  try {
    const entries = await koffiEntries(join(import.meta.dirname, '../..'));
    expect(entries.map(({ path }) => path)).toContain('opt/rackside/node_modules/koffi/index.cjs');
    await layOut(entries, join(folder, 'root'), 0);
    const script = `const koffi = require('koffi'); console.log(koffi.load(null).func('int getpid()')())`;
    const printed = execFileSync(process.execPath, ['-e', script], { cwd: join(folder, 'root/opt/rackside'), encoding: 'utf8' });
    expect(Number(printed)).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
