import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, createAgentsRig, KIT, MAC, valueOf } from './rig.ts';
import type { AgentsRig } from './rig.ts';

const OTHER_MAC = '52:54:00:00:00:02';
const RESCAN = { kind: 'rescan' } as const;

let rig: AgentsRig;
beforeEach(() => {
  rig = createAgentsRig();
});
afterEach(() => rig.close());

describe('hello', () => {
  test('the answer is signed, repeats the nonce and carries session and station', () => {
    const { session, answer, isNew } = valueOf(rig.agents.hello(rig.hello({ nonce: 'a'.repeat(32) })));
    expect(isNew).toBe(true);
    expect(rig.answerIn(answer)).toMatchObject({
      nonce: 'a'.repeat(32),
      protocol: 1,
      sessionId: session.id,
      sessionKey: session.key,
      nowAtMs: rig.clock.atMs,
      stationName: 'bench',
      siteName: 'Site A',
      kitId: KIT,
    });
    expect(session.key).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the machine is whom the token was issued to, whatever the hello says', () => {
    expect(rig.open({ token: rig.agents.issueToken(OTHER_MAC), bootMac: MAC }).bootMac).toBe(OTHER_MAC);
  });

  test('a token opens one session: another nonce with it is refused, the same nonce gets the same session', () => {
    const first = rig.hello();
    const opened = valueOf(rig.agents.hello(first));
    const again = valueOf(rig.agents.hello(first));
    expect(again.isNew).toBe(false);
    expect(again.session).toEqual(opened.session);
    expect(codeOf(rig.agents.hello({ ...first, nonce: 'b'.repeat(32) }))).toBe('agent.token-invalid');
    rig.restart();
    expect(valueOf(rig.agents.hello(first)).session).toEqual(opened.session);
  });

  test('a hello that was overheard opens nothing once its session has ended', () => {
    const first = rig.hello();
    rig.agents.end(valueOf(rig.agents.hello(first)).session.id);
    expect(codeOf(rig.agents.hello(first))).toBe('agent.token-invalid');
  });

  test("another machine's token with an overheard nonce does not open that session", () => {
    rig.open({ nonce: 'c'.repeat(32) });
    const stranger = rig.hello({ nonce: 'c'.repeat(32), token: rig.agents.issueToken(OTHER_MAC) });
    expect(codeOf(rig.agents.hello(stranger))).toBe('agent.token-invalid');
  });

  test('unknown and old tokens are refused', () => {
    expect(codeOf(rig.agents.hello(rig.hello({ token: 'guessed' })))).toBe('agent.token-invalid');
    const late = rig.hello();
    rig.clock.atMs += 60 * 60_000 + 1;
    expect(codeOf(rig.agents.hello(late))).toBe('agent.token-invalid');
    const inTime = rig.hello();
    rig.clock.atMs += 60 * 60_000;
    expect(codeOf(rig.agents.hello(inTime))).toBeNull();
  });

  test.each([
    ['agent.protocol-mismatch', { protocol: { min: 2, max: 3 } }, /protocol 2 to 3, this station 1 to 1/],
    ['agent.protocol-mismatch', { protocol: { min: 0, max: 0 } }, /protocol 0 to 0/],
    ['agent.kit-mismatch', { kitId: 'old' }, /boot kit old, this station has k{64}/],
    ['agent.kit-mismatch', { kitId: '' }, /boot kit \?/],
  ])('%s says what speaks and what was wanted', (code, change, words) => {
    const hello = rig.hello(change);
    const refused = rig.agents.hello(hello);
    expect(codeOf(refused)).toBe(code);
    expect(refused.ok ? '' : refused.failure.message).toMatch(words);
    // The token is not used up by it.
    expect(codeOf(rig.agents.hello({ ...hello, protocol: { min: 1, max: 9 }, kitId: KIT }))).toBeNull();
  });
});

