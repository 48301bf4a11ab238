// What every step of the journey works with, and the few moves that more than one step makes.
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Order } from '../../agent/protocol/messages.ts';
import type { StationField } from '../../preload/contract/fields.ts';
import type { Events, NewEvent } from '../database/events.ts';
import type { LocalBoots } from '../database/local-boots.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Constructions } from '../recipes/constructions.ts';
import type { InstallerBoots } from '../recipes/installer-boots.ts';
import type { ImageSets } from '../sets/sets.ts';
import type { SetRuns } from './set-runs.ts';
import type { Recipes } from '../recipes/recipes.ts';
import type { Arming } from './arming.ts';
import type { Consents } from './consent-rows.ts';
import type { LibraryImage } from './decided.ts';
import type { Machine, MachineChange } from '../machines/machine.ts';
import type { Machines } from '../machines/machines.ts';
import type { Overrides } from './override-rows.ts';

export type Parts = {
  readonly machines: Machines;
  readonly jobs: Jobs;
  readonly policies: Policies;
  readonly recipes: Pick<Recipes, 'current' | 'bySha256'>;
  readonly sets: Pick<ImageSets, 'current'>;
  readonly setRuns: SetRuns;
  /** How the station asks people for facts. */
  readonly fields: () => readonly StationField[];
  readonly constructions: Pick<Constructions, 'ensure' | 'of' | 'running' | 'built' | 'forget'>;
  readonly installers: InstallerBoots;
  readonly events: Events;
  readonly sites: Sites;
  readonly consents: Consents;
  readonly overrides: Overrides;
  readonly arming: Arming;
  readonly localBoots: LocalBoots;
  /** How often in a row a machine was told to look at its disks again, because they differed from its inventory. */
  readonly rescans: Map<string, number>;
  readonly images: () => readonly LibraryImage[];
  /** Queues an order for a session; its sequence, or null when the session has ended. */
  readonly sendOrder: (sessionId: string, order: Order) => number | null;
  readonly growLastPartition: boolean;
  readonly now: () => number;
};

/** Sends an order; an answer to any earlier one no longer counts. */
export const send = (parts: Parts, machine: Machine, order: Order): Machine => {
  const sequence = machine.sessionId === null ? null : parts.sendOrder(machine.sessionId, order);
  return sequence === null ? machine : parts.machines.change(machine.id, { orderSequence: sequence });
};

/** Text on the target's own screen, for whoever stands before the rack. */
export const show = (parts: Parts, machine: Machine, text: string, waitingFor: string | null): void => {
  if (machine.sessionId !== null) parts.sendOrder(machine.sessionId, { kind: 'show', text, waitingFor });
};

export const note = (parts: Parts, machine: Machine, kind: string, text: string, more: Pick<NewEvent, 'level' | 'jobId'> = {}): void =>
  void parts.events.log({ kind, text, machineId: machine.id, ...more });

export const refuseWhileWorking = (parts: Parts, machine: Machine): Result<null> =>
  parts.jobs.active(machine.id) === null
    ? success(null)
    : failed('job.running', 'A job on this machine has not ended.', 'Wait for it, or cancel it first.');

/** Sends the machine to its own disk, and makes its next network boot do the same, once. */
export const sendToOwnDisk = (
  parts: Parts,
  machine: Machine,
  order: { readonly osoid: string | null; readonly reason: string; readonly localBoot: LocalBoot | null },
  change: MachineChange,
): Machine => {
  if (machine.bootMac !== null) parts.localBoots.put(machine.bootMac, order.localBoot ?? firmwareDefault(machine));
  parts.setRuns.close(machine.id);
  const moved = parts.machines.move(machine.id, 'provisioned', { says: order.reason, ...change });
  return send(parts, moved, { kind: 'boot-local', osoid: order.osoid, reason: order.reason });
};

/** Where the agent did not say how: the firmware's own kind, and the boot stage looks for the loader itself. */
export const firmwareDefault = (machine: Machine): LocalBoot =>
  machine.inventory?.firmware?.kind === 'uefi' ? { kind: 'uefi', espUuid: null, loaderPath: null } : { kind: 'bios' };
