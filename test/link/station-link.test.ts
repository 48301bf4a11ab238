import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectStation } from '../../agent/link/station-link.ts';
import type { LinkOptions, StationLink } from '../../agent/link/station-link.ts';
import { generateSigningKey } from '../../agent/image/signature.ts';
import type { Hello } from '../../agent/protocol/messages.ts';
import { inventory } from '../journey/fixtures.ts';
import { answerWith, cut, cutMidAnswer, startStation } from './rig.ts';
import type { FakeStation } from './rig.ts';

const RESCAN = { kind: 'rescan' } as const;
const COUNTERS_PER_RUN = 1_000_000_000;

let station: FakeStation;
let stop: AbortController;
let remembered: string | null;
let troubles: string[];
let backs: number;
beforeEach(async () => {
  station = await startStation();
  [stop, remembered, troubles, backs] = [new AbortController(), null, [], 0];
  // No chance in the waits: a retry comes after 125 ms, then 250.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(async () => {
  stop.abort();
  vi.restoreAllMocks();
  await station.stop();
});

const connect = (change: Partial<LinkOptions> = {}) =>
  connectStation({
    words: {
      station: station.url,
      token: 'token',
      stationKey: Buffer.from(station.key.publicKey).toString('base64url'),
      stage2: 'k'.repeat(64),
      mac: '52:54:00:00:00:01',
    },
    agentVersion: '0',
    architecture: 'x64',
    signal: stop.signal,
    memory: { load: () => remembered, save: (text) => void (remembered = text) },
    onTrouble: (failure) => void troubles.push(failure.code),
    onBack: () => void (backs += 1),
    ...change,
  });
const linked = async (): Promise<StationLink> => {
  const link = await connect();
  return link.ok ? link.value : expect.fail(link.failure.message);
};
const codeOf = (result: { readonly ok: true } | { readonly ok: false; readonly failure: { readonly code: string } }): string | null =>
  result.ok ? null : result.failure.code;
const sequences = async (link: StationLink): Promise<readonly number[]> => {
  const orders = await link.nextOrders();
  return orders.ok ? orders.value.map(({ sequence }) => sequence) : expect.fail(orders.failure.code);
};
const pathsSeen = (): readonly string[] => station.seen.map(({ path }) => path);

describe('hello', () => {
  test('gives the session that every later request proves, each with a counter of its own', async () => {
    const link = await linked();
    expect(link.answer).toMatchObject({ stationName: 'bench', siteName: 'Site A' });
    await Promise.all([link.sendInventory(inventory()), link.report([{ kind: 'log', level: 'info', text: 'x' }]), link.nextOrders()]);
    const later = station.seen.slice(1);
    expect(later.map(({ isProven }) => isProven)).toEqual([true, true, true]);
    expect(new Set(later.map(({ counter }) => counter)).size).toBe(3);
  });

  test('is said again with the same nonce until it is heard', async () => {
    station.scripts.push(cut, cutMidAnswer);
    await linked();
    const nonces = station.seen.map(({ body }) => (JSON.parse(body) as Hello).nonce);
    expect(nonces).toHaveLength(3);
    expect(new Set(nonces).size).toBe(1);
    expect([troubles, backs]).toEqual([['link.lost', 'link.lost'], 1]);
  });

  test("a refusal ends it with the station's words", async () => {
    const failure = { code: 'agent.kit-mismatch', message: 'Old kit.', next: 'Boot again.' };
    station.scripts.push(answerWith(400, JSON.stringify({ failure })));
    expect(await connect()).toEqual({ ok: false, failure });
    expect(remembered).toBeNull();
  });

  test.each([
    ['by another key', 'order.signature', (hello: Hello) => station.sign(station.helloAnswer(hello), generateSigningKey())],
    ['for another hello', 'link.answer-invalid', (hello: Hello) => station.sign(station.helloAnswer({ ...hello, nonce: '0'.repeat(32) }))],
    ['of another shape', 'link.answer-invalid', () => station.sign({ hello: 'agent' })],
    [
      'and changed after',
      'order.signature',
      (hello: Hello) => {
        const signed = station.sign(station.helloAnswer(hello));
        return { ...signed, body: signed.body.replace('bench', 'crook') };
      },
    ],
  ])('an answer signed %s is not believed', async (_what, code, answer) => {
    station.scripts.push((_request, response, body) => (response.end(JSON.stringify(answer(JSON.parse(body) as Hello))), true));
    expect(codeOf(await connect())).toBe(code);
    expect(remembered).toBeNull();
  });

  test('a cancel ends the saying', async () => {
    await station.stop();
    const connecting = connect({ onTrouble: () => stop.abort() });
    expect(['link.lost', 'link.cancelled']).toContain(codeOf(await connecting));
    await station.start();
  });
});

describe('a job through a crash of the agent', () => {
  test('the next run on this boot knows the job that ran; a job that ended is forgotten', async () => {
    const first = await linked();
    expect(first.interruptedJobId).toBeNull();
    first.holdJob('job-1');
    expect((await linked()).interruptedJobId).toBe('job-1');
    first.holdJob(null);
    expect((await linked()).interruptedJobId).toBeNull();
  });
});

