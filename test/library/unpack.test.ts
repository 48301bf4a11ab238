// .xz and .bz2 on both ways, the system's programs and what we bring: the same bytes from good files, the same clear words about bad ones.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasProgram } from '../../scripts/host.ts';
import { openImportSource } from '../../main/library/import-source.ts';

const MIB = 1024 * 1024;
const lacking = ['xz', 'bzip2'].filter((program) => !hasProgram(program));
let folder: string;
let raw: Buffer;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-unpack-'));
  // Noise, text and zeros: what is stored, what is matched, and runs that unpack to a thousand times their size.
  raw = Buffer.concat([randomBytes(300_000), Buffer.from('a disk of a rack '.repeat(60_000)), Buffer.alloc(4 * MIB), randomBytes(1000)]);
  writeFileSync(at('raw'), raw);
  if (lacking.length > 0) return;
  const pack = (command: string, name: string): void =>
    writeFileSync(at(name), execFileSync('sh', ['-c', command], { cwd: folder, maxBuffer: 64 * MIB }));
  pack('xz -1 -c raw', 'disk.xz');
  pack('xz -9 -c raw', 'large-dictionary.xz');
  pack('xz -1 -T2 --block-size=300KiB -c raw', 'blocks.xz');
  pack('head -c 700000 raw | xz -1 -c; tail -c +700001 raw | xz -1 --check=crc32 -c', 'streams.xz');
  pack('xz --x86 --lzma2=preset=1 -c raw', 'filter.xz');
  pack('bzip2 -1 -c raw', 'disk.bz2');
  pack('bzip2 -9 -c raw', 'large-blocks.bz2');
  pack('head -c 700000 raw | bzip2 -c; tail -c +700001 raw | bzip2 -1 -c', 'streams.bz2');
  pack('head -c 300000000 /dev/zero | xz -1 -c', 'bomb.xz');
  for (const name of ['disk.xz', 'disk.bz2']) {
    const bytes = readFileSync(at(name));
    writeFileSync(at(`cut-${name}`), bytes.subarray(0, 200_000));
    writeFileSync(at(`tail-${name}`), bytes.subarray(0, bytes.length - 3));
    bytes[150_000] = (bytes[150_000] ?? 0) ^ 1;
    writeFileSync(at(`flipped-${name}`), bytes);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

type Unpacker = 'program' | 'built-in';
const readAll = async (name: string, unpacker: Unpacker): Promise<Buffer> => {
  const source = await openImportSource(at(name), { unpacker, scratchFolder: folder });
  if (!source.ok) return expect.fail(source.failure.message);
  const disk = Buffer.alloc(source.value.sizeBytes);
  await source.value.read(disk, 0);
  await source.value.close();
  return disk;
};
const codeOf = async (name: string, unpacker: Unpacker): Promise<string> => {
  const source = await openImportSource(at(name), { unpacker, scratchFolder: folder });
  if (source.ok) await source.value.close();
  return source.ok ? 'read' : source.failure.code;
};

describe.skipIf(lacking.length > 0).each(['program', 'built-in'] as const)('by the %s', (unpacker) => {
  test.each(['disk.xz', 'large-dictionary.xz', 'blocks.xz', 'streams.xz', 'disk.bz2', 'large-blocks.bz2', 'streams.bz2'])(
    '%s gives the disk',
    async (name) => expect((await readAll(name, unpacker)).equals(raw)).toBe(true),
  );

  test.each(['cut-disk.xz', 'tail-disk.xz', 'flipped-disk.xz', 'cut-disk.bz2', 'tail-disk.bz2', 'flipped-disk.bz2'])(
    '%s is refused in words',
    async (name) => expect(await codeOf(name, unpacker)).toMatch(/^image\.(truncated|corrupt)$/),
  );

  test('a file that unpacks to thousands of times its size is read in bounded memory, and can be cancelled in the middle', async () => {
    const before = process.memoryUsage().rss;
    let most = 0;
    const cancel = new AbortController();
    const onUnpack = (): void => {
      most = Math.max(most, process.memoryUsage().rss - before);
    };
    const whole = await openImportSource(at('bomb.xz'), { unpacker, scratchFolder: folder, onUnpack });
    expect(whole).toMatchObject({ ok: true, value: { sizeBytes: 300_000_000 } });
    if (whole.ok) await whole.value.close();
    expect(most).toBeLessThan(200 * MIB);
    const options = { unpacker, scratchFolder: folder, signal: cancel.signal, onUnpack: () => cancel.abort() };
    expect(await openImportSource(at('bomb.xz'), options)).toMatchObject({ ok: false, failure: { code: 'job.cancelled' } });
  });
});

describe.skipIf(lacking.length > 0)('what we bring', () => {
  test.each([
    ['cut-disk.xz', 'image.truncated'],
    ['tail-disk.xz', 'image.truncated'],
    ['flipped-disk.xz', 'image.corrupt'],
    ['flipped-disk.bz2', 'image.corrupt'],
    ['filter.xz', 'import.tool-missing'],
  ])('%s is %s', async (name, code) => expect(await codeOf(name, 'built-in')).toBe(code));
});

test.skipIf(!hasProgram('zstd'))('a .zst that looks back two gigabytes is read, as zstd itself would with --long=31', async () => {
  writeFileSync(at('long.zst'), execFileSync('sh', ['-c', 'cat raw | zstd -q -1 --long=31 -c'], { cwd: folder, maxBuffer: 64 * MIB }));
  expect((await readAll('long.zst', 'built-in')).equals(raw)).toBe(true);
});
