// One machine's journey, from the agent's hello to the reboot into its own disk. Every report of an agent (from-agents.ts) and every
// word of a person (from-people.ts) enters here, and what changes around the machines; every order leaves through `sendOrder`. What
// each of them means is a step: a file `*-step.ts`.
import { createConsents } from './consent-rows.ts';
import { admit, reconsider, waitsForBuild } from './decision-step.ts';
import { fromAgents } from './from-agents.ts';
import type { FromAgents } from './from-agents.ts';
import { fromPeople } from './from-people.ts';
import type { FromPeople } from './from-people.ts';
import { endOverdueInstallers } from './install-step.ts';
import { endSilentlyStopped } from './job-cancel.ts';
import { note, sendToOwnDisk } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { createOverrides } from './override-rows.ts';
import { createSaving } from './saving.ts';
import type { SavingOptions } from './saving.ts';
import { judgeAgain } from './trust-step.ts';

export type JourneyOptions = Omit<Parts, 'consents' | 'overrides' | 'rescans'> &
  SavingOptions & {
    /** Called when an agent says that it leaves; its session is over. */
    readonly endSession: (sessionId: string) => void;
    /** Beside someone else's server: an agent that nobody answers goes back to its own disk after this time; null: it waits. */
    readonly ownDiskAfterMs: () => number | null;
  };

export type Journey = FromAgents &
  FromPeople & {
    /** Policies or images changed: machines that wait are decided again. */
    onRulesChanged(): void;
    /** A key is trusted or no longer: machines that wait with a disk whose record it signed look at their disks again. */
    onTrustChanged(keyId: string): void;
    /** Call every few seconds. */
    tick(): void;
  };

export const createJourney = (options: JourneyOptions): Journey => {
  const saving = createSaving(options);
  const parts: Parts = {
    ...options,
    sendOrder: saving.sendOrder,
    consents: createConsents(options),
    overrides: createOverrides(options),
    rescans: new Map(),
  };
  const { machines } = parts;
  const eachOnline = (work: (machine: Machine) => void): void => {
    for (const machine of machines.online()) saving.atomically(() => work(machine));
  };
  return {
    ...fromAgents(parts, saving, options.endSession),
    ...fromPeople(parts, saving),
    onRulesChanged: () => eachOnline((machine) => reconsider(parts, machine)),
    onTrustChanged: (keyId) => eachOnline((machine) => judgeAgain(parts, machine, keyId)),
    tick: () => {
      parts.arming.check();
      saving.atomically(() => endOverdueInstallers(parts));
      machines.sweep();
      saving.atomically(() => endSilentlyStopped(parts));
      // In this order: who gets a place now is not sent away as well.
      eachOnline((machine) => letGo(parts, options.ownDiskAfterMs(), admit(parts, machine)));
    },
  };
};

const letGo = (parts: Parts, ownDiskAfterMs: number | null, machine: Machine): void => {
  if (ownDiskAfterMs === null || !['unmatched', 'ambiguous', 'waiting'].includes(machine.state)) return;
  if (parts.now() - machine.stateAtMs < ownDiskAfterMs || waitsForBuild(parts, machine)) return;
  parts.policies.release(machine.id);
  note(parts, machine, 'machine.sent-to-disk', 'Nobody answered its question in time; it goes back to its own disk.', { level: 'warn' });
  sendToOwnDisk(parts, machine, { osoid: null, reason: 'Nobody answered in time; it boots its own disk.', localBoot: null }, {});
};
