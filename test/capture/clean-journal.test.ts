// What a clean ext4 journal still holds is no part of an image (docs/adr/0027): with it or without it, captured or imported, a disk is one
// image. Where the journal lies is told by debugfs.
import { execFileSync } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXT_PLACE, lacksTools, makeGptDisk, noise, writeAt } from '../image/real-disk.ts';
import { createRig, valueOf } from './rig.ts';
import type { Rig } from './rig.ts';

const SUPERBLOCK_MAGIC = 0xc03b_3998;

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.close());

/** Where on the disk each block of the journal lies, in order; the first is its superblock. */
const journalOf = (disk: string): { readonly blockBytes: number; readonly offsets: readonly number[] } => {
  const ask = (request: string): string =>
    execFileSync('debugfs', ['-R', request, `${disk}?offset=${EXT_PLACE.offsetBytes}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const blockBytes = Number(/^Block size:\s+(\d+)$/m.exec(ask('stats -h'))?.[1]);
  const extents = ask('dump_extents -l <8>').matchAll(/^\s*\d+\/\s*\d+\s+\d+\/\s*\d+\s+\d+\s+-\s+\d+\s+(\d+)\s+-\s+(\d+)/gm);
  const offsets = [...extents].flatMap(([, first, last]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, n) => EXT_PLACE.offsetBytes + (Number(first) + n) * blockBytes),
  );
  return { blockBytes, offsets };
};

/** The same disk with something left in each block behind the superblock of its journal. */
const livedIn = async (disk: string, seed: string): Promise<string> => {
  const copy = join(rig.folder, `${seed}.raw`);
  await copyFile(disk, copy);
  const { blockBytes, offsets } = journalOf(disk);
  const left = noise(seed, blockBytes * offsets.length);
  for (const [n, offset] of offsets.entries()) if (n > 0) await writeAt(copy, offset, left.subarray(n * blockBytes, (n + 1) * blockBytes));
  execFileSync('e2fsck', ['-fn', `${copy}?offset=${EXT_PLACE.offsetBytes}`], { stdio: 'ignore' });
  return copy;
};

describe.skipIf(lacksTools('debugfs', 'e2fsck'))('an ext4 whose clean journal still holds what was written', () => {
  test('has the OSOID of its import, and of the same disk with another past or none', async () => {
    const disk = await makeGptDisk(rig.folder);
    const { blockBytes, offsets } = journalOf(disk);
    expect(offsets.length).toBeGreaterThan(500);
    const [ada, ben] = [await livedIn(disk, 'ada'), await livedIn(disk, 'ben')];
    expect((await readFile(ada)).equals(await readFile(ben))).toBe(false);

    const first = valueOf((await rig.run(ada)).result);
    const imported = valueOf(await rig.library.importImage({ sourcePath: ada, name: 'imported' }));
    expect(imported).toMatchObject({ osoid: first.osoid, alreadyPresent: true });
    for (const other of [ben, disk]) {
      const run = await rig.run(other);
      expect(valueOf(run.result)).toMatchObject({ osoid: first.osoid, alreadyPresent: true });
      expect(run.sentBytes).toBe(0);
      expect(valueOf(await rig.library.importImage({ sourcePath: other, name: 'again' })).osoid).toBe(first.osoid);
    }

    const restored = await rig.restored(first.osoid);
    const [superblock = 0, ...rest] = offsets;
    expect(restored.readUInt32BE(superblock)).toBe(SUPERBLOCK_MAGIC);
    expect(rest.every((at) => restored.subarray(at, at + blockBytes).every((byte) => byte === 0))).toBe(true);
  });

  test('what differs in the superblock of the journal makes another image', async () => {
    const disk = await makeGptDisk(rig.folder);
    const first = valueOf((await rig.run(disk)).result);
    const [superblock = 0] = journalOf(disk).offsets;
    // The number of the next transaction, behind which a later journal begins.
    await writeAt(disk, superblock + 24, Uint8Array.from([0, 0, 0, 9]));
    expect(valueOf((await rig.run(disk)).result).osoid).not.toBe(first.osoid);
  });
});
