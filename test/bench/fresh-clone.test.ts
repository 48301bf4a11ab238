// A fresh clone has no built window: the bench's station must make it, or `npm run bench` fails on the first machine that tries it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { hasProgram } from '../../scripts/host.ts';
import { startProgram } from '../wire/program.ts';
import type { Program } from '../wire/program.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const MIB = 1024 * 1024;

let folder: string | null = null;
let station: Program | null = null;
afterEach(async () => {
  await station?.stop();
  if (folder !== null) rmSync(folder, { recursive: true });
});

/** The files that git would give, and the packages of this checkout. */
const cloneWithoutBuilds = (into: string): void => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: CHECKOUT, encoding: 'utf8' });
  for (const path of listed.split('\0').filter((name) => name !== '')) {
    cpSync(join(CHECKOUT, path), join(into, path), { recursive: true, force: true });
  }
  symlinkSync(join(CHECKOUT, 'node_modules'), join(into, 'node_modules'));
};

test.skipIf(!hasProgram('zstd') || !hasProgram('git'))('the station of the deploy figure starts in a fresh clone', async () => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-clone-'));
  cloneWithoutBuilds(folder);
  station = startProgram([process.execPath, join(folder, 'test/bench/deploy-station.ts'), join(folder, 'bench'), `${MIB}`]);
  expect(await station.line(/^\{"ready"/, 55_000)).toContain('"wire"');
});
