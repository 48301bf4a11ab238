// Makes sightings of what the wire services tell: which MAC reached which step of a boot. Beside wire-events.ts, which makes the
// machines' states of the same events.
import { assertNever } from '../../agent/protocol/failure.ts';
import { fetchOfHttp, fetchOfTftp } from '../boot/fetches.ts';
import { normaliseBootPath } from '../boot/paths.ts';
import type { BootFetch, BootStep } from '../boot/fetches.ts';
import type { HandOut } from '../boot/hand-out.ts';
import type { BootClient } from '../dhcp/boot-client.ts';
import type { DhcpEvent } from '../dhcp/events.ts';
import type { TftpEvent } from '../tftp/events.ts';
import type { WireEvents } from '../wire/wire.ts';
import type { WireStage, WireStepCode } from '../../preload/contract/wire-views.ts';
import { orderOf } from './trails.ts';
import type { Trails } from './trails.ts';

export type WireFollowing = WireEvents & {
  /** The agent said hello; it names its MAC itself. */
  onHello(mac: string): void;
};

const STAGES: Readonly<Record<BootStep, WireStage>> = {
  loader: 'loader',
  'http-image': 'loader',
  script: 'script',
  kernel: 'kernel',
  stage1: 'stage1',
  stage2: 'stage2',
};

const FIRMWARE: Readonly<Record<BootClient['firmware'], string>> = {
  bios: 'BIOS firmware (PXE)',
  uefi: 'UEFI firmware (PXE)',
  'uefi-http': 'UEFI firmware (HTTP boot)',
  ipxe: 'iPXE',
  'u-boot': 'U-Boot',
  agent: 'our small system',
  other: 'an operating system',
};

/** What its script told it. */
const HANDED: Readonly<Record<HandOut['kind'], string>> = {
  agent: 'boot our system',
  local: 'boot your own disk',
  installer: "boot a vendor's installer",
  'not-listening': 'boot your own disk: the station does not listen',
};

const size = (bytes: number): string => (bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A name that a client made up, fit for a terminal. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);

const brokeOff = ({ bytes, durationMs }: BootFetch): string => `broke off after ${size(bytes)}, ${seconds(durationMs)}`;

/** What shim from 15.7 on looks for beside itself: newer revocations, certificates of the machine's owner. */
const SHIM_OPTIONAL = /(^|\/)(revocations|shim_certificate)\w*\.efi$/i;

export const followWire = ({ trails, now }: { readonly trails: Trails; readonly now: () => number }): WireFollowing => {
  /** Which MAC has an address. */
  const macOf = new Map<string, string>();
  const see = (mac: string, stage: WireStage, text: string, code: WireStepCode | null = null): void =>
    trails.note({ mac, stage, text, code, why: null }, now());
  const seeBad = (
    mac: string,
    stage: WireStage,
    text: string,
    { code, why }: { readonly code: WireStepCode; readonly why: string },
  ): void => trails.note({ mac, stage, text, code, why }, now());

  /** Strangers' operating systems are no boots of this rack. */
  const isFollowed = ({ firmware, mac }: BootClient): boolean => firmware !== 'other' || trails.of(mac) !== null;

  const heard = ({ client, message, silence }: Extract<DhcpEvent, { kind: 'heard' }>): void => {
    if (client.address !== null) macOf.set(client.address, client.mac);
    const { mac, firmware } = client;
    // What it says to the server that leases is a step of its own.
    if (silence?.code === 'leasing-server' && firmware !== 'agent') return;
    if (firmware === 'other') return see(mac, 'own-system', 'asked for an address');
    if (firmware === 'agent') return see(mac, 'system', 'asked for an address');
    // iPXE that firmware has loaded begins no new boot by asking; iPXE in the card's own ROM does, and then the last boot went further.
    const steps = trails.of(mac)?.steps ?? [];
    const isLoaded = firmware === 'ipxe' && steps.length > 0 && !steps.some((step) => orderOf(step.stage) > orderOf('loader'));
    const stage = isLoaded ? 'loader' : 'asked';
    const who = FIRMWARE[firmware];
    if (silence === null) see(mac, stage, `${who} asks`);
    else seeBad(mac, stage, `${who} asks (${message.toUpperCase()})`, { code: silence.code, why: silence.text });
  };

  const fetched = (fetch: BootFetch | null): void => {
    if (fetch === null) return;
    const mac = fetch.mac ?? macOf.get(fetch.address);
    if (mac === undefined) return;
    const name = `${fetch.path} by ${fetch.via.toUpperCase()}`;
    if (fetch.complete) see(mac, STAGES[fetch.step], `${name}: ${size(fetch.bytes)} in ${seconds(fetch.durationMs)}`);
    else seeBad(mac, STAGES[fetch.step], name, { code: 'broke-off', why: brokeOff(fetch) });
  };

  const refused = (event: TftpEvent): void => {
    if (event.kind !== 'refused' && event.kind !== 'busy') return;
    const mac = macOf.get(event.client.address);
    if (mac === undefined) return;
    const path = printable(normaliseBootPath(event.path));
    // GRUB and shim try names that need not exist; only a missing loader stops a boot.
    if (!/\.(efi|kpxe|img)$|^vmlinuz$/i.test(path) || SHIM_OPTIONAL.test(path)) return;
    if (event.kind === 'busy') seeBad(mac, 'loader', path, { code: 'busy', why: 'too many transfers at once' });
    else seeBad(mac, 'loader', path, { code: 'file-refused', why: `refused: ${event.message}` });
  };

  return {
    onHello: (mac) => see(mac, 'hello', 'the agent runs'),
    onDhcp: (event) => {
      if ('client' in event && !isFollowed(event.client)) return;
      switch (event.kind) {
        case 'heard':
          return heard(event);
        case 'offered':
          return see(event.client.mac, 'offered', event.address);
        case 'bound':
          macOf.set(event.address, event.client.mac);
          return see(event.client.mac, 'bound', event.address);
        case 'leased-elsewhere':
          macOf.set(event.address, event.client.mac);
          return see(event.client.mac, 'bound', `asks ${event.serverId ?? 'another server'} for ${event.address}`);
        case 'refused':
          return seeBad(event.client.mac, 'bound', 'refused its address', { code: 'address-refused', why: event.reason });
        case 'declined':
          return seeBad(event.client.mac, 'bound', event.address, { code: 'address-in-use', why: 'in use by something else' });
        case 'pool-exhausted':
          return seeBad(event.client.mac, 'offered', 'nothing', { code: 'pool-full', why: 'pool full' });
        case 'boot-answered':
          return see(event.client.mac, 'told', event.bootFile);
        case 'released':
        case 'foreign-server':
        case 'malformed':
        case 'trouble':
        case 'suspended':
        case 'resumed':
        case 'stopped':
          return;
        default:
          assertNever(event);
      }
    },
    onTftp: (event) => {
      fetched(fetchOfTftp(event));
      refused(event);
    },
    onHttp: (event) => fetched(fetchOfHttp(event)),
    onHandOut: ({ mac, what }) => see(mac, 'handed', HANDED[what], what),
  };
};
