// Who sent this inventory: a machine known before, or a new one; what a boot without inventory had put on another record goes back.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { Events } from '../database/events.ts';
import { evidenceFrom } from './evidence.ts';
import type { Machine } from './machine.ts';
import type { MachineRows } from './machine-rows.ts';
import { recognise } from './recognise.ts';
import type { Recognition } from './recognise.ts';
import type { Records } from './records.ts';

export type Identify = {
  /** The known machine that these facts are of, for a machine that booted from this MAC. */
  recogniseAt(bootMac: string | null, read: readonly Fact[]): Recognition;
  /** The machine known before, or the record made from its MAC, which is one from now on. */
  identify(session: Machine | null, bootMac: string, read: readonly Fact[]): { machine: Machine; recognition: Recognition };
};

export type IdentifyOptions = {
  readonly rows: MachineRows;
  readonly records: Records;
  readonly events: Events;
  readonly nameOf: (machine: Machine) => string;
  readonly isOnline: (machine: Machine) => boolean;
  /** The record was taken for this boot's by its MAC, and is another machine's. */
  readonly giveBack: (machine: Machine) => void;
};

export const createIdentify = ({ rows, records, events, nameOf, isOnline, giveBack }: IdentifyOptions): Identify => {
  /**
   * One whose agent is at work under another boot MAC cannot be it, whatever the evidence says (two boards with one UUID): then a
   * person is asked, and the running one keeps its record and its job.
   */
  const recogniseAt = (bootMac: string | null, read: readonly Fact[]): Recognition => {
    const recognition = recognise(evidenceFrom(read), rows.known(), rows.wandering());
    if (recognition.kind !== 'known') return recognition;
    const machine = records.known(recognition.machineId);
    const isElsewhere = isOnline(machine) && machine.bootMac !== null && bootMac !== null && machine.bootMac !== bootMac;
    return isElsewhere ? { kind: 'tie', candidates: [machine.id], score: recognition.score } : recognition;
  };
  return {
    recogniseAt,
    identify: (session, bootMac, read) => {
      const recognition = recogniseAt(bootMac, read);
      const own = session?.provisional === true ? session : null;
      if (session !== null && own === null && (recognition.kind !== 'known' || recognition.machineId !== session.id)) giveBack(session);
      if (recognition.kind === 'known') {
        const machine = records.known(recognition.machineId);
        if (own === null) return { recognition, machine };
        const text = `${own.bootMac ?? 'A new record'} is ${nameOf(machine)}.`;
        const folded = records.fold(own, machine);
        events.log({ kind: 'machine.recognised', text, machineId: machine.id });
        return { recognition, machine: folded };
      }
      const machine = own ?? records.provisional(bootMac);
      return { recognition, machine: recognition.kind === 'new' ? records.put({ ...machine, provisional: false }) : machine };
    },
  };
};
