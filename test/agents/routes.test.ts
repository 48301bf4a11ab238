// The agents' calls over a real listener, with requests as an agent and as a stranger would send them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import { SESSION_HEADERS } from '../../agent/protocol/messages.ts';
import type { Report } from '../../agent/protocol/messages.ts';
import { requestMac } from '../../agent/image/session-proof.ts';
import { agentRoutes } from '../../main/agents/routes.ts';
import type { AgentCalls } from '../../main/agents/routes.ts';
import { libraryRoutes } from '../../main/agents/library-routes.ts';
import type { StoredSession } from '../../main/agents/session-store.ts';
import { startHttp } from '../../main/http/server.ts';
import type { RunningHttp } from '../../main/http/server.ts';
import type { Library } from '../../main/library/library.ts';
import { inventory } from '../journey/fixtures.ts';
import { createAgentsRig, valueOf } from './rig.ts';
import type { AgentsRig } from './rig.ts';

const OSOID = 'a'.repeat(64);
const PROGRESS = { kind: 'log', level: 'info', text: 'hello' } as const satisfies Report;

let rig: AgentsRig;
let http: RunningHttp;
let library: Library | null;
let heard: string[];
let refused: Failure[];
let crashed: unknown[];
let counter: number;

const calls: AgentCalls = {
  onHello: (session) => void heard.push(`hello ${session.bootMac}`),
  onBack: () => void heard.push('back'),
  onContact: () => void heard.push('contact'),
  onInventory: (_session, read) => success({ machineId: 'm1', machineName: read.dmi?.system.serial ?? '?' }),
  onReport: (_session, report) => void heard.push(`report ${report.kind}`),
  onRecordWanted: (_session, { jobId }) =>
    jobId === 'mine' ? success(Buffer.from('record')) : failed('job.other', 'That is not your job.', 'Nothing.'),
  onCaptureAsked: () => failed('job.unknown', 'No captures here.', 'Nothing.'),
  onHealAsked: () => failed('job.unknown', 'No captures here.', 'Nothing.'),
  onPayloadAsked: () => failed('job.unknown', 'No builds here.', 'Nothing.'),
  onCaptured: () => undefined,
  onRefused: (_address, failure) => void refused.push(failure),
};

/** The files and frames of one image; everything else is a bug in the test. */
const libraryWith = (part: Partial<Library>): Library => part as Library;

beforeEach(async () => {
  rig = createAgentsRig();
  [library, heard, refused, crashed, counter] = [null, [], [], [], 0];
  http = valueOf(
    await startHttp({
      address: '127.0.0.1',
      port: 0,
      routes: [
        ...agentRoutes(rig.agents, calls),
        ...libraryRoutes(rig.agents, calls, () => library, {
          acceptsSignature: () => false,
          onLibrary: (_session, failure) => heard.push(`library ${failure?.code ?? 'back'}`),
        }),
      ],
      onEvent: (event) => {
        if (event.kind === 'crashed') crashed.push(event.error);
      },
    }),
  );
});
afterEach(async () => {
  await http.stop();
  rig.close();
  expect(crashed).toEqual([]);
});

type Sent = { readonly status: number; readonly bytes: Buffer; code(): string | undefined; json(): unknown };

const send = async (
  path: string,
  options: {
    session?: StoredSession;
    method?: string;
    body?: string | Buffer;
    headers?: Record<string, string>;
    signal?: AbortSignal;
  } = {},
): Promise<Sent> => {
  const { session, body, method = body === undefined ? 'GET' : 'POST', signal = new AbortController().signal } = options;
  counter += 1;
  const bytes = Buffer.from(body ?? '');
  const proof: Record<string, string> =
    session === undefined
      ? {}
      : {
          [SESSION_HEADERS.id]: session.id,
          [SESSION_HEADERS.counter]: String(counter),
          [SESSION_HEADERS.mac]: requestMac(session.key, { method, path, counter, body: bytes }),
        };
  const answer = await fetch(`http://127.0.0.1:${http.address.port}${path}`, {
    method,
    headers: { ...proof, ...options.headers },
    signal,
    ...(body === undefined ? {} : { body: bytes }),
  });
  const read = Buffer.from(await answer.arrayBuffer());
  const json = (): unknown => JSON.parse(read.toString('utf8'));
  return { status: answer.status, bytes: read, json, code: () => (json() as { failure?: Failure }).failure?.code };
};

