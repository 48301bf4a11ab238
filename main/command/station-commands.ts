// `rackside serve`, `status`, `preflight`, `listen`.
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PreflightReport, StationView } from '../../preload/contract/views.ts';
import { normaliseMac } from '../boot/paths.ts';
import { findRunningStation } from '../data-folder.ts';
import { readFarWindow } from '../pipe/far-window.ts';
import { listNics } from '../network/nics.ts';
import { defaultKitFolder } from '../program-folder.ts';
import { DEFAULT_HTTP_PORT, modeOf, parseWireOptions, portOf, WIRE_OPTIONS } from '../wire/options.ts';
import { LEASE_OPTIONS } from '../wire/lease-words.ts';
import type { WireOptions } from '../wire/options.ts';
import { readKept } from '../station/kept.ts';
import type { PreflightPlace } from '../station/preflight.ts';
import type { Command, Invocation } from './command.ts';
import { describeArmed } from './arming-commands.ts';
import { withStation } from './with-station.ts';
import { duration } from './output.ts';

/** `on for 4:59, for 52:54:00:ab:cd:ef alone` */
const listeningWords = ({ on, untilMs, macs = [], ports = [] }: StationView['listening']): string => {
  const alone = [...macs, ...ports.map((port) => `port ${port}`)].join(', ');
  return `${on ? 'on' : 'off'}${untilMs === null ? '' : ` for ${duration(untilMs - Date.now())}`}${alone === '' ? '' : `, for ${alone} alone`}`;
};

