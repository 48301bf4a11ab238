// The agent's side of a library that gets back what it lost: what is read, what travels, and a station that forgets.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync, openSync, writeSync, closeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import { noTools } from '../../agent/disk/tools.ts';
import { buildChunkTable, hashAt } from '../../agent/image/chunk-map.ts';
import { decodeFrame, FRAME_HEADER_BYTES, splitFrames } from '../../agent/image/chunk.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { verifyResultSchema } from '../../agent/protocol/verify.ts';
import type { VerifyResult } from '../../agent/protocol/verify.ts';
import { verify } from '../../agent/verify.ts';
import { wantedPieces } from '../../agent/verify/heal.ts';
import type { HealSink } from '../../agent/verify/types.ts';
import { MIB, makeDisk, makeImage } from '../deploy/image-fixture.ts';
import type { Fixture } from '../deploy/image-fixture.ts';
import { readSize, runDeploy } from '../deploy/rig.ts';

const key = generateSigningKey();
const CHUNK = 256 * 1024;

let folder: string;
let image: Fixture;
/** On a disk larger than the image: the table's backup has moved. */
let disk: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-heal-test-'));
  image = await makeImage(readFileSync(makeDisk(folder, 24 * MIB, { payloadBytes: 3 * MIB })), key, folder);
  disk = join(folder, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, 40 * MIB);
  const { result } = await runDeploy(image, key, disk);
  if (!result.ok) throw new Error(result.failure.message);
});
afterAll(() => rmSync(folder, { recursive: true }));

const entryCount = (): number => image.table.hashes.length / 32;
const allIds = (): readonly string[] => Array.from({ length: entryCount() }, (_, n) => hashAt(image.table, n));
const bitsOf = (lacks: (chunkId: string) => boolean): Uint8Array => {
  const bits = new Uint8Array(Math.ceil(entryCount() / 8));
  for (const [n, id] of allIds().entries()) if (lacks(id)) bits[n >>> 3] = (bits[n >>> 3] ?? 0) | (1 << (n & 7));
  return bits;
};

/** A library that lacks these. */
const lackingSink = (lost: Iterable<string>) => {
  const lacks = new Set(lost);
  const came: string[] = [];
  const sink: HealSink = {
    missing: () => Promise.resolve(success({ chunks: lacks.size, entries: bitsOf((id) => lacks.has(id)) })),
    send: (frames) => {
      const split = splitFrames(frames);
      if (!split.ok) return Promise.resolve(split);
      for (const { offset, header } of split.value) {
        const frame = frames.subarray(offset, offset + FRAME_HEADER_BYTES + header.encodedLength);
        expect(decodeFrame(Buffer.from(frame)).ok).toBe(true);
        came.push(header.chunkId);
        lacks.delete(header.chunkId);
      }
      return Promise.resolve(success(null));
    },
  };
  return { sink, lacks, came };
};

const runHeal = async (
  healSink: HealSink,
  path = disk,
  lostToReaders: ReadonlySet<string> = new Set(),
  signal = new AbortController().signal,
): Promise<{ readonly result: Result<VerifyResult>; readonly notes: readonly string[]; readonly readBytes: number }> => {
  const identity = { serial: 'S1', wwn: null, sizeBytes: readSize(path) };
  const before = createHash('sha256').update(readFileSync(path)).digest('hex');
  const device = fileDevice(path, identity, 512, noTools());
  const notes: string[] = [];
  let step = '';
  let readBytes = 0;
  const result = await verify({
    order: { kind: 'verify', jobId: 'job-2', osoid: image.osoid, manifestSha256: image.manifestSha256, disk: identity, heal: true },
    device: {
      ...device,
      openSource: async () => {
        const source = await device.openSource();
        if (!source.ok) return source;
        const { value } = source;
        return success({
          ...value,
          read: (at, into) => {
            if (step === 'heal') readBytes += into.length;
            return value.read(at, into);
          },
        });
      },
    },
    logicalSectorBytes: 512,
    trustedKeys: trustedKeysOf([key.publicKey]),
    source: {
      manifest: () => Promise.resolve(success(image.manifestBytes)),
      signature: () => Promise.resolve(success(image.signature)),
      chunkTable: () => Promise.resolve(success(image.chunkTableBytes)),
      chunks: (ids) =>
        Promise.resolve(
          ids.some((id) => lostToReaders.has(id))
            ? failed('library.chunk-missing', 'Gone.', 'Heal it.')
            : success(new Uint8Array(Buffer.concat(ids.map((id) => image.frames.get(id) ?? Buffer.alloc(0))))),
        ),
    },
    healSink,
    workers: 0,
    signal,
    onStep: (name, state, note) => {
      if (state === 'started') step = name;
      if (note !== '') notes.push(`${name}: ${note}`);
    },
    onProgress: () => {},
  });
  expect(createHash('sha256').update(readFileSync(path)).digest('hex'), 'a check writes nothing').toBe(before);
  if (result.ok) expect(verifyResultSchema.safeParse(result.value).error).toBeUndefined();
  return { result, notes, readBytes };
};
const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);

