import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { parseShown } from '../../scripts/bootkit/apt.ts';
import type { PackageList } from '../../scripts/bootkit/fetch.ts';
import { lockChanges, readLock, writeLock } from '../../scripts/bootkit/lock.ts';
import type { Lock, LockedPackage } from '../../scripts/bootkit/lock.ts';

const one = (name: string, version: string): LockedPackage => ({
  name,
  version,
  architecture: 'amd64',
  path: `pool/main/${name}.deb`,
  sizeBytes: 1,
  sha256: `${name}${version}`,
});

test('a lock survives the disk, one package a line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-lock-'));
  try {
    const file = join(folder, 'lock.json');
    expect(await readLock(file)).toBeUndefined();
    const lock: Lock = {
      format: 1,
      suite: 'trixie',
      security: true,
      components: ['main'],
      architecture: 'amd64',
      requested: ['a'],
      packages: [one('a', '1:2-3+b1'), one('b', '1')],
    };
    await writeLock(file, lock);
    expect(await readLock(file)).toEqual(lock);
    expect((await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('"sha256"'))).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('changes name what moved, came and went', () => {
  expect(lockChanges([one('a', '1'), one('b', '1'), one('c', '1')], [one('a', '1'), one('b', '2'), one('d', '1')])).toEqual([
    '  b 1 -> 2',
    '+ d 1',
    '- c 1',
  ]);
});

test('the committed lock holds what packages.json asks for', async () => {
  const folder = join(import.meta.dirname, '../../scripts/bootkit');
  const list = JSON.parse(await readFile(join(folder, 'packages.json'), 'utf8')) as PackageList;
  const lock = await readLock(join(folder, 'lock.json'));
  const names = new Set(lock?.packages.map((entry) => entry.name));
  expect(
    Object.values(list.groups)
      .flat()
      .filter((name) => !names.has(name)),
  ).toEqual([]);
  for (const entry of lock?.packages ?? []) expect(entry.sha256).toMatch(/^[0-9a-f]{64}$/);
  // A host name has no place in the source: the mirror is the building computer's.
  for (const entry of lock?.packages ?? []) expect(entry.path).toMatch(/^pool\//);
});

test("apt-cache's stanzas", () => {
  const text = `Package: linux-image
Source: linux (1)
Version: 6.12-1
Architecture: amd64
Filename: pool/main/l/linux.deb
Size: 42
MD5sum: 00
SHA256: abc

Package: virtual
`;
  expect(parseShown(text)).toEqual([
    { name: 'linux-image', version: '6.12-1', architecture: 'amd64', path: 'pool/main/l/linux.deb', sizeBytes: 42, sha256: 'abc' },
  ]);
});
