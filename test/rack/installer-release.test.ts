// The lab's own question to a mirror, before it spends an hour on an installer: can it be installed from?
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { neededComponents, usableRelease } from './vm/installer-release.ts';

const component = (name: string, more: string): string => `Package: ${name}\n${more}\nFilename: pool/${name}.udeb\n`;
const INDEX = [
  component('partman', 'Priority: standard\nDepends: ext4-modules, libparted (>= 3.6), parted | fdisk'),
  component('libparted', 'Priority: optional\nDepends: libc6-udeb'),
  component('libc6-udeb', 'Priority: optional\nProvides: libc-udeb, libc6'),
  component('speech', 'Priority: optional'),
  component('ext4-6.12.9', 'Priority: standard\nProvides: ext3-modules, ext4-modules\nKernel-Version: 6.12.9'),
  component('ext4-6.12.10', 'Priority: standard\nProvides: ext3-modules, ext4-modules\nKernel-Version: 6.12.10'),
].join('\n');
const OLD = component('old', 'Priority: important');
const LIBC = 'pool/libc6-udeb.udeb';
const NEEDED = ['partman', 'ext4-6.12.10', 'libparted', 'libc6-udeb'].map((name) => `pool/${name}.udeb`);

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Suites = Readonly<Record<string, { readonly index: string; readonly fits?: false }>>;
/** Serves indexes and pool; `lacks` are paths that an index names and the pool does not have. */
const mirror = async (suites: Suites, lacks: readonly string[] = []): Promise<string> => {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    const [, suite = '', name = ''] = /^dists\/(\w+)\/(.*)$/.exec(path) ?? [];
    const one = suites[suite];
    if (path.startsWith('pool/')) return response.writeHead(lacks.includes(path) ? 404 : 200).end();
    if (one === undefined) return response.writeHead(404).end();
    const bytes = execFileSync('xz', ['-c'], { input: one.index });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return response.end(name === 'InRelease' ? `SHA256:\n ${one.fits === false ? 'another' : sha256} 1 Packages.xz\n` : bytes);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('needed are the standard components, what they depend on, and the modules of the newest kernel', () => {
  expect(neededComponents(INDEX).toSorted()).toEqual(NEEDED.toSorted());
});

test.each([
  ['the newest that is whole', { trixie: { index: INDEX }, bookworm: { index: INDEX } }, [], 13],
  [
    'an older one, where the index of the newer is that of another day',
    { trixie: { index: INDEX, fits: false }, bookworm: { index: OLD } },
    [],
    12,
  ],
  ['an older one, where a component that others need is lacking', { trixie: { index: INDEX }, bookworm: { index: OLD } }, [LIBC], 12],
  ['the newest, whatever it does not need is lacking', { trixie: { index: INDEX } }, ['pool/speech.udeb', 'pool/ext4-6.12.9.udeb'], 13],
] as const)('a mirror serves %s', async (_, suites, lacks, number) => {
  expect((await usableRelease(await mirror(suites, lacks))).number).toBe(number);
});

test('a mirror without a whole installer is refused before anything is started', async () => {
  await expect(usableRelease(await mirror({ trixie: { index: INDEX } }, [LIBC]))).rejects.toThrow('no installer that could work');
  await expect(usableRelease(await mirror({}))).rejects.toThrow('no installer that could work');
});
