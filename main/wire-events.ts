// What the wire services tell becomes machines heard, boot stages reached and events in words.
import { assertNever } from '../agent/protocol/failure.ts';
import { fetchOfHttp, fetchOfTftp } from './boot/fetches.ts';
import type { BootFetch, BootStep } from './boot/fetches.ts';
import type { BootFilesEvent } from './boot/files.ts';
import type { Events } from './database/events.ts';
import type { BootClient } from './dhcp/boot-client.ts';
import type { DhcpEvent } from './dhcp/events.ts';
import type { HttpEvent } from './http/server.ts';
import type { StageName } from './machines/boot-timeline.ts';
import type { Machines, Speaker } from './machines/machines.ts';
import type { TftpEvent } from './tftp/events.ts';
import type { WireEvents } from './wire.ts';

export type WireHearing = WireEvents & {
  /** Bytes that TFTP and HTTP handed out since the start. */
  bytesServed(): number;
};

const SPEAKERS: Readonly<Record<BootClient['firmware'], Speaker>> = {
  bios: 'firmware',
  uefi: 'firmware',
  'uefi-http': 'firmware',
  ipxe: 'loader',
  agent: 'agent',
  other: 'system',
};

const STAGES: Readonly<Record<BootStep, StageName>> = {
  loader: 'loader',
  'http-image': 'loader',
  script: 'loader',
  kernel: 'kernel',
  stage1: 'stage 1',
  stage2: 'stage 2',
};

/** The same silence of the same machine is told once in this time: firmware asks every few seconds. */
const REPEAT_MS = 60_000;

export const hearWire = ({
  machines,
  events,
  onBug,
  now = Date.now,
}: {
  readonly machines: Machines;
  readonly events: Events;
  /** What could not be kept of an event: it was thrown in a socket's handler, where it would end the station. */
  readonly onBug: (error: unknown, where: string) => void;
  readonly now?: () => number;
}): WireHearing => {
  let served = 0;
  /** Which machine has an address, as far as DHCP or a script told. */
  const macOf = new Map<string, string>();
  const told = new Map<string, number>();
  const idOf = (mac: string): string | null => machines.list().find((machine) => machine.macs.includes(mac))?.id ?? null;
  const tell = (mac: string, kind: string, text: string, level: 'info' | 'warn' = 'info'): void => {
    const key = `${mac} ${kind} ${text}`;
    if (now() - (told.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    told.set(key, now());
    if (told.size > 5000) for (const [old, atMs] of told) if (now() - atMs >= REPEAT_MS) told.delete(old);
    events.log({ kind, text, level, machineId: idOf(mac) });
  };

  const fetched = (fetch: BootFetch | null): void => {
    if (fetch === null) return;
    served += fetch.bytes;
    const mac = fetch.mac ?? macOf.get(fetch.address);
    if (mac !== undefined && fetch.complete) machines.reached(mac, STAGES[fetch.step]);
  };

  const guarded =
    <Event>(where: string, hear: (event: Event) => void) =>
    (event: Event): void => {
      try {
        hear(event);
      } catch (error) {
        onBug(error, where);
      }
    };

  return {
    bytesServed: () => served,
    onDhcp: guarded('dhcp', (event: DhcpEvent) => {
      switch (event.kind) {
        case 'heard': {
          const { client } = event;
          // Strangers' operating systems are no machines of this rack until they boot from the network.
          if (client.firmware === 'other' && idOf(client.mac) === null) return;
          machines.heard(client.mac, SPEAKERS[client.firmware]);
          if (!event.answered && event.silence !== null)
            tell(client.mac, 'dhcp.unanswered', `${client.mac} asked and was not answered: ${event.silence}.`);
          return;
        }
        case 'offered':
        case 'released':
        case 'malformed':
          return;
        case 'bound':
          macOf.set(event.address, event.client.mac);
          tell(event.client.mac, 'dhcp.bound', `${event.client.mac} has the address ${event.address}.`);
          return;
        case 'refused':
          tell(event.client.mac, 'dhcp.refused', `${event.client.mac} was refused an address: ${event.reason}.`, 'warn');
          return;
        case 'declined':
          tell(event.client.mac, 'dhcp.declined', `${event.client.mac} found ${event.address} in use by something else.`, 'warn');
          return;
        case 'pool-exhausted':
          tell(event.client.mac, 'dhcp.pool-exhausted', `No address is left for ${event.client.mac}: make the pool larger.`, 'warn');
          return;
        case 'boot-answered':
          tell(event.client.mac, 'dhcp.boot-answered', `${event.client.mac} was told to boot ${event.bootFile}.`);
          return;
        case 'foreign-server':
          events.log({
            kind: 'dhcp.foreign-server',
            text: `Another DHCP server, ${event.serverId}, was ${event.source === 'probe' ? 'found by our probe' : 'overheard'}.`,
            level: 'warn',
          });
          return;
        case 'resumed':
          events.log({ kind: 'dhcp.resumed', text: 'The link is back and no other DHCP server answers: serving goes on.' });
          return;
        case 'trouble':
        case 'suspended':
        case 'stopped':
          events.log({ kind: `dhcp.${event.kind}`, text: `${event.failure.message} ${event.failure.next}`, level: 'warn' });
          return;
        default:
          assertNever(event);
      }
    }),
    onTftp: guarded('tftp', (event: TftpEvent) => {
      fetched(fetchOfTftp(event));
    }),
    onHttp: guarded('http', (event: HttpEvent) => {
      const fetch = fetchOfHttp(event);
      if (fetch !== null) fetched(fetch);
      else if (event.kind === 'answered') served += event.bytes;
      if (event.kind === 'peer-refused')
        tell(event.address, 'http.peer-refused', `${event.address} is not on this wire and was refused.`, 'warn');
      if (event.kind === 'crashed')
        events.log({ kind: 'station.bug', text: `A request for ${event.path} failed: ${String(event.error)}.`, level: 'error' });
    }),
    onHandOut: guarded('boot files', (event: BootFilesEvent) => {
      machines.reached(event.mac, 'loader');
      const what =
        event.what === 'agent' ? 'our agent' : event.what === 'local' ? 'its own disk' : 'its own disk, as the station does not listen';
      tell(event.mac, 'boot.handed-out', `${event.mac} boots ${what} (${event.via}).`);
    }),
  };
};
