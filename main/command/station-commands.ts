// `rackside serve`, `status`, `preflight`, `listen`, `events`.
import { once } from 'node:events';
import { join } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PreflightReport } from '../../preload/contract/views.ts';
import { findRunningStation } from '../data-folder.ts';
import { listNics } from '../network/nics.ts';
import { startHeadless } from '../headless.ts';
import { defaultKitFolder } from '../program-folder.ts';
import { DEFAULT_HTTP_PORT, parseWireOptions, WIRE_OPTIONS } from '../wire-options.ts';
import { preflightFor } from '../station-preflight.ts';
import type { PreflightPlace } from '../station-preflight.ts';
import type { Command, Invocation } from './command.ts';
import { withStation } from './with-station.ts';
import { duration } from './output.ts';

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
  parseWireOptions({ text: (name) => invocation.text(name), flag: (name) => invocation.flag(name) });

const libraryOf = (invocation: Invocation): string => invocation.text('library') ?? join(invocation.dataFolder, 'library');

const kitOf = (invocation: Invocation): string => invocation.text('kit') ?? defaultKitFolder();

const serve: Command = {
  name: 'serve',
  arguments: '--nic NIC',
  help: 'run a station on a wired port; the window is a browser at the printed address',
  options: WIRE_OPTIONS,
  positionals: { least: 0, most: 0 },
  run: async (invocation) => {
    const wire = wireOf(invocation);
    if (!wire.ok) return invocation.output.fail(wire.failure);
    const started = await startHeadless({
      dataFolder: invocation.dataFolder,
      libraryFolder: libraryOf(invocation),
      listen: invocation.flag('listen'),
      wire: wire.value,
      windowPort: Number(invocation.text('window-port') ?? 0),
      siteName: invocation.text('site'),
      operator: invocation.text('operator'),
      kitFolder: kitOf(invocation),
    });
    if (!started.ok) return invocation.output.fail(started.failure);
    const { url, station } = started.value;
    const view = station.view();
    invocation.output.print(
      { url, station: view, ports: station.ports() },
      [
        `Station "${view.name}" on ${view.wire.nic ?? 'loopback'} ${view.wire.address} (${view.wire.mode}); listening: ${view.listening.on ? 'on' : 'off'}`,
        ...(view.wire.problem === null
          ? []
          : [`PROBLEM ${view.wire.problem.message} ${view.wire.problem.next} (${view.wire.problem.code})`]),
        ...(view.kit.problem === null ? [] : [`PROBLEM ${view.kit.problem.message} ${view.kit.problem.next} (${view.kit.problem.code})`]),
        `Window: ${url}`,
        'Ctrl-C ends the station.',
      ].join('\n'),
    );
    if (!invocation.signal.aborted) await once(invocation.signal, 'abort');
    await started.value.stop();
    return 0;
  },
};

/** The only wired port when none is named; a port that is not there is for the report to say. */
const placeFrom = (invocation: Invocation): PreflightPlace => {
  const wired = listNics().filter((nic) => nic.kind === 'wired');
  const nicName = invocation.flag('loopback')
    ? null
    : (invocation.text('nic') ?? (wired.length === 1 ? wired[0]?.name : undefined) ?? '(none named: use --nic)');
  const address = invocation.text('address')?.split('/')[0] ?? null;
  const httpPort = Number(invocation.text('http-port') ?? DEFAULT_HTTP_PORT);
  return { nicName, address, mode: invocation.text('mode') === 'proxy' ? 'proxy' : 'server', httpPort };
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
    return print(await preflightFor({ ...place, libraryFolder: libraryOf(invocation), kitFolder: kitOf(invocation), serving: false }));
  },
};

const minutesOf = (text: string | undefined): Result<number | null> => {
  if (text === undefined) return success(null);
  const minutes = Number(text);
  return Number.isFinite(minutes) && minutes > 0
    ? success(minutes)
    : failed('command.minutes', `"${text}" is no number of minutes.`, 'Write e.g. --minutes 60.');
};

