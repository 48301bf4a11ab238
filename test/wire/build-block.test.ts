// A recipe's script on a loop device, as root, isolated as on a target: it may write the disk of its order and no other, what it
// mounts goes with it, and the kernel's own view of the disk afterwards is what is judged.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build } from '../../agent/build.ts';
import { systemScripts } from '../../agent/build/script-host.ts';
import { blockDevice } from '../../agent/disk/target-devices.ts';
import { systemTools } from '../../agent/disk/tools.ts';
import { failed } from '../../agent/protocol/failure.ts';
import { MIB } from '../capture/rig.ts';

const sh = (program: string, ...args: readonly string[]): string => execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }).trim();
const hash = (letter: string): string => letter.repeat(64);
const never = () => Promise.resolve(failed('test.never', 'Nothing is sent in this test.', ''));
const DISK_BYTES = 96 * MIB;

let folder: string;
let loops: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-build-block-'));
  loops = [];
});
afterEach(() => {
  for (const loop of loops) {
    // The kernel keeps the read-only flag for the next user of the same loop device.
    sh('blockdev', '--setrw', loop);
    sh('losetup', '--detach', loop);
  }
  rmSync(folder, { recursive: true });
});

/** A disk as the kit's init leaves it: read-only. */
const attach = (name: string): { readonly path: string; readonly loop: string } => {
  const path = join(folder, name);
  writeFileSync(path, Buffer.alloc(4 * MIB, `content of ${name} `));
  truncateSync(path, DISK_BYTES);
  const loop = sh('losetup', '--find', '--show', '--partscan', path);
  loops.push(loop);
  sh('blockdev', '--setro', loop);
  return { path, loop };
};

const run = async (loop: string, script: string) => {
  const disk = { serial: 'S1', wwn: null, sizeBytes: DISK_BYTES };
  const logged: string[] = [];
  const notes: string[] = [];
  const result = await build({
    order: {
      kind: 'build',
      jobId: 'job-1',
      recipe: { id: 'test', version: 1, name: 'Test', sha256: hash('a') },
      script,
      payloads: [],
      timeLimitMinutes: 2,
      facts: [],
      imageName: 'test',
      disk,
      contentHash: hash('1'),
      eraseCeilingBytes: DISK_BYTES,
      consentId: 'consent-1',
    },
    device: blockDevice(loop, disk, systemTools()),
    logicalSectorBytes: 512,
    trustedKeys: new Map(),
    firmware: 'bios',
    secureBoot: false,
    readContentHash: () => Promise.resolve(hash('1')),
    scripts: systemScripts({ folder, isolate: true }),
    fetchPayload: never,
    fetchManifest: never,
    // The end of these builds: what follows has its tests on the software rack.
    sink: { missing: never, send: never, table: never, publish: never },
    requestRecord: never,
    tools: systemTools(),
    workers: 0,
    signal: new AbortController().signal,
    onStep: (step, state, note) => void notes.push(`${step} ${state} ${note}`),
    onProgress: () => undefined,
    onLog: (text) => void logged.push(text),
  });
  return { failure: result.ok ? null : result.failure, log: logged.join('\n'), notes: notes.join('\n') };
};

test('it cannot write to another disk than its own', async () => {
  const [own, other] = [attach('own'), attach('other')];
  const before = readFileSync(other.path);
  const { failure, log } = await run(own.loop, `dd if=/dev/zero of=${other.loop} bs=1M count=1 conv=fsync || exit 4`);
  expect(failure).toMatchObject({ code: 'build.script-failed', message: expect.stringContaining('exit code 4') as string });
  expect(log).toMatch(/Operation not permitted|Read-only|Permission denied/);
  expect(readFileSync(other.path).equals(before)).toBe(true);
  expect([sh('blockdev', '--getro', own.loop), sh('blockdev', '--getro', other.loop)]).toEqual(['1', '1']);
});

test('what it made is read as the kernel has it, with what it left mounted gone; afterwards its disk is read-only again', async () => {
  const own = attach('own');
  const { failure, notes, log } = await run(
    own.loop,
    `set -eu
    printf 'label: gpt\\nstart=1MiB, size=1MiB, type=21686148-6449-6E6F-744E-656564454649\\nsize=40MiB\\n' | sfdisk --quiet --wipe always "$RACKSIDE_DISK"
    partx --update "$RACKSIDE_DISK" || true
    mkfs.ext4 -q -F "$RACKSIDE_DISK"p2
    mkdir mnt && mount "$RACKSIDE_DISK"p2 mnt && dd if=/dev/urandom of=mnt/file bs=1M count=3 2>/dev/null
    umount mnt
    mount -t tmpfs tmpfs mnt`,
  );
  // The capture looked at it, found it clean, and went as far as the station.
  expect({ code: failure?.code, log }).toEqual({ code: 'test.never', log: '' });
  expect(notes).toMatch(/survey done (3|4|5|6|7|8|9)\d* MiB in use/);
  expect(notes).not.toContain('taken whole');
  expect(sh('blockdev', '--getro', own.loop)).toBe('1');
  expect(sh('findmnt', '--noheadings', '--output', 'TARGET', '--real')).not.toContain(folder);
});
