// What a hostile or confused agent can send of a capture, over a real listener and into a real library: none of it is kept.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildChunkTable } from '../../agent/image/chunk-map.ts';
import { encodeChunkTable } from '../../agent/image/chunk-table.ts';
import { chunkIdOf, encodeFrame } from '../../agent/image/chunk.ts';
import { extentsOfTable } from '../../agent/image/osoid.ts';
import { requestMac } from '../../agent/image/session-proof.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import { SESSION_HEADERS, WIRE } from '../../agent/protocol/messages.ts';
import type { CaptureResult } from '../../agent/protocol/capture.ts';
import { captureRoutes } from '../../main/agents/capture-routes.ts';
import type { AgentCalls } from '../../main/agents/routes.ts';
import type { StoredSession } from '../../main/agents/session-store.ts';
import { startHttp } from '../../main/http/server.ts';
import type { RunningHttp } from '../../main/http/server.ts';
import type { CaptureJob } from '../../main/jobs/job-rows.ts';
import { createRig, jobFor } from '../capture/rig.ts';
import type { Rig } from '../capture/rig.ts';
import { noise } from '../image/real-disk.ts';
import { createAgentsRig, valueOf } from './rig.ts';
import type { AgentsRig } from './rig.ts';

const CHUNK = 256 * 1024;
const CHUNKS = 8;
const JOB = jobFor(CHUNKS * CHUNK);
/** A first chunk with an MBR: one Linux partition from sector 2048 on. */
const withTable = (raw: Buffer): Buffer => {
  const entry = Buffer.alloc(64);
  entry.set([0x80, 0, 0, 0, 0x83, 0, 0, 0]);
  entry.writeUInt32LE(2048, 8);
  entry.writeUInt32LE(2048, 12);
  raw.fill(0, 0, 512);
  raw.set(entry, 446);
  raw.set([0x55, 0xaa], 510);
  return raw;
};
const raws = ['a', 'b', 'c'].map((seed, index) => (index === 0 ? withTable(noise(seed, CHUNK)) : noise(seed, CHUNK)));
const ids = raws.map(chunkIdOf);
const frame = (index: number): Buffer => encodeFrame(raws[index] ?? Buffer.alloc(0));

let agents: AgentsRig;
let rig: Rig;
let http: RunningHttp;
let owners: Map<string, { readonly job: CaptureJob; readonly sessionId: string }>;
let captured: (readonly [string, CaptureResult])[];
let crashed: unknown[];
let counter: number;
let session: StoredSession;

beforeEach(async () => {
  agents = createAgentsRig();
  rig = await createRig();
  [owners, captured, crashed, counter] = [new Map(), [], [], 0];
  const no = () => failed('test.none', 'Not in these tests.', 'Nothing.');
  const calls: AgentCalls = {
    onHello: () => undefined,
    onBack: () => undefined,
    onContact: () => undefined,
    onInventory: no,
    onReport: () => undefined,
    onRecordWanted: no,
    onCaptureAsked: (asking, jobId) => {
      const known = owners.get(jobId);
      return known?.sessionId === asking.id ? success(known.job) : failed('capture.not-yours', 'Not yours.', 'Nothing.');
    },
    onHealAsked: no,
    onPayloadAsked: () => failed('job.unknown', 'No builds here.', 'Nothing.'),
    onCaptured: (jobId, result) => void captured.push([jobId, result]),
    onRefused: () => undefined,
  };
  http = valueOf(
    await startHttp({
      address: '127.0.0.1',
      port: 0,
      routes: captureRoutes(agents.agents, calls, rig.captures, { onLibrary: () => undefined }),
      onEvent: (event) => {
        if (event.kind === 'crashed') crashed.push(event.error);
      },
    }),
  );
  session = agents.open();
  owners.set(JOB.id, { job: JOB, sessionId: session.id });
});
afterEach(async () => {
  await http.stop();
  await rig.close();
  agents.close();
  expect(crashed).toEqual([]);
});

