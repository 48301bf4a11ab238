// The services of one wire, in the order in which a machine meets them: DHCP says what to boot, TFTP and HTTP hand it out. They
// start together or not at all, and stop in reverse.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { bootFiles } from '../boot/files.ts';
import type { BootFiles, BootFilesEvent } from '../boot/files.ts';
import { decideBoot } from '../boot/decide.ts';
import type { BootKit } from '../boot/kit.ts';
import { kitFile } from '../boot/kit.ts';
import { KIT_CHANGING } from '../boot/kit-keeper.ts';
import { racksideWords } from '../boot/words.ts';
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import type { DhcpEvent } from '../dhcp/events.ts';
import type { LeaseStore } from '../dhcp/leases.ts';
import { startDhcp } from '../dhcp/service.ts';
import type { RunningDhcp } from '../dhcp/service.ts';
import type { Route } from '../http/routes.ts';
import { failureAnswer } from '../http/answer.ts';
import { startHttp } from '../http/server.ts';
import type { HttpEvent, RunningHttp } from '../http/server.ts';
import { openLoopbackUdp } from '../network/datagrams.ts';
import { openDeviceUdp } from '../network/device-udp.ts';
import { contains } from '../network/ipv4.ts';
import { listNics } from '../network/nics.ts';
import type { Nic } from '../network/nics.ts';
import type { InstallerHandOut } from '../recipes/installer-files.ts';
import { stationUrl } from '../boot/situation.ts';
import type { TftpEvent } from '../tftp/events.ts';
import type { TftpFile } from '../tftp/source.ts';
import { startTftp } from '../tftp/service.ts';
import type { RunningTftp } from '../tftp/service.ts';
import type { WireOptions } from './options.ts';

export type WireEvents = {
  onDhcp(event: DhcpEvent): void;
  onTftp(event: TftpEvent): void;
  onHttp(event: HttpEvent): void;
  onHandOut(event: BootFilesEvent): void;
};

export type WireParts = WireEvents & {
  readonly options: WireOptions;
  /** As of now; null: nothing may be served. */
  kit(): BootKit | null;
  /** Looks whether the kit is still what `kit` says; asked before a file is named. */
  lookAtKit(): Promise<void>;
  readonly stationKey: string;
  /** Routes for agents and images. */
  readonly routes: readonly Route[];
  readonly leases: LeaseStore;
  readonly now: () => number;
  listening(mac: string): boolean;
  /** A switch names the port of this machine. */
  onRelayed(mac: string, ports: readonly string[]): void;
  knownMac(mac: string): boolean;
  issueToken(mac: string): string;
  peekLocalBoot(mac: string): LocalBoot | null;
  takeLocalBoot(mac: string): LocalBoot | null;
  /** The installer that waits for this machine. */
  peekInstaller(mac: string): { readonly shim: string | null } | null;
  takeInstaller(mac: string, stationUrl: string): InstallerHandOut | null;
  installerFile(path: string): Promise<TftpFile | null>;
};

export type RunningWire = {
  readonly address: string;
  readonly ports: { readonly dhcp: number; readonly tftp: number; readonly http: number };
  /** A new boot of this machine: what an earlier boot was told no longer counts. */
  forgetHandOut(mac: string): void;
  stop(): Promise<void>;
};

/** An agent has a few at once. */
const PEER_CONNECTIONS = 128;

const LOOPBACK_POOL_FIRST = '10.99.0.1';

const loopbackPool = (leases: number) => ({ first: LOOPBACK_POOL_FIRST, last: `10.99.${Math.floor(leases / 250)}.${(leases % 250) + 1}` });

/** The NIC as it is now; `wire.no-link` before anything is opened on a dead port. */
const readyNic = (name: string): Result<Nic> => {
  const nic = listNics().find((candidate) => candidate.name === name);
  if (nic === undefined)
    return failed('wire.no-such-nic', `The network interface ${name} is gone.`, 'Plug it in again; the station goes on by itself.');
  if (!nic.up) return failed('wire.nic-down', `The network interface ${name} is switched off.`, `Switch it on: ip link set ${name} up`);
  if (nic.carrier === false)
    return failed('wire.no-link', `There is no link on ${name}.`, 'Check the cable and the switch port; the station goes on by itself.');
  return success(nic);
};

