// Payload files over a real listener: parts of any offset, for the session that builds and for nobody else.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestMac } from '../../agent/image/session-proof.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { PAYLOAD_PART_BYTES, SESSION_HEADERS, WIRE } from '../../agent/protocol/messages.ts';
import { buildRoutes } from '../../main/agents/build-routes.ts';
import type { AgentCalls } from '../../main/agents/routes.ts';
import type { StoredSession } from '../../main/agents/session-store.ts';
import { startHttp } from '../../main/http/server.ts';
import type { RunningHttp } from '../../main/http/server.ts';
import { createAgentsRig, valueOf } from './rig.ts';
import type { AgentsRig } from './rig.ts';

const SHA256 = 'd'.repeat(64);
const PAYLOAD = Buffer.alloc(PAYLOAD_PART_BYTES + 1000, 'payload ');

let agents: AgentsRig;
let http: RunningHttp;
let session: StoredSession;
let counter: number;
let library: Result<null>;
let told: (string | null)[];

beforeEach(async () => {
  agents = createAgentsRig();
  [counter, library, told] = [0, success(null), []];
  const no = () => failed('test.none', 'Not in these tests.', 'Nothing.');
  const calls: AgentCalls = {
    onHello: () => undefined,
    onBack: () => undefined,
    onContact: () => undefined,
    onInventory: no,
    onReport: () => undefined,
    onRecordWanted: no,
    onCaptureAsked: no,
    onHealAsked: no,
    onPayloadAsked: (asking, jobId, sha256) =>
      asking.id === session.id && jobId === 'job-1' && sha256 === SHA256
        ? success({ name: 'data', sha256, sizeBytes: PAYLOAD.length })
        : failed('build.not-yours', 'Not yours.', 'Nothing.'),
    onCaptured: () => undefined,
    onRefused: () => undefined,
  };
  const payloadPart = (_sha256: string, offsetBytes: number, lengthBytes: number) =>
    Promise.resolve(library.ok ? success(PAYLOAD.subarray(offsetBytes, offsetBytes + lengthBytes)) : library);
  const onLibrary = (_session: StoredSession, failure: Failure | null): void => void told.push(failure?.code ?? null);
  http = valueOf(
    await startHttp({
      address: '127.0.0.1',
      port: 0,
      routes: buildRoutes(agents.agents, calls, { payloadPart }, { onLibrary }),
      onEvent: () => undefined,
    }),
  );
  session = agents.open();
});
afterEach(async () => {
  await http.stop();
  agents.close();
});

const get = async (path: string, from: StoredSession | null = session) => {
  counter += 1;
  const proof: Record<string, string> =
    from === null
      ? {}
      : {
          [SESSION_HEADERS.id]: from.id,
          [SESSION_HEADERS.counter]: String(counter),
          [SESSION_HEADERS.mac]: requestMac(from.key, { method: 'GET', path, counter, body: new Uint8Array() }),
        };
  const answer = await fetch(`http://127.0.0.1:${http.address.port}${path}`, { headers: proof });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const code = answer.ok ? null : ((JSON.parse(bytes.toString()) as { failure?: Failure }).failure?.code ?? '?');
  return { status: answer.status, bytes, code };
};
const path = (at: string, sha256 = SHA256, job = 'job-1'): string => `${WIRE.payload(job, sha256)}?at=${at}`;

test('two parts make the whole; what is beyond its end, or no number, is nothing', async () => {
  const parts = [await get(path('0')), await get(path(String(PAYLOAD_PART_BYTES)))];
  expect(parts.map(({ bytes }) => bytes.length)).toEqual([PAYLOAD_PART_BYTES, 1000]);
  expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(PAYLOAD)).toBe(true);
  for (const at of [String(PAYLOAD.length), '1e300', '-1', 'x', '1.5']) expect((await get(path(at))).bytes).toHaveLength(0);
});

test('only for the session of that job, and only what its recipe names', async () => {
  const stranger = agents.open({
    token: agents.agents.issueToken('52:54:00:00:00:02'),
    bootMac: '52:54:00:00:00:02',
    nonce: '1'.repeat(32),
  });
  expect(await get(path('0'), stranger)).toMatchObject({ code: 'build.not-yours' });
  expect(await get(path('0', 'e'.repeat(64)))).toMatchObject({ code: 'build.not-yours' });
  expect(await get(path('0', SHA256, 'job-2'))).toMatchObject({ code: 'build.not-yours' });
  expect((await get(path('0'), null)).status).toBe(401);
  expect((await get(path('0'), { ...session, key: Buffer.alloc(32, 1).toString('hex') } as never)).status).toBe(403);
});

test('a library whose disk is away makes the build wait, with a sentence; a payload that is gone ends it', async () => {
  library = failed('library.missing', 'The library is away.', 'Plug it in.');
  expect(await get(path('0'))).toMatchObject({ status: 503, code: 'link.station-busy' });
  library = success(null);
  expect((await get(path('0'))).status).toBe(200);
  library = failed('recipe.payload-missing', 'Gone.', 'Add it again.');
  expect(await get(path('0'))).toMatchObject({ status: 400, code: 'recipe.payload-missing' });
  expect(told).toEqual(['library.missing', null]);
});