type Answer = { readonly status: number; readonly code: string | null; readonly value: unknown };

const send = async (path: string, body: Buffer | object, from: StoredSession | null = session): Promise<Answer> => {
  counter += 1;
  const bytes = Buffer.isBuffer(body) ? Uint8Array.from(body) : Uint8Array.from(Buffer.from(JSON.stringify(body)));
  const proof: Record<string, string> =
    from === null
      ? {}
      : {
          [SESSION_HEADERS.id]: from.id,
          [SESSION_HEADERS.counter]: String(counter),
          [SESSION_HEADERS.mac]: requestMac(from.key, { method: 'POST', path, counter, body: bytes }),
        };
  const answer = await fetch(`http://127.0.0.1:${http.address.port}${path}`, { method: 'POST', headers: proof, body: bytes });
  const value: unknown = await answer.json();
  return { status: answer.status, code: (value as { failure?: Failure }).failure?.code ?? null, value };
};
const missing = (hashes: readonly string[], job = JOB.id, from = session) => send(WIRE.captureMissing(job), { hashes }, from);
const chunks = (frames: Buffer, job = JOB.id, from = session) => send(WIRE.captureChunks(job), frames, from);
const isKept = async (id: string): Promise<boolean> => {
  const lacking = await rig.captures.missing(JOB, [id]);
  return lacking.ok && lacking.value.length === 0;
};