describe('what is kept of sessions', () => {
  const HOUR_MS = 60 * 60_000;
  const WEEK_MS = 7 * 24 * HOUR_MS;
  const sessions = (): number => rig.count('session');

  test('one that ended goes an hour later, and its hello still opens nothing', () => {
    const hello = rig.hello();
    rig.agents.end(valueOf(rig.agents.hello(hello)).session.id);
    rig.clock.atMs += HOUR_MS;
    expect([rig.agents.tidy().length, sessions()]).toEqual([0, 1]);
    rig.clock.atMs += 1;
    expect([rig.agents.tidy().length, sessions()]).toEqual([1, 0]);
    rig.clock.atMs -= 1;
    expect(codeOf(rig.agents.hello(hello))).toBe('agent.token-invalid');
  });

  test('one that runs stays as long as it is heard, also over a restart, and goes after a week of silence', () => {
    const session = rig.open();
    for (let week = 1; week <= 3; week += 1) {
      rig.clock.atMs += WEEK_MS;
      valueOf(rig.agents.authenticate(rig.request(session, week)));
      rig.restart();
      expect(rig.agents.tidy()).toEqual([]);
    }
    rig.clock.atMs += WEEK_MS + 1;
    expect(rig.agents.tidy()).toEqual([session.id]);
    expect(codeOf(rig.agents.authenticate(rig.request(session, 9)))).toBe('agent.session-unknown');
  });

  test('used tokens are remembered for their hour, unused ones not at all', () => {
    for (let times = 0; times < 100; times += 1) rig.agents.issueToken(MAC);
    expect(rig.count('used_token')).toBe(0);
    rig.open();
    rig.clock.atMs += HOUR_MS + 1;
    rig.open({ nonce: 'e'.repeat(32) });
    expect(rig.count('used_token')).toBe(1);
  });

  test('a token of another station, or one altered anywhere, is none', () => {
    const token = rig.agents.issueToken(MAC);
    const other = createAgentsRig();
    expect(codeOf(rig.agents.hello(rig.hello({ token: other.agents.issueToken(MAC) })))).toBe('agent.token-invalid');
    other.close();
    for (let at = 0; at < token.length; at += 1) {
      const altered = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(codeOf(rig.agents.hello(rig.hello({ token: altered })))).toBe('agent.token-invalid');
    }
    expect(codeOf(rig.agents.hello(rig.hello({ token: `${token}=` })))).toBe('agent.token-invalid');
    expect(codeOf(rig.agents.hello(rig.hello({ token })))).toBeNull();
  });
});

