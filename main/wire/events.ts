// What the wire services tell becomes machines heard, boot stages reached and events in words.
import { assertNever } from '../../agent/protocol/failure.ts';
import { fetchOfHttp, fetchOfTftp } from '../boot/fetches.ts';
import type { BootFetch, BootStep } from '../boot/fetches.ts';
import type { BootFilesEvent } from '../boot/files.ts';
import type { Events } from '../database/events.ts';
import type { BootClient } from '../dhcp/boot-client.ts';
import type { DhcpEvent } from '../dhcp/events.ts';
import type { HttpEvent } from '../http/server.ts';
import type { StageName } from '../machines/boot-timeline.ts';
import type { Speaker } from '../machines/boots.ts';
import type { Machines } from '../machines/machines.ts';
import type { TftpEvent } from '../tftp/events.ts';
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
  'u-boot': 'firmware',
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
/** Of a flood of made-up addresses the oldest are told again too soon rather than remembered for ever. */
const TOLD_MOST = 5000;

/** What a machine was sent to, in the words of the event. */
const BOOTS: Readonly<Record<BootFilesEvent['what'], string>> = {
  agent: 'our agent',
  local: 'its own disk',
  installer: "a vendor's installer",
  'not-listening': 'its own disk, as the station does not listen',
};

export const hearWire = ({
  machines,
  events,
  onBug,
  also,
  now = Date.now,
}: {
  readonly machines: Machines;
  readonly events: Events;
  /** What could not be kept of an event: it was thrown in a socket's handler, where it would end the station. */
  readonly onBug: (error: unknown, where: string) => void;
  /** Who else hears everything: the wire log. */
  readonly also?: WireEvents;
  readonly now?: () => number;
}): WireHearing => {
  let served = 0;
  /** Which machine has an address, as far as DHCP or a script told. */
  const macOf = new Map<string, string>();
  const told = new Map<string, number>();
  const tell = (mac: string, kind: string, text: string, level: 'info' | 'warn' = 'info'): void => {
    const key = `${mac} ${kind} ${text}`;
    if (now() - (told.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    // Again at the end, so that the first is always the oldest.
    told.delete(key);
    told.set(key, now());
    const [oldest] = told.keys();
    if (oldest !== undefined && told.size > TOLD_MOST) told.delete(oldest);
    events.log({ kind, text, level, machineId: machines.idOfMac(mac) });
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
      also?.onDhcp(event);
      switch (event.kind) {
        case 'heard': {
          const { client } = event;
          // Strangers' operating systems are no machines of this rack until they boot from the network.
          if (client.firmware === 'other' && machines.idOfMac(client.mac) === null) return;
          const unanswered = event.silence?.code === 'leasing-server' ? null : event.silence;
          machines.heard(client.mac, SPEAKERS[client.firmware], unanswered?.text ?? null);
          if (unanswered !== null) tell(client.mac, 'dhcp.unanswered', `${client.mac} asked and was not answered: ${unanswered.text}.`);
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
        case 'leased-elsewhere': {
          const { client, address, serverId } = event;
          if (machines.idOfMac(client.mac) === null) return;
          macOf.set(address, client.mac);
          tell(client.mac, 'dhcp.leased-elsewhere', `${client.mac} asks ${serverId ?? 'another DHCP server'} for the address ${address}.`);
          return;
        }
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
          // Asked for again every few seconds as long as it is there.
          tell(
            event.serverId,
            'dhcp.foreign-server',
            `Another DHCP server, ${event.serverId}, was ${event.source === 'probe' ? 'found by our probe' : 'overheard'}.`,
            'warn',
          );
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
      also?.onTftp(event);
      fetched(fetchOfTftp(event));
    }),
    onHttp: guarded('http', (event: HttpEvent) => {
      also?.onHttp(event);
      const fetch = fetchOfHttp(event);
      if (fetch !== null) fetched(fetch);
      else if (event.kind === 'answered') served += event.bytes;
      if (event.kind === 'peer-refused')
        tell(event.address, 'http.peer-refused', `${event.address} is not on this wire and was refused.`, 'warn');
      if (event.kind === 'peer-crowded')
        tell(
          event.address,
          'http.peer-crowded',
          `${event.address} opened more connections than a machine needs; some were refused.`,
          'warn',
        );
      if (event.kind === 'crashed')
        events.log({ kind: 'station.bug', text: `A request for ${event.path} failed: ${String(event.error)}.`, level: 'error' });
    }),
    onHandOut: guarded('boot files', (event: BootFilesEvent) => {
      also?.onHandOut(event);
      machines.reached(event.mac, 'loader');
      tell(event.mac, 'boot.handed-out', `${event.mac} boots ${BOOTS[event.what]} (${event.via}).`);
    }),
  };
};