const tableOf = (chunkIds: readonly string[], count = CHUNKS) => {
  const builder = buildChunkTable();
  for (const id of chunkIds) builder.add('data', Buffer.from(id, 'hex'));
  builder.add('skip', null, count - chunkIds.length);
  return builder.finish(count * CHUNK);
};
const publish = async (
  chunkIds: readonly string[],
  change: { readonly count?: number; readonly extentsOf?: readonly string[]; readonly part?: Buffer; readonly job?: string } = {},
) => {
  const { job = JOB.id } = change;
  const bytes = encodeChunkTable(tableOf(chunkIds, change.count));
  const sent = await send(`${WIRE.captureTable(job)}?at=0`, change.part ?? bytes);
  expect(sent.code).toBeNull();
  return send(WIRE.capturePublish(job), {
    chunkTable: { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    logicalSectorBytes: 512,
    extents: extentsOfTable(tableOf(change.extentsOf ?? chunkIds)),
    usedBytes: CHUNK,
    filesystems: [],
    sent: { chunks: 1, bytes: 1 },
    seconds: 1,
  });
};

describe('chunks', () => {
  test('that were asked for are kept, once, also when the answer was lost and they come again', async () => {
    expect((await missing([...ids, ids[0] ?? ''])).value).toEqual({ wanted: [0, 1, 2, 3] });
    expect(await chunks(Buffer.concat([frame(0), frame(1)]))).toMatchObject({ status: 200, code: null });
    expect(await chunks(Buffer.concat([frame(0), frame(1)]))).toMatchObject({ status: 200, code: null });
    expect((await missing(ids)).value).toEqual({ wanted: [2] });
  });
  const damaged = (at: number): Buffer => {
    const bytes = frame(0);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  test.each<[string, () => Buffer, string]>([
    ['of a content that is not its name', () => encodeFrame(noise('x', CHUNK), { chunkId: ids[0] ?? '' }), 'frame.malformed'],
    ['with a flipped bit in its content', () => damaged(5000), 'frame.malformed'],
    ['with a flipped bit in its header', () => damaged(20), 'frame.malformed'],
    ['that is cut off', () => frame(0).subarray(0, -1), 'frame.malformed'],
    ['with something behind it', () => Buffer.concat([frame(0), Buffer.from('more')]), 'frame.malformed'],
    ['that is none', () => Buffer.from('{"frames":[]}'), 'frame.malformed'],
    ['that nobody asked for', () => encodeFrame(noise('unasked', CHUNK)), 'capture.not-asked'],
    [
      'that nobody asked for behind one that was',
      () => Buffer.concat([frame(0), encodeFrame(noise('unasked', CHUNK))]),
      'capture.not-asked',
    ],
    [
      'in a batch that unpacks to more than 4 MiB',
      () => Buffer.concat(Array.from({ length: 5 }, () => encodeFrame(Buffer.alloc(1024 * 1024, 'large')))),
      'capture.batch-too-large',
    ],
  ])('%s are refused', async (_what, frames, code) => {
    await missing(ids);
    expect(await chunks(frames())).toMatchObject({ status: 400, code });
    expect(await isKept(ids[0] ?? '')).toBe(false);
    expect(await isKept(chunkIdOf(noise('unasked', CHUNK)))).toBe(false);
  });
  test('in a body of more than a batch are not read at all', async () => {
    expect(await chunks(Buffer.alloc(5 * 1024 * 1024))).toMatchObject({ status: 413, code: 'http.body-too-large' });
  });
  test('more than its disk can hold are not taken', async () => {
    await missing(ids);
    for (let round = 0; round < 2 * CHUNKS; round++) expect((await chunks(frame(0))).code).toBeNull();
    expect((await chunks(frame(0))).code).toBe('capture.too-much');
  });
});

describe('questions', () => {
  test.each<[string, unknown]>([
    ['no list', { hashes: 'all' }],
    ['an empty list', { hashes: [] }],
    ['what is no hash', { hashes: ['../../etc/passwd'] }],
    ['more than one stretch of disk', { hashes: Array.from({ length: 1025 }, () => 'a'.repeat(64)) }],
  ])('about %s are refused', async (_what, body) => {
    expect(await send(WIRE.captureMissing(JOB.id), body as object)).toMatchObject({ status: 400, code: 'agent.body-invalid' });
  });
  test('without end are stopped', async () => {
    const made = (from: number) =>
      Array.from({ length: 1024 }, (_, n) =>
        createHash('sha256')
          .update(`${from + n}`)
          .digest('hex'),
      );
    for (let round = 0; round < 4; round++) expect((await missing(made(round * 1024))).code).toBeNull();
    expect((await missing(made(4096))).code).toBe('capture.too-much');
  });
});

describe('whose capture it is', () => {
  const calls = ['missing', 'chunks', 'table', 'publish'] as const;
  test.each(calls)('%s: not that of a stranger, another machine, or no job', async (call) => {
    const other = agents.open({
      token: agents.agents.issueToken('52:54:00:00:00:02'),
      bootMac: '52:54:00:00:00:02',
      nonce: '1'.repeat(32),
    });
    const paths = { missing: WIRE.captureMissing, chunks: WIRE.captureChunks, table: WIRE.captureTable, publish: WIRE.capturePublish };
    const path = paths[call];
    expect((await send(path(JOB.id), { hashes: ids }, null)).status).toBe(401);
    expect((await send(path(JOB.id), { hashes: ids }, { ...session, key: 'f'.repeat(64) })).status).toBe(403);
    expect(await send(path(JOB.id), { hashes: ids }, other)).toMatchObject({ status: 400, code: 'capture.not-yours' });
    expect(await send(path('no-such-job'), { hashes: ids })).toMatchObject({ status: 400, code: 'capture.not-yours' });
    expect(captured).toEqual([]);
  });
  test('one that is done answers its publish again and nothing else', async () => {
    const result = { osoid: 'a'.repeat(64), name: 'golden' } as CaptureResult;
    owners.set(JOB.id, { job: { ...JOB, state: 'done', result }, sessionId: session.id });
    expect((await send(WIRE.capturePublish(JOB.id), {})).value).toEqual(result);
    expect((await missing(ids)).code).toBe('job.ended');
    expect((await chunks(frame(0))).code).toBe('job.ended');
  });
});

describe('the end', () => {
  const arrive = async (): Promise<void> => {
    await missing(ids);
    await chunks(Buffer.concat([frame(0), frame(1), frame(2)]));
  };
  test('parts of the table come in order, and a part that comes again takes its place', async () => {
    const put = async (at: number, text: string) => (await send(`${WIRE.captureTable(JOB.id)}?at=${at}`, Buffer.from(text))).code;
    expect(await put(4, 'late')).toBe('capture.table-missing');
    expect([await put(0, 'abcd'), await put(4, 'efgh'), await put(4, 'EFGH'), await put(9, 'x')]).toEqual([
      null,
      null,
      null,
      'capture.table-missing',
    ]);
    expect(await put(Number.NaN, 'x')).toBe('capture.table-missing');
  });
  test.each<[string, readonly string[], Parameters<typeof publish>[1], string]>([
    ['chunks that did not arrive', [ids[0] ?? '', 'b'.repeat(64)], {}, 'capture.incomplete'],
    ['a table that is not the one that came', [ids[0] ?? ''], { part: Buffer.from('something else') }, 'capture.table-missing'],
    ['a disk of another size', [ids[0] ?? ''], { count: CHUNKS + 1 }, 'capture.table-mismatch'],
    ['a content without a partition table', ids.slice(1), {}, 'capture.table-mismatch'],
    ['an OSOID of other content', ids, { extentsOf: ids.slice(1) }, 'image.content-mismatch'],
  ])('an image of %s is not published', async (_what, chunkIds, change, code) => {
    await arrive();
    expect(await publish(chunkIds, change)).toMatchObject({ status: 400, code });
    expect(captured).toEqual([]);
    expect(valueOf(await rig.library.list())).toEqual({ images: [], damaged: [] });
  });
  test('an image whose chunks have arrived is published, signed, and the job hears of it', async () => {
    await arrive();
    const answer = await publish(ids);
    expect(answer).toMatchObject({ status: 200, value: { name: 'golden', revision: 1, alreadyPresent: false, dataBytes: 3 * CHUNK } });
    expect(captured).toEqual([[JOB.id, answer.value]]);
    expect(valueOf(await rig.library.list()).images).toMatchObject([{ trust: 'trusted', name: 'golden', labels: ['role=web'] }]);
  });
  test('two captures at once keep their chunks apart, and one name has two revisions', async () => {
    const second = { ...JOB, id: 'job-2', machineId: 'm2' };
    owners.set(second.id, { job: second, sessionId: session.id });
    await Promise.all([missing(ids), missing(ids.slice(0, 2), second.id)]);
    expect((await chunks(frame(2), second.id)).code).toBe('capture.not-asked');
    await Promise.all([chunks(Buffer.concat([frame(0), frame(1), frame(2)])), chunks(Buffer.concat([frame(0), frame(1)]), second.id)]);
    const answers = [await publish(ids), await publish(ids.slice(0, 2), { job: second.id })];
    expect(answers.map(({ value }) => (value as CaptureResult).revision)).toEqual([1, 2]);
    expect(valueOf(await rig.library.list()).images).toHaveLength(2);
    expect(valueOf(await rig.library.verify()).problems).toEqual([]);
  });
  test('a table that is none is refused', async () => {
    await arrive();
    const none = Buffer.from('RSCHUNK1 and nothing of what it says');
    await send(`${WIRE.captureTable(JOB.id)}?at=0`, none);
    const answer = await send(WIRE.capturePublish(JOB.id), {
      chunkTable: { sizeBytes: none.length, sha256: createHash('sha256').update(none).digest('hex') },
      logicalSectorBytes: 512,
      extents: extentsOfTable(tableOf(ids)),
      usedBytes: 0,
      filesystems: [],
      sent: { chunks: 0, bytes: 0 },
      seconds: 0,
    });
    expect(answer).toMatchObject({ status: 400, code: 'chunk-table.malformed' });
  });
});