describe('what is read and travels', () => {
  test('two chunks: their places and the table are read, and they alone travel', async () => {
    const lost = [hashAt(image.table, 3), hashAt(image.table, 6)];
    const { sink, lacks, came } = lackingSink(lost);
    const { result, notes, readBytes } = await runHeal(sink);
    expect(result).toMatchObject({ ok: true, value: { heal: { missing: 2, returned: 2 }, chunks: { different: 0 } } });
    expect(lacks.size).toBe(0);
    expect(came.toSorted()).toEqual(lost.toSorted());
    expect(notes[0]).toBe('heal: 2 of 2 chunks came back');
    expect(readBytes).toBeLessThan(2 * CHUNK + CHUNK + 64 * 1024);
  });

  test('all of the image, with the chunks that the fitted table and the record changed', async () => {
    const { sink, lacks } = lackingSink(allIds());
    const count = lacks.size;
    const { result } = await runHeal(sink);
    expect(result).toMatchObject({ ok: true, value: { heal: { missing: count, returned: count } } });
    expect(lacks.size).toBe(0);
  });

  test('nothing is missing: nothing is read for it', async () => {
    const { sink } = lackingSink([]);
    const { result, notes, readBytes } = await runHeal(sink);
    expect(result).toMatchObject({ ok: true, value: { heal: { missing: 0, returned: 0, bytesSent: 0 } } });
    expect([notes[0], readBytes]).toEqual(['heal: the library lacks nothing of the image', 0]);
  });

  test('a chunk that this disk has no more stays missing and is read once; the rest comes', async () => {
    const spoilt = join(folder, 'spoilt');
    writeFileSync(spoilt, readFileSync(disk));
    const bad = hashAt(image.table, 6);
    const good = hashAt(image.table, 7);
    const at = image.table.runs.flatMap(({ kind, firstChunk, count }) =>
      kind === 'data' ? Array.from({ length: count }, (_, n) => firstChunk + n) : [],
    )[6];
    const file = openSync(spoilt, 'r+');
    writeSync(file, 'not of the image', (at ?? 0) * CHUNK + 100);
    closeSync(file);
    const { sink, lacks } = lackingSink([bad, good]);
    const { result, notes } = await runHeal(sink, spoilt, new Set([bad]));
    expect(result).toMatchObject({ ok: true, value: { heal: { missing: 2, returned: 1 }, chunks: { different: 1 } } });
    expect([...lacks]).toEqual([bad]);
    expect(notes[0]).toBe('heal: 1 of 2 chunks came back');
  });
});

describe('the station', () => {
  test('forgets what it held once: it is sent again', async () => {
    const { sink, lacks, came } = lackingSink([hashAt(image.table, 3)]);
    let asked = 0;
    const forgetful: HealSink = {
      ...sink,
      missing: () => {
        if (++asked === 2) lacks.add(hashAt(image.table, 3));
        return sink.missing();
      },
    };
    expect((await runHeal(forgetful)).result).toMatchObject({ ok: true, value: { heal: { missing: 1, returned: 1 } } });
    expect(came).toHaveLength(2);
  });

  test('forgets for ever: the check goes on, and says that nothing came back', async () => {
    const { sink } = lackingSink([hashAt(image.table, 3)]);
    let sent = 0;
    const deaf: HealSink = { ...sink, send: () => (sent++, Promise.resolve(success(null))) };
    expect((await runHeal(deaf)).result).toMatchObject({ ok: true, value: { heal: { missing: 1, returned: 0 } } });
    expect(sent).toBe(5);
  });

  test.each<readonly [string, Partial<HealSink>, string]>([
    ['is full', { send: () => Promise.resolve(failed('library.full', 'Full.', 'Free some.')) }, 'library.full'],
    [
      'speaks of another table',
      { missing: () => Promise.resolve(success({ chunks: 1, entries: new Uint8Array(1000) })) },
      'heal.other-image',
    ],
  ])('%s: the check ends with that', async (_what, broken, code) => {
    const { sink } = lackingSink([hashAt(image.table, 3)]);
    expect(codeOf((await runHeal({ ...sink, ...broken })).result)).toBe(code);
  });

  test('a stop in the middle ends it, although an answer never comes', async () => {
    const { sink } = lackingSink([hashAt(image.table, 3)]);
    const stop = new AbortController();
    const { result } = await runHeal(
      {
        ...sink,
        send: () => {
          stop.abort();
          return new Promise(() => undefined);
        },
      },
      disk,
      new Set(),
      stop.signal,
    );
    expect(codeOf(result)).toBe('verify.cancelled');
  });
});

test('pieces hold every chunk that is named, no other, and fit a slot', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('data', 'data', 'zero', 'skip'), { minLength: 1, maxLength: 60 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.integer({ min: 1, max: 5 }),
      (kinds, entries, most) => {
        const fresh = buildChunkTable();
        for (const kind of kinds) {
          if (kind === 'data') fresh.add('data', Buffer.alloc(32, 7));
          else fresh.add(kind as 'zero' | 'skip', null);
        }
        const table = fresh.finish(kinds.length * CHUNK);
        const data = kinds.flatMap((kind, chunk) => (kind === 'data' ? [chunk] : []));
        const wanted = data.filter((_chunk, entry) => (((entries[entry >>> 3] ?? 0) >>> (entry & 7)) & 1) === 1);
        const pieces = [...wantedPieces(table, entries, most * CHUNK)];
        expect(pieces.flatMap((piece) => Array.from({ length: piece.chunks }, (_, n) => piece.firstChunk + n))).toEqual(wanted);
        for (const piece of pieces) {
          expect(piece.chunks).toBeLessThanOrEqual(most);
          expect([piece.offsetBytes, piece.lengthBytes]).toEqual([piece.firstChunk * CHUNK, piece.chunks * CHUNK]);
          expect(data[piece.firstHash]).toBe(piece.firstChunk);
        }
      },
    ),
  );
});