describe('the proof of a request', () => {
  test('covers method, path with query, body and counter', () => {
    const session = rig.open();
    const body = Buffer.from('{"a":1}');
    const good = rig.request(session, 7, { path: '/agent/orders?after=3', body });
    for (const wrong of [
      { ...good, method: 'PUT' },
      { ...good, path: '/agent/orders?after=4' },
      { ...good, path: '/agent/orders' },
      { ...good, body: Buffer.from('{"a":2}') },
      { ...good, counter: 8 },
      { ...good, mac: '' },
      { ...good, mac: good.mac.slice(1) },
      { ...good, mac: 'ß'.repeat(64) },
      { ...good, mac: good.mac.toUpperCase() },
    ])
      expect(codeOf(rig.agents.authenticate(wrong))).toBe('agent.proof-invalid');
    expect(codeOf(rig.agents.authenticate(good))).toBeNull();
  });

  test("another session's key proves nothing, an unknown session is named as such", () => {
    const mine = rig.open();
    const other = rig.open({ token: rig.agents.issueToken(OTHER_MAC), nonce: 'd'.repeat(32) });
    expect(codeOf(rig.agents.authenticate({ ...rig.request(other, 1), id: mine.id }))).toBe('agent.proof-invalid');
    expect(codeOf(rig.agents.authenticate({ ...rig.request(mine, 1), id: 'nobody' }))).toBe('agent.session-unknown');
    rig.agents.end(mine.id);
    expect(codeOf(rig.agents.authenticate(rig.request(mine, 1)))).toBe('agent.session-unknown');
  });

  test('a false proof does not use up the counter', () => {
    const session = rig.open();
    expect(codeOf(rig.agents.authenticate({ ...rig.request(session, 5), mac: '0'.repeat(64) }))).toBe('agent.proof-invalid');
    expect(codeOf(rig.agents.authenticate(rig.request(session, 5)))).toBeNull();
  });

  test('a replay is refused, also after any number of restarts at any moment', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant('restart' as const)), { maxLength: 40 }), (steps) => {
        const one = createAgentsRig();
        const session = one.open();
        const accepted: number[] = [];
        for (const step of steps) {
          if (step === 'restart') one.restart();
          else if (one.agents.authenticate(one.request(session, step)).ok) accepted.push(step);
        }
        expect(new Set(accepted).size).toBe(accepted.length);
        one.restart();
        for (const counter of accepted) expect(codeOf(one.agents.authenticate(one.request(session, counter)))).toBe('agent.proof-invalid');
        // The agent goes on, whatever it lost on the way.
        expect(codeOf(one.agents.authenticate(one.request(session, Math.max(0, ...accepted) + 1)))).toBeNull();
        one.close();
      }),
      { numRuns: 40 },
    );
  });

  test('the first proven request after a restart is said to be back, once, and a stranger does not take its place', () => {
    const session = rig.open();
    expect(valueOf(rig.agents.authenticate(rig.request(session, 1))).isBack).toBe(false);
    rig.restart();
    expect(codeOf(rig.agents.authenticate(rig.request(session, 1)))).toBe('agent.proof-invalid');
    expect(codeOf(rig.agents.authenticate({ ...rig.request(session, 2), mac: 'f'.repeat(64) }))).toBe('agent.proof-invalid');
    expect(valueOf(rig.agents.authenticate(rig.request(session, 2))).isBack).toBe(true);
    expect(valueOf(rig.agents.authenticate(rig.request(session, 3))).isBack).toBe(false);
  });
});

describe('orders', () => {
  const never = new AbortController().signal;

  test('numbers rise through restarts, also for a session that was not heard since', async () => {
    const session = rig.open();
    valueOf(rig.agents.authenticate(rig.request(session, 1)));
    expect([rig.agents.send(session.id, RESCAN), rig.agents.send(session.id, RESCAN)]).toEqual([1, 2]);
    rig.restart();
    expect(rig.agents.send(session.id, { kind: 'cancel', jobId: 'job' })).toBe(3);
    expect(valueOf(rig.agents.authenticate(rig.request(session, 2))).isBack).toBe(true);
    const [order] = rig.ordersIn(await rig.agents.orders(session.id, 2, never));
    expect(order).toMatchObject({ sessionId: session.id, sequence: 3, order: { kind: 'cancel', jobId: 'job' } });
  });

  test('a session that has ended or never was gets none', async () => {
    const session = rig.open();
    const waiting = (valueOf(rig.agents.authenticate(rig.request(session, 1))), rig.agents.orders(session.id, 0, never));
    rig.agents.end(session.id);
    expect(await waiting).toEqual([]);
    expect(rig.agents.send(session.id, RESCAN)).toBeNull();
    expect(rig.agents.send('nobody', RESCAN)).toBeNull();
    expect(await rig.agents.orders('nobody', 0, never)).toEqual([]);
  });

  test('stop ends every long poll and keeps the sessions', async () => {
    const session = rig.open();
    valueOf(rig.agents.authenticate(rig.request(session, 1)));
    const waiting = rig.agents.orders(session.id, 0, never);
    rig.agents.stop();
    expect(await waiting).toEqual([]);
    rig.restart();
    expect(codeOf(rig.agents.authenticate(rig.request(session, 2)))).toBeNull();
  });
});