/** Starts HTTP, TFTP and DHCP. Failures are theirs, and `wire.no-link`, `wire.nic-down`, `wire.no-such-nic`. */
export const startWire = async (parts: WireParts): Promise<Result<RunningWire>> => {
  const { options } = parts;
  const nic = options.kind === 'rack' ? readyNic(options.nic) : success(null);
  if (!nic.ok) return nic;
  const address = options.kind === 'rack' ? options.network.address : '127.0.0.1';
  // The routes of boot files need the port that HTTP gets, and the kit may be replaced: they are looked up when asked.
  let made: { readonly kit: BootKit; readonly files: BootFiles } | null = null;
  const files = (): BootFiles | null => {
    const kit = parts.kit();
    if (kit === null) return null;
    const port = http.ok ? http.value.address.port : 0;
    if (made?.kit !== kit) made = { kit, files: bootFilesFor(parts, kit, { address, httpPort: port }) };
    return made.files;
  };
  const http = await startHttp({
    address,
    port: options.httpPort ?? 0,
    routes: [...parts.routes, lateRoutes(files, parts.lookAtKit)],
    onEvent: parts.onHttp,
    // The software rack's machines share one address.
    ...(options.kind === 'rack' ? { peerConnections: PEER_CONNECTIONS } : {}),
    allowPeer: (peer) => options.kind === 'loopback' || contains(options.network, peer) || peer.startsWith('127.'),
  });
  if (!http.ok) return http;
  const station = { address, httpPort: http.value.address.port };
  const tftp = await startTftp({
    openDatagrams: (port) =>
      nic.value === null ? openLoopbackUdp({ port }) : openDeviceUdp({ nic: nic.value, address, port, broadcasts: false }),
    port: options.kind === 'rack' ? 69 : 0,
    resolve: async (path) => {
      await parts.lookAtKit();
      return (await files()?.resolve(path)) ?? null;
    },
    onEvent: parts.onTftp,
  });
  if (!tftp.ok) return stopAfter(tftp.failure, http.value);
  const dhcp = await startDhcp({
    mode: options.kind === 'rack' ? options.mode : 'server',
    endpoint:
      options.kind === 'rack' && nic.value !== null
        ? { kind: 'nic', nic: nic.value, address, prefixLength: options.network.prefixLength }
        : { kind: 'loopback', address, port: 0 },
    pool: options.kind === 'rack' ? options.pool : loopbackPool(options.leases),
    leaseSeconds: options.kind === 'rack' ? options.leaseSeconds : 600,
    ...(options.kind === 'rack' ? options.lease : {}),
    decideBoot: (client) =>
      decideBoot(
        client,
        {
          listening: parts.listening(client.mac) || parts.peekLocalBoot(client.mac) !== null || parts.peekInstaller(client.mac) !== null,
          installerShim: parts.peekInstaller(client.mac)?.shim ?? null,
          kitPresent: parts.kit() !== null,
          localBoot: null,
          station,
        },
        () => agentWords(parts, client.mac, station),
      ),
    // Whom to answer is decided for each machine in decideBoot.
    listening: () => true,
    onRelayed: parts.onRelayed,
    knownMac: parts.knownMac,
    leases: parts.leases,
    now: parts.now,
    onEvent: parts.onDhcp,
  });
  if (!dhcp.ok) return stopAfter(dhcp.failure, http.value, tftp.value);
  return success(runningWire(address, http.value, tftp.value, dhcp.value, files));
};

const lateRoutes = (files: () => BootFiles | null, lookAtKit: () => Promise<void>): Route => {
  const find = (path: string) => files()?.routes.find((route) => route.match(path) !== null) ?? null;
  return {
    method: 'GET',
    match: (path) => (path.startsWith('/boot/') ? (find(path)?.match(path) ?? null) : null),
    handle: async (request, pathParts) => {
      await lookAtKit();
      return find(request.path)?.handle(request, pathParts) ?? kitChanging;
    },
  };
};

/** Loaders and stage 1 ask again. */
const kitChanging = failureAnswer(503, KIT_CHANGING);

const bootFilesFor = (parts: WireParts, kit: BootKit, station: { readonly address: string; readonly httpPort: number }): BootFiles =>
  bootFiles({
    kit,
    station,
    stationKey: parts.stationKey,
    situationFor: (mac) => ({ listening: parts.listening(mac), kitPresent: true, localBoot: parts.peekLocalBoot(mac), station }),
    takeLocalBoot: parts.takeLocalBoot,
    takeInstaller: (mac) => parts.takeInstaller(mac, stationUrl(station)),
    installerFile: parts.installerFile,
    issueToken: parts.issueToken,
    now: parts.now,
    onEvent: parts.onHandOut,
  });

const agentWords = (parts: WireParts, mac: string, station: { readonly address: string; readonly httpPort: number }): string => {
  const kit = parts.kit();
  return racksideWords({
    station,
    token: parts.issueToken(mac),
    stationKey: parts.stationKey,
    stage2Sha256: (kit === null ? undefined : kitFile(kit, 'stage2')?.sha256) ?? '0'.repeat(64),
    mac,
  });
};

const stopAfter = async (
  failure: Failure,
  ...running: readonly { stop(): Promise<void> }[]
): Promise<{ readonly ok: false; readonly failure: Failure }> => {
  for (const service of running.toReversed()) await service.stop();
  return { ok: false, failure };
};

const runningWire = (
  address: string,
  http: RunningHttp,
  tftp: RunningTftp,
  dhcp: RunningDhcp,
  files: () => BootFiles | null,
): RunningWire => ({
  address,
  ports: { dhcp: dhcp.address.port, tftp: tftp.address.port, http: http.address.port },
  forgetHandOut: (mac) => files()?.forget(mac),
  stop: async () => {
    await dhcp.stop();
    await tftp.stop();
    await http.stop();
  },
});
