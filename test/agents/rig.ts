// Agents on a database of their own, with a clock we move. `restart` is a station that was killed and started again on that database.
import { expect } from 'vitest';
import { generateSigningKey, verifyBytes } from '../../agent/image/signature.ts';
import { requestMac } from '../../agent/image/session-proof.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { helloAnswerSchema, orderBodySchema } from '../../agent/protocol/messages.ts';
import type { Hello, HelloAnswer, OrderBody, Signed } from '../../agent/protocol/messages.ts';
import { createAgents } from '../../main/agents/agents.ts';
import type { AgentsOptions } from '../../main/agents/agents.ts';
import { createBootTokens } from '../../main/agents/boot-tokens.ts';
import { createSessionStore } from '../../main/agents/session-store.ts';
import type { StoredSession } from '../../main/agents/session-store.ts';
import { openDatabase } from '../../main/database/open.ts';

export const MAC = '52:54:00:00:00:01';
export const KIT = 'k'.repeat(64);

export const valueOf = <T>(result: Result<T>): T =>
  result.ok ? result.value : expect.fail(`${result.failure.code}: ${result.failure.message}`);
export const codeOf = (result: Result<unknown>): string | null => (result.ok ? null : result.failure.code);

export const createAgentsRig = ({
  trustedKeys = () => [],
  ...options
}: Pick<AgentsOptions, 'largeBodyPatienceMs'> & { readonly trustedKeys?: () => HelloAnswer['trustedKeys'] } = {}) => {
  const database = valueOf(openDatabase(':memory:'));
  const signingKey = generateSigningKey();
  const clock = { atMs: 1_000_000 };
  const start = () =>
    createAgents({
      ...options,
      store: createSessionStore(database),
      tokens: createBootTokens(database),
      signingKey,
      kitId: () => KIT,
      now: () => clock.atMs,
      describe: () => ({ stationName: 'bench', siteName: 'Site A', trustedKeys: trustedKeys() }),
    });
  const rig = { clock, signingKey, agents: start() };

  const hello = (change: Partial<Hello> = {}): Hello => ({
    protocol: { min: 1, max: 1 },
    kitId: KIT,
    agentVersion: '0',
    token: change.token ?? rig.agents.issueToken(MAC),
    bootMac: MAC,
    architecture: 'x64',
    nonce: '0'.repeat(32),
    ...change,
  });
  /** The request that an agent would send, with its proof. */
  const request = (session: StoredSession, counter: number, change: { method?: string; path?: string; body?: Uint8Array } = {}) => {
    const { method = 'POST', path = '/agent/report', body = Buffer.from('{}') } = change;
    return { id: session.id, counter, method, path, body, mac: requestMac(session.key, { method, path, counter, body }) };
  };
  const believed = (signed: Signed): unknown => {
    const isTrue = verifyBytes(signingKey.publicKey, 'order', Buffer.from(signed.body), Buffer.from(signed.signature, 'base64'));
    return isTrue ? JSON.parse(signed.body) : expect.fail('not signed by the station');
  };
  return Object.assign(rig, {
    hello,
    request,
    /** A session whose hello was answered. */
    open: (change: Partial<Hello> = {}): StoredSession => valueOf(rig.agents.hello(hello(change))).session,
    answerIn: (signed: Signed) => helloAnswerSchema.parse(believed(signed)),
    ordersIn: (signed: readonly Signed[]): readonly OrderBody[] => signed.map((one) => orderBodySchema.parse(believed(one))),
    /** Rows of a table. */
    count: (table: string): number => Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get()),
    restart: () => {
      rig.agents = start();
    },
    close: (): void => void database.close(),
  });
};
export type AgentsRig = ReturnType<typeof createAgentsRig>;
