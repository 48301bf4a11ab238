// What an agent's calls do to the journey: here only who is told what; the journey has its own tests.
import { expect, test } from 'vitest';
import { readProvenance } from '../../agent/image/provenance.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Order } from '../../agent/protocol/messages.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { agentCalls } from '../../main/agents/agent-calls.ts';
import type { AgentCallsOptions } from '../../main/agents/agent-calls.ts';
import type { StoredSession } from '../../main/agents/session-store.ts';
import { inventory } from '../journey/fixtures.ts';

const session = { id: 's1', bootMac: '52:54:00:00:00:01' } as StoredSession;

const callsWith = (state: string, journey: Partial<AgentCallsOptions['journey']>) => {
  const sent: Order[] = [];
  const bound: string[] = [];
  const logged: string[] = [];
  const clock = { atMs: Date.UTC(2026, 0, 2) };
  const signingKey = generateSigningKey();
  const calls = agentCalls({
    journey: journey as AgentCallsOptions['journey'],
    agents: {
      send: (_id: string, order: Order) => sent.push(order),
      bindMachine: (id: string, machine: string) => bound.push(`${id} ${machine}`),
    } as unknown as AgentCallsOptions['agents'],
    machines: { ofSession: () => ({ state }) } as unknown as AgentCallsOptions['machines'],
    events: { log: ({ text }: { text: string }) => logged.push(text) } as unknown as AgentCallsOptions['events'],
    stationName: 'bench',
    signingKey,
    now: () => clock.atMs,
  });
  return { calls, sent, bound, logged, clock, signingKey };
};

test('an agent that is back looks at its disks again, unless it is writing one', () => {
  const idle = callsWith('asking', {});
  idle.calls.onBack(session);
  expect(idle.sent).toEqual([{ kind: 'rescan' }]);
  const busy = callsWith('working', {});
  busy.calls.onBack(session);
  expect(busy.sent).toEqual([]);
});

test('a session is bound to the machine that its inventory turned out to be, and to none when it was refused', () => {
  const known = callsWith('asking', { onInventory: () => success({ machineId: 'm1', machineName: 'r1' }) });
  expect(known.calls.onInventory(session, inventory()).ok).toBe(true);
  expect(known.bound).toEqual(['s1 m1']);
  const refused = callsWith('asking', { onInventory: () => failed('machine.unfit', 'No.', 'No.') });
  expect(refused.calls.onInventory(session, inventory()).ok).toBe(false);
  expect(refused.bound).toEqual([]);
});

test('what the journey does not believe of a report is told to a person', () => {
  const { calls, logged } = callsWith('asking', { onReport: () => failed('report.stale', 'That job has ended.', 'Nothing.') });
  calls.onReport(session, { kind: 'log', level: 'info', text: 'x' });
  calls.onRefused('10.0.0.9', { code: 'agent.proof-invalid', message: 'No proof.', next: 'Look.' });
  expect(logged).toEqual(['That job has ended. (report.stale)', '10.0.0.9: No proof. (agent.proof-invalid)']);
});

test('a stranger who is refused again and again is told once a minute', () => {
  const { calls, logged, clock } = callsWith('asking', {});
  const knock = (address: string, code = 'agent.proof-invalid'): void => calls.onRefused(address, { code, message: 'No.', next: 'Look.' });
  for (let times = 0; times < 5; times += 1) knock('10.0.0.9');
  expect(logged).toHaveLength(1);
  knock('10.0.0.8');
  knock('10.0.0.9', 'agent.token-invalid');
  expect(logged).toHaveLength(3);
  clock.atMs += 60_000;
  knock('10.0.0.9');
  expect(logged).toHaveLength(4);
});

test('the record names image, disk, station and time; without a job there is none', () => {
  const disk = { serial: 'S', wwn: null, sizeBytes: 512 };
  const request = { jobId: 'j', osoid: 'a'.repeat(64), manifestSha256: 'b'.repeat(64), disk };
  const none = callsWith('working', { onProvenanceAsked: () => failed('job.other', 'Not yours.', 'Nothing.') });
  expect(none.calls.onRecordWanted(session, request).ok).toBe(false);
  const job = { osoid: request.osoid, manifestSha256: request.manifestSha256, siteName: 'Site A' };
  const some = callsWith('working', { onProvenanceAsked: () => success(job as never) });
  const record = some.calls.onRecordWanted(session, request);
  if (!record.ok) return expect.fail(record.failure.message);
  expect(readProvenance(record.value, { disk, trustedKeys: trustedKeysOf([some.signingKey.publicKey]) })).toMatchObject({
    verdict: 'trusted',
    record: { osoid: request.osoid, disk, stationName: 'bench', site: 'Site A', atIso: '2026-01-02T00:00:00.000Z' },
  });
});
