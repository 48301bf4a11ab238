// What a boot does to the record of a machine: what was heard of it on the wire, stage by stage, to its agent's hello. Until the inventory
// says who it is, it goes by its MAC, which may be another machine's by now; then what was there before is given back.
import type { Events } from '../database/events.ts';
import { enterStage } from './boot-timeline.ts';
import type { StageName } from './boot-timeline.ts';
import type { Machine, MachineChange } from './machine.ts';
import type { Presence } from './presence.ts';
import type { Records } from './records.ts';
import { AGENT_READS, SAYS } from './state.ts';

/** Who speaks DHCP: the firmware's own boot request, a second-stage loader, our agent, or an installed system. */
export type Speaker = 'firmware' | 'loader' | 'agent' | 'system';

export type Boots = {
  /**
   * A DHCP packet of this MAC was heard; makes a record when no machine is known by it. `silence`: why it was not answered, in a few
   * words; null where it was.
   */
  heard(mac: string, speaker: Speaker, silence?: string | null): Machine;
  /** The machine that booted from this MAC has reached a stage of its boot. */
  reached(mac: string, stage: StageName): Machine;
  /** An agent has opened a session. */
  hello(sessionId: string, bootMac: string): Machine;
  /** The record was taken for this boot's by its MAC, and is another machine's: it is again what it was before. */
  giveBack(machine: Machine): void;
  /** The record is this boot's machine, by its inventory. */
  identified(machine: Machine): void;
};

export type BootsOptions = {
  readonly records: Records;
  readonly presence: Presence;
  readonly events: Events;
  readonly now: () => number;
  /** True while this MAC's next network boot will be sent to its own disk: then its requests are no new journey. */
  readonly bootsOwnDisk: (mac: string) => boolean;
  readonly change: (machineId: string, change: MachineChange) => Machine;
  readonly move: (machineId: string, state: Machine['state'], change?: MachineChange) => Machine;
};

const TOUCH_MS = 5_000;

export const createBoots = ({ records, presence, events, now, bootsOwnDisk, change, move }: BootsOptions): Boots => {
  const { byMac, put } = records;
  const before = new Map<string, Machine>();

  /** A sign of life that changes nothing else: firmware asks several times a second. */
  const touch = (machine: Machine): Machine => (now() - machine.lastSeenAtMs < TOUCH_MS ? machine : change(machine.id, {}));
  /** A boot begins; what was known of the machine before is kept in case the MAC belongs to another one by now. */
  const begin = (machine: Machine, state: 'seen' | 'booting', stage: StageName): Machine => {
    if (machine.state !== 'seen' && machine.state !== 'booting') before.set(machine.id, machine);
    const boot = enterStage(machine.boot, stage, now());
    return machine.state === state && boot === machine.boot ? touch(machine) : move(machine.id, state, { boot });
  };
  const asks = (machine: Machine, silence: string | null): Machine => {
    const begun = begin(machine, 'seen', 'DHCP');
    const says = silence === null ? SAYS.seen : `It asks to boot and is not answered: ${silence}.`;
    return begun.says === says ? begun : put({ ...begun, says });
  };

  return {
    heard: (mac, speaker, silence = null) => {
      const machine = byMac(mac);
      // A system renews its lease, and so does a running agent: neither is a boot.
      const isRenewal = speaker === 'system' || (speaker === 'agent' && presence.isOnline(machine.sessionId));
      if (isRenewal || bootsOwnDisk(mac)) return touch(machine);
      if (machine.sessionId !== null) presence.leave(machine.sessionId);
      // A network card's own iPXE asks like a second-stage loader; it has loaded nothing while nobody answers it.
      const isAsking = speaker === 'firmware' || (speaker === 'loader' && silence !== null && machine.state !== 'booting');
      if (isAsking) return asks(machine, silence);
      return begin(machine, 'booting', speaker === 'loader' ? 'loader' : 'stage 1');
    },
    reached: (mac, stage) => {
      const machine = byMac(mac);
      if (stage === 'own disk') return change(machine.id, { boot: enterStage(machine.boot, stage, now()) });
      // News of a file that was fetched before the agent said hello may come late.
      if (presence.isOnline(machine.sessionId) || bootsOwnDisk(mac)) return machine;
      return begin(machine, 'booting', stage);
    },
    hello: (sessionId, bootMac) => {
      const begun = begin(byMac(bootMac), 'booting', 'agent');
      presence.contact(sessionId);
      events.log({ kind: 'agent.arrived', text: 'The agent said hello.', machineId: begun.id });
      return put({ ...begun, sessionId, bootMac, says: AGENT_READS });
    },
    giveBack: (machine) => {
      const was = before.get(machine.id);
      before.delete(machine.id);
      put({
        ...machine,
        ...(was === undefined ? {} : { state: was.state, stateAtMs: was.stateAtMs, says: was.says }),
        sessionId: null,
      });
    },
    identified: (machine) => void before.delete(machine.id),
  };
};
