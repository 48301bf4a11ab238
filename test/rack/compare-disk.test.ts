// The judge of every deploy must itself be able to say no.
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compareDisk } from './compare-disk.ts';

const MIB = 1024 * 1024;
/** More than two of its steps, and no whole number of them. */
const SIZE = 9 * MIB + 321;

let folder: string;
let image: string;
let disk: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-compare-'));
  [image, disk] = [join(folder, 'image'), join(folder, 'disk')];
  const bytes = Buffer.alloc(SIZE, 'as an operating system would ');
  await writeFile(image, bytes);
  await writeFile(disk, Buffer.concat([bytes, Buffer.alloc(5000, 0xee)]));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const flip = async (at: number): Promise<void> => {
  const file = await open(disk, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
  await file.close();
};

test('equal is equal, whatever the disk holds beyond the image', async () => {
  expect(await compareDisk(image, disk, [])).toEqual({ verified: true, comparedBytes: SIZE, firstDifferenceAt: null });
});

test.each([0, 1, 511, 4 * MIB - 1, 4 * MIB, 8 * MIB, SIZE - 1])('one bit of byte %i is enough to fail', async (at) => {
  await flip(at);
  expect(await compareDisk(image, disk, [])).toMatchObject({ verified: false, firstDifferenceAt: at });
});

test('a difference counts unless a rewritten range covers just it', async () => {
  const at = 4 * MIB;
  await flip(at);
  expect(await compareDisk(image, disk, [{ offsetBytes: at, lengthBytes: 1 }])).toEqual({
    verified: true,
    comparedBytes: SIZE - 1,
    firstDifferenceAt: null,
  });
  for (const range of [
    { offsetBytes: at + 1, lengthBytes: 100 },
    { offsetBytes: at - 100, lengthBytes: 100 },
    { offsetBytes: at, lengthBytes: 0 },
  ])
    expect(await compareDisk(image, disk, [range])).toMatchObject({ verified: false, firstDifferenceAt: at });
});

test('ranges may overlap and reach over its steps; what is beside them is still looked at', async () => {
  const ranges = [
    { offsetBytes: 3 * MIB, lengthBytes: 2 * MIB },
    { offsetBytes: 4 * MIB, lengthBytes: 4 * MIB },
  ];
  for (const at of [3 * MIB, 5 * MIB, 8 * MIB - 1]) await flip(at);
  expect(await compareDisk(image, disk, ranges)).toMatchObject({ verified: true, comparedBytes: SIZE - 5 * MIB });
  await flip(8 * MIB);
  expect(await compareDisk(image, disk, ranges)).toMatchObject({ verified: false, firstDifferenceAt: 8 * MIB });
});

test('a disk that ends early fails', async () => {
  const file = await open(disk, 'r+');
  await file.truncate(SIZE - 1);
  await file.close();
  expect(await compareDisk(image, disk, [])).toMatchObject({ verified: false, firstDifferenceAt: SIZE - 1 });
});
