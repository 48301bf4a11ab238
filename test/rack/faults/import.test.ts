// A broken image file at the door of the library: named, refused, and nothing of it left behind.
import { execFile } from 'node:child_process';
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesIn, MIB, startLab } from './lab.ts';
import type { Lab } from './lab.ts';

let lab: Lab;
let raw: Buffer;
let before: readonly string[];

const library = (): string => join(lab.folder, 'library');
const importFile = (path: string) => lab.rehearsal.call('images.import', { path, name: 'broken', labels: {}, notes: '' });

/** Refused with this code, in words for a person; the library holds what it held. */
const expectRefused = async (path: string, code: string): Promise<void> => {
  const result = await importFile(path);
  expect(result).toMatchObject({ ok: false, failure: { code, message: expect.stringMatching(/\.$/), next: expect.stringMatching(/\.$/) } });
  expect(await filesIn(library())).toEqual(before);
  expect(await lab.rehearsal.call('images.list', {})).toMatchObject({ ok: true, value: [{ name: 'good' }] });
  expect(await lab.heard('image.import-failed', new RegExp(code.replace('.', '\\.')))).toMatchObject({ level: 'warn' });
};

const compressors: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  gz: async (bytes) => gzipSync(bytes, { level: 1 }),
  // With a checksum, as the zstd program writes it; a frame without one cannot tell that its literals were changed.
  zst: async (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  xz: (bytes) => byProgram('xz', ['-0'], bytes),
  bz2: (bytes) => byProgram('bzip2', ['-1'], bytes),
};

const byProgram = async (program: string, options: readonly string[], bytes: Buffer): Promise<Buffer> => {
  const file = join(lab.folder, `input.${program}`);
  await writeFile(file, bytes);
  const { stdout } = await promisify(execFile)(program, [...options, '--stdout', file], { encoding: 'buffer', maxBuffer: 256 * MIB });
  return stdout;
};

beforeAll(async () => {
  lab = await startLab();
  const path = await lab.imageFile({ contentBytes: 2 * MIB });
  raw = await readFile(path);
  expect(await lab.rehearsal.call('images.import', { path, name: 'good', labels: {}, notes: '' })).toMatchObject({ ok: true });
  before = await filesIn(library());
});
afterAll(() => lab.stop());

test('a raw image that was cut off', async () => {
  const path = join(lab.folder, 'cut.raw');
  await writeFile(path, raw);
  await truncate(path, raw.length - 3 * MIB);
  await expectRefused(path, 'image.truncated');
});

test('a raw image cut in the middle of a sector', async () => {
  const path = join(lab.folder, 'odd.raw');
  await writeFile(path, raw.subarray(0, raw.length - 100));
  await expectRefused(path, 'image.odd-size');
});

test('a file that is no image, an empty one, and none at all', async () => {
  const path = join(lab.folder, 'letter.raw');
  await writeFile(path, Buffer.alloc(MIB, 'Dear Sir or Madam, '));
  await expectRefused(path, 'image.no-partition-table');
  await writeFile(path, '');
  await expectRefused(path, 'import.no-source');
  await expectRefused(join(lab.folder, 'nowhere.raw'), 'import.no-source');
  await expectRefused(lab.folder, 'import.no-source');
});

test.each(['gz', 'zst', 'xz', 'bz2'])('a .%s that was cut off, and one with a flipped bit', async (ending) => {
  const packed = await compressors[ending]?.(raw);
  if (packed === undefined) throw new Error(ending);
  const path = join(lab.folder, `image.raw.${ending}`);
  await writeFile(path, packed);
  await truncate(path, Math.floor((await stat(path)).size / 2));
  // xz and bzip2 tell their caller only that something is wrong.
  await expectRefused(path, ending === 'gz' || ending === 'zst' ? 'image.truncated' : 'image.corrupt');

  await writeFile(path, packed);
  const file = await open(path, 'r+');
  const at = Math.floor(packed.length / 2);
  await file.write(Buffer.of((packed[at] ?? 0) ^ 0x10), 0, 1, at);
  await file.close();
  await expectRefused(path, 'image.corrupt');

  await writeFile(path, packed);
  // The same content under another name: the sound file is taken, so that the refusals above were about the damage.
  expect(await lab.rehearsal.call('images.import', { path, name: 'good', labels: {}, notes: '' })).toMatchObject({ ok: true });
  before = await filesIn(library());
});