describe('hello', () => {
  test('opens a session, tells the journey once, and repeats the answer to the same hello', async () => {
    const body = JSON.stringify(rig.hello());
    const [first, again] = [await send('/agent/hello', { body }), await send('/agent/hello', { body })];
    expect([first.status, again.status]).toEqual([200, 200]);
    const answers = [first, again].map((one) => rig.answerIn(one.json() as never));
    expect(answers[1]?.sessionId).toBe(answers[0]?.sessionId);
    expect(heard).toEqual(['hello 52:54:00:00:00:01']);
  });

  test('a used token is 401 and a person hears of it', async () => {
    const hello = rig.hello();
    await send('/agent/hello', { body: JSON.stringify(hello) });
    const stranger = await send('/agent/hello', { body: JSON.stringify({ ...hello, nonce: 'f'.repeat(32) }) });
    expect([stranger.status, stranger.code()]).toEqual([401, 'agent.token-invalid']);
    expect(refused.map(({ code }) => code)).toEqual(['agent.token-invalid']);
  });

  test.each([
    ['no JSON', '{', 'http.bad-json'],
    ['another shape', '{"token":1}', 'http.bad-shape'],
    ['a nonce that is none', JSON.stringify({ nonce: 'x' }), 'http.bad-shape'],
    ['deep nesting', '['.repeat(16_000), 'http.bad-json'],
    ['bytes', Buffer.from([0xff, 0xfe, 0]), 'http.bad-json'],
    ['nothing', '', 'http.bad-json'],
  ])('%s is refused', async (_what, body, code) => {
    const answer = await send('/agent/hello', { body });
    expect([answer.status, answer.code()]).toEqual([400, code]);
  });

  test('a huge body is refused with 413', async () => {
    const answer = await send('/agent/hello', { body: Buffer.alloc(16 * 1024 + 1, 0x20) });
    expect([answer.status, answer.code()]).toEqual([413, 'http.body-too-large']);
  });
});

describe('calls of a session', () => {
  test('a proven call is a sign of life; one without proof, replayed or altered is not', async () => {
    const session = rig.open();
    const body = JSON.stringify({ reports: [PROGRESS] });
    expect((await send('/agent/report', { session, body })).status).toBe(200);
    expect(heard).toEqual(['contact', 'report log']);
    const proof = { method: 'POST', path: '/agent/report', counter: 50, body: Buffer.from(body) };
    const headers = {
      [SESSION_HEADERS.id]: session.id,
      [SESSION_HEADERS.counter]: '50',
      [SESSION_HEADERS.mac]: requestMac(session.key, proof),
    };
    expect((await send('/agent/report', { body: `${body} `, headers })).status).toBe(403);
    expect((await send('/agent/inventory', { body, headers })).status).toBe(403);
    expect((await send('/agent/report?x=1', { body, headers })).status).toBe(403);
    expect((await send('/agent/report', { body })).status).toBe(401);
    expect((await send('/agent/report', { body, headers })).status).toBe(200);
    expect((await send('/agent/report', { body, headers })).status).toBe(403);
    expect(heard).toEqual(['contact', 'report log', 'contact', 'report log']);
    expect(refused).toHaveLength(5);
  });

  test('a session that comes back after a restart is told to the journey once', async () => {
    const session = rig.open();
    await send('/agent/report', { session, body: JSON.stringify({ reports: [PROGRESS] }) });
    rig.agents.stop();
    for (let times = 0; times < 2; times += 1) await send('/agent/report', { session, body: JSON.stringify({ reports: [PROGRESS] }) });
    expect(heard.filter((what) => what === 'back')).toHaveLength(1);
  });

  test('the inventory is answered with who the station thinks this is', async () => {
    const answer = await send('/agent/inventory', { session: rig.open(), body: JSON.stringify({ inventory: inventory() }) });
    expect(answer.json()).toEqual({ machineId: 'm1', machineName: 'SERIAL-1' });
  });

  test('a record is given for the own job only', async () => {
    const session = rig.open();
    const body = (jobId: string) =>
      JSON.stringify({ jobId, osoid: OSOID, manifestSha256: OSOID, disk: { serial: 's', wwn: null, sizeBytes: 1 } });
    const given = await send('/agent/provenance', { session, body: body('mine') });
    expect(given.json()).toEqual({ record: Buffer.from('record').toString('base64') });
    const other = await send('/agent/provenance', { session, body: body('yours') });
    expect([other.status, other.code()]).toEqual([400, 'job.other']);
  });

  test.each([
    ['no JSON', 'x', /no JSON/],
    ['no report', '{"reports":[]}', /at reports/],
    ['an unknown report', '{"reports":[{"kind":"own-the-station"}]}', /at reports\.0/],
    ['too many reports', JSON.stringify({ reports: Array.from({ length: 257 }, () => PROGRESS) }), /at reports/],
  ])('%s is refused whole, in words', async (_what, body, words) => {
    const answer = await send('/agent/report', { session: rig.open(), body });
    expect([answer.status, answer.code()]).toEqual([400, 'agent.body-invalid']);
    expect((answer.json() as { failure: Failure }).failure.message).toMatch(words);
    expect(heard).toEqual(['contact']);
  });

  test('a body beyond 4 MiB is refused before anything is believed of it', async () => {
    const answer = await send('/agent/report', { session: rig.open(), body: Buffer.alloc(4 * 1024 * 1024 + 1, 0x20) });
    expect([answer.status, answer.code()]).toEqual([413, 'http.body-too-large']);
    expect(heard).toEqual([]);
  });
});