const listen: Command = {
  name: 'listen',
  arguments: 'on|off',
  help: 'switch whether boot requests are answered',
  options: {
    minutes: { type: 'string', value: 'N', help: 'switch off again after this time (default: until switched off)' },
    mac: { type: 'string', multiple: true, value: 'MAC', help: 'answer only this machine; may be given several times' },
  },
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const word = invocation.positionals[0];
      if (word !== 'on' && word !== 'off')
        return failed('command.arguments', `listen takes on or off, not "${word ?? ''}".`, 'rackside listen on');
      const minutes = minutesOf(invocation.text('minutes'));
      if (!minutes.ok) return minutes;
      const answer = await station.call('listening.set', {
        on: word === 'on',
        minutes: minutes.value,
        macs: invocation.list('mac').map((mac) => mac.toLowerCase()),
      });
      if (!answer.ok) return answer;
      const { listening } = answer.value;
      invocation.output.print(
        answer.value,
        `Listening is ${listening.on ? 'on' : 'off'}${listening.untilMs === null ? '' : ` for ${duration(listening.untilMs - Date.now())}`}.`,
      );
      return success(null);
    }),
};

const status: Command = {
  name: 'status',
  arguments: '',
  help: 'show the running station: wire, listening, kit, library',
  options: {},
  positionals: { least: 0, most: 0 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const view = await station.call('station.get', {});
      if (!view.ok) return view;
      const { wire, listening, library, kit } = view.value;
      invocation.output.print(
        view.value,
        [
          `${view.value.name} at ${view.value.siteName}, operator ${view.value.operator}`,
          `wire       ${wire.nic ?? 'loopback'} ${wire.address} (${wire.mode})${wire.problem === null ? '' : `  PROBLEM ${wire.problem.message}`}`,
          `listening  ${listening.on ? 'on' : 'off'}`,
          `kit        ${kit.kitId ?? kit.problem?.message ?? '-'}`,
          `library    ${library.folder}, ${library.images} images`,
        ].join('\n'),
      );
      return success(null);
    }),
};

const events: Command = {
  name: 'events',
  arguments: '[--follow]',
  help: 'print what happened; with --follow, go on printing',
  options: {
    follow: { type: 'boolean', help: 'go on until Ctrl-C' },
    machine: { type: 'string', value: 'ID', help: 'only this machine' },
    after: { type: 'string', value: 'EVENT', help: 'only events after this number' },
  },
  positionals: { least: 0, most: 0 },
  run: async (invocation) => {
    const only = invocation.text('machine') ?? null;
    let last = Number(invocation.text('after') ?? 0);
    const print = (event: { id: number; atMs: number; level: string; kind: string; text: string; machineId: string | null }): void => {
      if (event.id <= last || (only !== null && event.machineId !== only)) return;
      last = event.id;
      invocation.output.print(
        event,
        `${new Date(event.atMs).toISOString()}  ${event.level.padEnd(5)} ${event.kind.padEnd(24)} ${event.text}`,
      );
    };
    const waiting: Parameters<typeof print>[0][] = [];
    let caughtUp = false;
    const gone = new AbortController();
    const station = await invocation.station(
      (event) => {
        if (event.name !== 'event.logged') return;
        if (caughtUp) print(event.payload);
        else waiting.push(event.payload);
      },
      () => gone.abort(),
    );
    if (!station.ok) return invocation.output.fail(station.failure);
    try {
      const past = await station.value.call('events.list', { afterId: last, limit: 1000, machineId: only });
      if (!past.ok) return invocation.output.fail(past.failure);
      past.value.forEach(print);
      if (!invocation.flag('follow')) return 0;
      waiting.forEach(print);
      caughtUp = true;
      const end = AbortSignal.any([invocation.signal, gone.signal]);
      if (!end.aborted) await once(end, 'abort');
      if (invocation.signal.aborted) return 0;
      return invocation.output.fail(failed('station.gone', 'The station has ended.', 'Start it again with: rackside serve').failure);
    } finally {
      station.value.close();
    }
  },
};

export const STATION_COMMANDS: readonly Command[] = [serve, status, preflight, listen, events];
