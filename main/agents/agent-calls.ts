// What the agents' calls mean to the journey of their machines (main/journey/from-agents.ts).
import { encodeProvenance } from '../../agent/image/provenance.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import { success } from '../../agent/protocol/failure.ts';
import type { Events } from '../database/events.ts';
import type { FromAgents } from '../journey/from-agents.ts';
import type { Machines } from '../machines/machines.ts';
import type { Agents } from './agents.ts';
import type { AgentCalls } from './routes.ts';

export type AgentCallsOptions = {
  readonly journey: FromAgents;
  readonly agents: Agents;
  readonly machines: Machines;
  readonly events: Events;
  readonly stationName: string;
  /** Signs provenance records. */
  readonly signingKey: SigningKey;
  readonly now: () => number;
};

/** A stranger may knock a thousand times a second: one refusal of one address is told once in this time. */
const REPEAT_MS = 60_000;
const TOLD_MOST = 1000;

export const agentCalls = ({ journey, agents, machines, events, stationName, signingKey, now }: AgentCallsOptions): AgentCalls => {
  const told = new Map<string, number>();
  const isNews = (what: string): boolean => {
    for (const [old, atMs] of told) if (now() - atMs >= REPEAT_MS) told.delete(old);
    if (told.has(what) || told.size >= TOLD_MOST) return false;
    told.set(what, now());
    return true;
  };
  return {
    onHello: (session) => journey.onHello({ sessionId: session.id, bootMac: session.bootMac }),
    onBack: (session) => {
      // Whatever was asked before the restart is decided afresh, from a fresh look at the disks; a running job goes on.
      if (machines.ofSession(session.id)?.state !== 'working') agents.send(session.id, { kind: 'rescan' });
    },
    onContact: (session) => journey.onContact(session.id),
    onInventory: (session, inventory) => {
      const answer = journey.onInventory({ sessionId: session.id, bootMac: session.bootMac }, inventory);
      if (answer.ok) agents.bindMachine(session.id, answer.value.machineId);
      return answer;
    },
    onReport: (session, report) => {
      const heard = journey.onReport(session.id, report);
      if (!heard.ok) events.log({ kind: 'agent.refused', text: `${heard.failure.message} (${heard.failure.code})`, level: 'warn' });
    },
    onRecordWanted: (session, request) => {
      const job = journey.onProvenanceAsked(session.id, request);
      if (!job.ok) return job;
      const { osoid, manifestSha256, siteName, settingsSha256 } = job.value;
      const record = { osoid, manifestSha256, disk: request.disk, stationName, site: siteName, atIso: new Date(now()).toISOString() };
      const settings = settingsSha256 === undefined ? {} : { settingsSha256 };
      const table = request.table === undefined ? {} : { table: request.table };
      return success(encodeProvenance({ ...record, ...settings, ...table }, signingKey));
    },
    onCaptureAsked: (session, jobId) => journey.onCaptureAsked(session.id, jobId),
    onHealAsked: (session, jobId) => journey.onHealAsked(session.id, jobId),
    onPayloadAsked: (session, jobId, sha256) => journey.onPayloadAsked(session.id, jobId, sha256),
    onCaptured: journey.onCaptured,
    onRefused: (address, failure) => {
      if (!isNews(`${address} ${failure.code}`)) return;
      events.log({ kind: 'agent.refused', text: `${address}: ${failure.message} (${failure.code})`, level: 'warn' });
    },
  };
};