describe('the long poll', () => {
  test('an order wakes it; what was not seen is answered again', async () => {
    const session = rig.open();
    const poll = send('/agent/orders?after=0', { session });
    await expect.poll(() => heard).toEqual(['contact']);
    rig.agents.send(session.id, { kind: 'rescan' });
    const numbers = async (sent: Promise<Sent> | Sent) =>
      rig.ordersIn(((await sent).json() as { orders: never[] }).orders).map(({ sequence }) => sequence);
    expect(await numbers(poll)).toEqual([1]);
    expect(await numbers(send('/agent/orders?after=0', { session }))).toEqual([1]);
    expect(await numbers(send('/agent/orders', { session }))).toEqual([1]);
    expect(await numbers(send('/agent/orders?after=nonsense', { session }))).toEqual([1]);
  });

  test('ends when the agent is gone, when the station stops, and needs a session', async () => {
    const session = rig.open();
    expect((await send('/agent/orders?after=0')).status).toBe(401);
    const gone = new AbortController();
    const left = send('/agent/orders?after=0', { session, signal: gone.signal });
    await expect.poll(() => heard).toEqual(['contact']);
    gone.abort();
    await expect(left).rejects.toThrow(/abort/);
    const waiting = send('/agent/orders?after=0', { session });
    await expect.poll(() => heard).toEqual(['contact', 'contact']);
    rig.agents.stop();
    expect((await waiting).json()).toEqual({ orders: [] });
  });
});

describe('images', () => {
  const files = { manifestBytes: Buffer.from('m'), signatureBytes: Buffer.from('s'), chunkTableBytes: Buffer.from('t') };
  const opened = libraryWith({
    manifest: async (osoid) =>
      osoid === OSOID
        ? success(files as never)
        : failed(osoid === 'b'.repeat(64) ? 'library.unreadable' : 'image.unknown', 'Not here.', 'Look.'),
    frames: async (hashes) => success({ bytes: Buffer.from(hashes.map((hash) => hash[0]).join('')), release: () => undefined }),
  });
  const chunks = (hashes: readonly string[]): string => JSON.stringify({ hashes });

  test('are for sessions only', async () => {
    library = opened;
    for (const part of ['manifest', 'signature', 'chunk-table']) expect((await send(`/library/${OSOID}/${part}`)).status).toBe(401);
    expect((await send(`/library/${OSOID}/chunks`, { body: chunks([OSOID]) })).status).toBe(401);
  });

  test('come as the library has them', async () => {
    library = opened;
    const session = rig.open();
    const parts = await Promise.all(['manifest', 'signature', 'chunk-table'].map((part) => send(`/library/${OSOID}/${part}`, { session })));
    expect(parts.map(({ bytes }) => bytes.toString())).toEqual(['m', 's', 't']);
    const frames = await send(`/library/${OSOID}/chunks`, { session, body: chunks(['a'.repeat(64), 'b'.repeat(64)]) });
    expect(frames.bytes.toString()).toBe('ab');
  });

  test('a library that is away is to be tried again, an unknown image is not', async () => {
    const session = rig.open();
    const away = await send(`/library/${OSOID}/manifest`, { session });
    expect([away.status, away.code()]).toEqual([503, 'link.station-busy']);
    expect((await send(`/library/${OSOID}/chunks`, { session, body: chunks([OSOID]) })).status).toBe(503);
    library = opened;
    const pulled = await send(`/library/${'b'.repeat(64)}/manifest`, { session });
    expect([pulled.status, pulled.code()]).toEqual([503, 'link.station-busy']);
    expect(heard.filter((one) => one.startsWith('library'))).toEqual(['library library.unreadable']);
    const unknown = await send(`/library/${'c'.repeat(64)}/manifest`, { session });
    expect([unknown.status, unknown.code()]).toEqual([404, 'image.unknown']);
    expect(heard.filter((one) => one.startsWith('library'))).toEqual(['library library.unreadable', 'library back']);
  });

  test.each([
    ['none', []],
    ['17', Array.from({ length: 17 }, () => OSOID)],
    ['a path', ['../../station.key']],
    ['upper case', ['A'.repeat(64)]],
  ])('a batch of %s is refused', async (_what, hashes) => {
    library = opened;
    const answer = await send(`/library/${OSOID}/chunks`, { session: rig.open(), body: chunks(hashes) });
    expect([answer.status, answer.code()]).toEqual([400, 'agent.body-invalid']);
  });
});