describe('a link that is cut', () => {
  test('costs time: reports and images arrive after a cut, a cut answer and a restart of the station', async () => {
    const link = await linked();
    station.scripts.push(cut, cutMidAnswer);
    expect(codeOf(await link.report([{ kind: 'log', level: 'info', text: 'important' }]))).toBeNull();
    expect(station.seen.slice(1).map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => station.seen[1]?.body));
    expect(new Set(station.seen.slice(1).map(({ counter }) => counter)).size).toBe(3);

    await station.stop();
    const fetching = link.fetchLibrary('/library/x/manifest', null);
    await expect.poll(() => troubles.length, { interval: 5 }).toBe(3);
    await station.start();
    const bytes = await fetching;
    expect(bytes.ok && Buffer.from(bytes.value).toString()).toBe('{}');
    expect(backs).toBe(2);
  });

  test('an image answer that is cut is fetched again whole', async () => {
    const link = await linked();
    station.scripts.push(cutMidAnswer, answerWith(503, 'busy'), answerWith(200, 'whole'));
    const bytes = await link.fetchLibrary('/library/x/chunks', { hashes: [] });
    expect(bytes.ok && Buffer.from(bytes.value).toString()).toBe('whole');
  });

  test('a cancel ends a long poll at once', async () => {
    const link = await linked();
    station.scripts.push(() => (setImmediate(() => stop.abort()), true));
    expect(codeOf(await link.nextOrders())).toBe('link.cancelled');
  });
});

describe('orders', () => {
  test('come in order, and the next poll asks for what comes after them', async () => {
    const link = await linked();
    station.order(1, RESCAN);
    station.order(2, { kind: 'cancel', jobId: 'j' });
    expect(await sequences(link)).toEqual([1, 2]);
    expect(await sequences(link)).toEqual([]);
    expect(pathsSeen().slice(-2)).toEqual(['/agent/orders?after=0', '/agent/orders?after=2']);
  });

  test('that are old, repeated or meant for another session reach nobody', async () => {
    const link = await linked();
    station.order(5, RESCAN);
    station.order(5, RESCAN);
    station.order(4, RESCAN);
    station.order(9, RESCAN, { sessionId: 'another' });
    station.order(6, RESCAN);
    expect(await sequences(link)).toEqual([5, 6]);
    station.order(6, RESCAN);
    expect(await sequences(link)).toEqual([]);
  });

  test.each([
    ['signed by another', 'order.signature', () => station.order(1, RESCAN, { by: generateSigningKey() })],
    ['of an unknown kind', 'order.invalid', () => station.order(1, { kind: 'format-everything' } as never)],
    ['without a number', 'order.invalid', () => station.order(0, RESCAN)],
    [
      'signed for another purpose of the same text',
      'order.signature',
      () => void station.orders.push({ ...station.sign({}), signature: Buffer.alloc(64).toString('base64') }),
    ],
  ])('%s are refused', async (_what, code, queue) => {
    const link = await linked();
    queue();
    expect(codeOf(await link.nextOrders())).toBe(code);
  });
});

describe('an agent that crashed and is started again', () => {
  test('goes on with its session, beyond its old counters and orders, without saying hello', async () => {
    const first = await linked();
    station.order(7, RESCAN);
    expect(await sequences(first)).toEqual([7]);
    const second = await linked();
    expect(second.answer).toEqual(first.answer);
    station.order(7, RESCAN);
    station.order(8, RESCAN);
    expect(await sequences(second)).toEqual([8]);
    expect(pathsSeen().filter((path) => path === '/agent/hello')).toHaveLength(1);
    const { counter, isProven, path } = station.seen.at(-1) ?? expect.fail('nothing seen');
    expect([path, isProven]).toEqual(['/agent/orders?after=7', true]);
    expect(counter).toBeGreaterThan(COUNTERS_PER_RUN);
    await (await linked()).nextOrders();
    expect(station.seen.at(-1)?.counter).toBeGreaterThan(2 * COUNTERS_PER_RUN);
  });

  test.each(['', '{', '{"answer":{}}', 'null'])('memory that holds "%s" is no memory', async (text) => {
    remembered = text;
    await linked();
    expect(pathsSeen()).toEqual(['/agent/hello']);
  });
});

test('the record comes as bytes; refused, it does not', async () => {
  const link = await linked();
  const request = { jobId: 'j', osoid: 'a'.repeat(64), manifestSha256: 'b'.repeat(64), disk: { serial: null, wwn: null, sizeBytes: 1 } };
  const failure = { code: 'job.other', message: 'Not yours.', next: 'Nothing.' };
  station.scripts.push(answerWith(200, '{"record":"AQID"}'), answerWith(400, JSON.stringify({ failure })));
  const record = await link.requestRecord(request);
  expect(record.ok && [...record.value]).toEqual([1, 2, 3]);
  expect(await link.requestRecord(request)).toEqual({ ok: false, failure });
});