const MARK = { pass: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

const describePreflight = (report: PreflightReport): string =>
  [
    ...report.checks.map(
      (check) =>
        `${MARK[check.verdict]}  ${String(check.number).padStart(2)} ${check.title}: ${check.message}${check.verdict === 'pass' ? '' : `\n         ${check.next}`}`,
    ),
    '',
    `preflight: ${report.verdict}`,
  ].join('\n');

const wireOf = (invocation: Invocation) =>
  parseWireOptions({
    text: (name) => invocation.text(name),
    list: (name) => invocation.list(name),
    flag: (name) => invocation.flag(name),
  });

/** Any of these says where to serve, and then nothing that was chosen before does. */
const WIRE_WORDS = [
  'nic',
  'address',
  'mode',
  'pool',
  'loopback',
  ...(Object.keys(LEASE_OPTIONS) as (keyof typeof LEASE_OPTIONS)[]),
] as const;

/** Where to serve: as named, else as it was chosen while the last station ran here (`wire serve`), else the only wired port. */
const placeOf = (invocation: Invocation): Result<{ readonly wire: WireOptions; readonly isKept: boolean }> => {
  const isNamed = WIRE_WORDS.some(
    (name) => invocation.text(name) !== undefined || invocation.list(name).length > 0 || invocation.flag(name),
  );
  const kept = isNamed ? null : readKept(invocation.dataFolder).wire;
  if (kept === null) {
    const wire = wireOf(invocation);
    return wire.ok ? success({ wire: wire.value, isKept: false }) : wire;
  }
  const httpPort = portOf(invocation.text('http-port'), kept.httpPort);
  return httpPort.ok ? success({ wire: { ...kept, httpPort: httpPort.value }, isKept: true }) : httpPort;
};

const librariesOf = (invocation: Invocation): readonly [string, ...string[]] => {
  const [first = join(invocation.dataFolder, 'library'), ...more] = invocation.list('library').map((folder) => resolve(folder));
  return [first, ...more];
};

const kitOf = (invocation: Invocation): string => invocation.text('kit') ?? defaultKitFolder();

const serve: Command = {
  name: 'serve',
  arguments: '[--nic NIC]',
  help: 'run a station on a wired port (else the one chosen before with "wire serve", or the only one); the window is a browser at the printed address',
  options: WIRE_OPTIONS,
  positionals: { least: 0, most: 0 },
  run: async (invocation) => {
    const place = placeOf(invocation);
    if (!place.ok) return invocation.output.fail(place.failure);
    const { wire, isKept } = place.value;
    const windowPort = portOf(invocation.text('window-port'), 0);
    if (!windowPort.ok) return invocation.output.fail(windowPort.failure);
    const farWish = {
      address: invocation.text('window-address'),
      certificateFile: invocation.text('window-certificate'),
      keyFile: invocation.text('window-key'),
    };
    const farWindow = await readFarWindow(farWish, wire);
    if (!farWindow.ok) return invocation.output.fail(farWindow.failure);
    const [libraryFolder, ...moreLibraries] = librariesOf(invocation);
    // Here and in `preflight` alone: any other command would load a whole station to send one call.
    const { startHeadless } = await import('../headless.ts');
    const started = await startHeadless({
      dataFolder: invocation.dataFolder,
      libraryFolder,
      moreLibraries,
      listen: invocation.flag('listen'),
      wire,
      windowPort: windowPort.value,
      farWindow: farWindow.value,
      siteName: invocation.text('site'),
      operator: invocation.text('operator'),
      kitFolder: kitOf(invocation),
    });
    if (!started.ok) return invocation.output.fail(started.failure);
    const { url, farUrl, station } = started.value;
    const view = station.view();
    invocation.output.print(
      { url, farUrl, station: view, ports: station.ports() },
      [
        `Station "${view.name}" on ${view.wire.nic ?? 'loopback'} ${view.wire.address} (${view.wire.mode}); listening: ${view.listening.on ? 'on' : 'off'}`,
        ...(isKept
          ? ['It serves there as it was told before; elsewhere with --nic, and "rackside wire serve --loopback" forgets it.']
          : []),
        ...(view.wire.problem === null
          ? []
          : [`PROBLEM ${view.wire.problem.message} ${view.wire.problem.next} (${view.wire.problem.code})`]),
        ...(view.kit.problem === null ? [] : [`PROBLEM ${view.kit.problem.message} ${view.kit.problem.next} (${view.kit.problem.code})`]),
        `Window: ${url}`,
        ...(farUrl === null ? [] : [`Window beyond this computer: ${farUrl}`]),
        'Ctrl-C ends the station.',
      ].join('\n'),
    );
    if (!invocation.signal.aborted) await once(invocation.signal, 'abort');
    await started.value.stop();
    return 0;
  },
};

/** The only wired port when none is named; a port that is not there is for the report to say. */
const placeFrom = (invocation: Invocation): Result<PreflightPlace> => {
  const mode = modeOf(invocation.text('mode'));
  if (!mode.ok) return mode;
  const httpPort = portOf(invocation.text('http-port'), DEFAULT_HTTP_PORT);
  if (!httpPort.ok) return httpPort;
  const wired = listNics().filter((nic) => nic.kind === 'wired');
  const nicName = invocation.flag('loopback')
    ? null
    : (invocation.text('nic') ?? (wired.length === 1 ? wired[0]?.name : undefined) ?? '(none named: use --nic)');
  const address = invocation.text('address')?.split('/')[0] ?? null;
  return success({ nicName, address, mode: mode.value, httpPort: httpPort.value });
};

const preflight: Command = {
  name: 'preflight',
  arguments: '[--nic NIC]',
  help: 'check NIC, link, address, ports, rights, other DHCP servers and boot kit before serving',
  options: WIRE_OPTIONS,
  positionals: { least: 0, most: 0 },
  run: async (invocation) => {
    const print = (report: PreflightReport): number => {
      invocation.output.print(report, () => describePreflight(report));
      return report.verdict === 'fail' ? 1 : 0;
    };
    if (findRunningStation(invocation.dataFolder) !== null && invocation.text('nic') === undefined) {
      let code = 0;
      const exit = await withStation(invocation, async (station) => {
        const report = await station.call('preflight.run', {});
        if (!report.ok) return report;
        code = print(report.value);
        return success(null);
      });
      return exit === 0 ? code : exit;
    }
    const place = placeFrom(invocation);
    if (!place.ok) return invocation.output.fail(place.failure);
    const { preflightFor } = await import('../station/preflight.ts');
    return print(
      await preflightFor({
        ...place.value,
        libraryFolder: librariesOf(invocation)[0],
        dataFolder: invocation.dataFolder,
        kitFolder: kitOf(invocation),
        serving: false,
      }),
    );
  },
};

/** A week, as the call takes it. */
const MOST_MINUTES = 7 * 24 * 60;

const minutesOf = (text: string | undefined): Result<number | null> => {
  if (text === undefined) return success(null);
  const minutes = Number(text);
  return minutes > 0 && minutes <= MOST_MINUTES
    ? success(minutes)
    : failed('command.minutes', `"${text}" is no number of minutes up to ${MOST_MINUTES} (a week).`, 'Write e.g. --minutes 60.');
};

/** One that is no MAC would never be answered, and nobody would see why. */
const macsOf = (typed: readonly string[]): Result<readonly string[]> => {
  const macs = typed.map(normaliseMac);
  const wrong = typed.find((_, index) => macs[index] === null);
  return wrong === undefined
    ? success(macs.filter((mac) => mac !== null))
    : failed('command.mac', `"${wrong}" is no MAC address.`, 'Write e.g. --mac 52:54:00:12:34:56.');
};

const listen: Command = {
  name: 'listen',
  arguments: 'on|off',
  help: 'switch whether boot requests are answered',
  options: {
    minutes: { type: 'string', value: 'N', help: 'switch off again after this time (default: until switched off)' },
    mac: { type: 'string', multiple: true, value: 'MAC', help: 'answer only this machine; may be given several times' },
    port: {
      type: 'string',
      multiple: true,
      value: 'PORT',
      help: 'answer only what hangs on this switch port ("Gi1/0/7" or "SWITCH Gi1/0/7"), as LLDP or option 82 name it; several times',
    },
  },
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const word = invocation.positionals[0];
      if (word !== 'on' && word !== 'off')
        return failed('command.arguments', `listen takes on or off, not "${word ?? ''}".`, 'rackside listen on');
      const minutes = minutesOf(invocation.text('minutes'));
      if (!minutes.ok) return minutes;
      const macs = macsOf(invocation.list('mac'));
      if (!macs.ok) return macs;
      const only = { macs: [...macs.value], ports: [...invocation.list('port')] };
      const answer = await station.call('listening.set', { on: word === 'on', minutes: minutes.value, ...only });
      if (!answer.ok) return answer;
      const { listening } = answer.value;
      invocation.output.print(answer.value, `Listening is ${listeningWords(listening)}.`);
      return success(null);
    }),
};

const status: Command = {
  name: 'status',
  arguments: '',
  help: 'show the running station: wire, listening, arming, kit, library',
  options: {},
  positionals: { least: 0, most: 0 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const view = await station.call('station.get', {});
      if (!view.ok) return view;
      const { wire, listening, armed, library, kit } = view.value;
      invocation.output.print(
        view.value,
        [
          `${view.value.name} at ${view.value.siteName}, operator ${view.value.operator}`,
          `wire       ${wire.nic ?? 'loopback'} ${wire.address} (${wire.mode})${wire.problem === null ? '' : `  PROBLEM ${wire.problem.message}`}`,
          `listening  ${listeningWords(listening)}`,
          `armed      ${describeArmed(armed)}`,
          `kit        ${kit.kitId ?? kit.problem?.message ?? '-'}`,
          `library    ${library.folder}, ${library.images} images`,
        ].join('\n'),
      );
      return success(null);
    }),
};

export const STATION_COMMANDS: readonly Command[] = [serve, status, preflight, listen];
