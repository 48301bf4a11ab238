// A capture that takes identity out of its image and is cut: by its station, or with its machine's power, when the overlay is lost and made
// anew. The image is the one that an uncut capture makes, and the disk is as it was.
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CaptureOptions } from '../../agent/capture/types.ts';
import type { IdentityKind } from '../../agent/protocol/identity.ts';
import { debugfs, filesRequests, openDebugfsOverlay } from '../identity/debugfs-overlay.ts';
import { EXT_PLACE, lacksTools, makeGptDisk, noise, writeAt } from '../image/real-disk.ts';
import { MIB, codeOf, createRig, cutting, jobFor, valueOf } from './rig.ts';
import type { Rig } from './rig.ts';

const SECRET = 'a host key that nobody else may have';
const FILES = {
  '/etc/os-release': 'ID=debian\n',
  '/usr/lib/systemd/systemd': 'ELF',
  '/etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  '/etc/hostname': 'web-17\n',
  '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 web-17\n',
  '/etc/ssh/ssh_host_rsa_key': `${SECRET}\n`.repeat(500),
  '/usr/lib/systemd/system/sshd-keygen@.service': '[Service]\nExecStart=/usr/libexec/openssh/sshd-keygen %i\n',
  '/var/lib/dhcp/dhclient.eno1.leases': 'lease { }\n',
  '/srv/data': 'stays\n',
};
const KINDS: readonly IdentityKind[] = ['machine-id', 'ssh-host-keys', 'hostname', 'dhcp'];
const MONDAY = 1_795_996_800;
const cannot = lacksTools('debugfs', 'e2fsck');
const job = jobFor(32 * MIB);
const order = { kind: 'capture' as const, jobId: job.id, disk: job.disk, imageName: job.imageName, neutralise: [...KINDS] };

let folder: string;
let disk: string;
let original: Buffer;
let rig: Rig;
let overlays = 0;
let whole = { osoid: '', sentBytes: 0 };

const run = (options: Partial<CaptureOptions> = {}, epochSeconds = MONDAY) =>
  rig.run(disk, {
    order,
    openOverlay: () => {
      overlays += 1;
      return openDebugfsOverlay(disk, 32 * MIB, epochSeconds);
    },
    ...options,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-neutralise-'));
  if (cannot) return;
  disk = await makeGptDisk(folder);
  debugfs(disk, filesRequests(FILES, folder), MONDAY - 1000);
  // The ESP is kept to the last byte: 3.5 MiB that do not compress.
  await writeAt(disk, 1.25 * MIB, noise('the bulk', 3.5 * MIB));
  original = await readFile(disk);
  rig = await createRig();
  const uncut = await run();
  const { osoid, identity } = valueOf(uncut.result);
  expect(identity?.findings.map(({ kind, outcome }) => `${outcome} ${kind}`).toSorted()).toEqual([
    'removed dhcp',
    'removed hostname',
    'removed ssh-host-keys',
    'reset hostname',
    'reset machine-id',
  ]);
  const copy = join(folder, 'copy.raw');
  writeFileSync(copy, await rig.restored(osoid));
  execFileSync('e2fsck', ['-fn', `${copy}?offset=${EXT_PLACE.offsetBytes}`], { stdio: 'ignore' });
  expect((await readFile(copy)).includes(SECRET)).toBe(false);
  expect(debugfs(copy, ['cat /etc/hosts', 'cat /srv/data', 'ls -p /etc'], MONDAY)).toMatch(/127\.0\.0\.1 localhost\n[^]*stays\n/);
  whole = { osoid, sentBytes: uncut.sentBytes };
  await rig.close();
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  rig = await createRig();
  overlays = 0;
});
afterEach(async () => {
  await rig.close();
  if (cannot) return;
  expect((await readFile(disk)).equals(original)).toBe(true);
  expect(readdirSync(folder).filter((name) => /\.(overlay|files)$/.test(name))).toEqual([]);
});

const isWhole = async (osoid: string): Promise<void> => {
  expect(valueOf(await rig.library.list()).images.map((image) => image.osoid)).toEqual([osoid]);
  expect(valueOf(await rig.library.show(osoid)).missingChunks).toBe(0);
  expect(valueOf(await rig.library.verify()).problems).toEqual([]);
};

describe.skipIf(cannot)('a neutralised capture that is cut', () => {
  test.each([
    ['stopped', 'send', 1],
    ['killed', 'send', 1],
    ['killed', 'missing', 2],
    ['killed', 'publish', 1],
  ] as const)('by a station that is %s before %s %i goes on with the same overlay, to the same image', async (how, call, number) => {
    const { result } = await run({ sink: rig.sinkBefore(job, call, number, () => rig.restart(how)) });
    expect(valueOf(result)).toMatchObject({ osoid: whole.osoid, alreadyPresent: false });
    expect(overlays).toBe(1);
    await isWhole(whole.osoid);
  });

  test.each([
    ['send', 1],
    ['publish', 1],
  ] as const)('with the power of its machine before %s %i is begun anew, and ends in the same image', async (call, number) => {
    const cut = new AbortController();
    const first = await run({ signal: cut.signal, sink: rig.sinkBefore(job, call, number, () => cutting(cut)) });
    expect(codeOf(first.result)).toBe('capture.cancelled');
    expect(valueOf(await rig.library.list()).images).toEqual([]);
    const second = await run();
    expect(valueOf(second.result)).toMatchObject({ osoid: whole.osoid, alreadyPresent: false });
    expect(overlays).toBe(2);
    // What had arrived does not travel again.
    if (call === 'publish') expect([first.sentBytes, second.sentBytes]).toEqual([whole.sentBytes, 0]);
    await isWhole(whole.osoid);
  });

  test('begun anew an hour later, it has the times of then: another OSOID, one image all the same, and little that travels', async () => {
    const cut = new AbortController();
    await run({ signal: cut.signal, sink: rig.sinkBefore(job, 'publish', 1, () => cutting(cut)) });
    const second = await run({}, MONDAY + 3600);
    const { osoid } = valueOf(second.result);
    expect(osoid).not.toBe(whole.osoid);
    expect(second.sentBytes).toBeLessThan(whole.sentBytes / 4);
    await isWhole(osoid);
  });
});
