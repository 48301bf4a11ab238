// `rackside wire`: why does this machine not boot? Each MAC in a line, or one of them step by step with seconds.
import { normaliseMac } from '../boot/paths.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { WireTrail, WireTrailHead } from '../../preload/contract/wire-views.ts';
import type { WirePort } from '../../preload/contract/wire-calls.ts';
import { WIRE_STAGE_WORDS } from '../../preload/contract/wire-views.ts';
import { modeOf, WIRE_OPTIONS } from '../wire/options.ts';
import type { Command } from './command.ts';
import { duration, table } from './output.ts';
import { machineOf, printed, withStation } from './with-station.ts';

const describeTrail = ({ mac, steps, verdict, startedAtMs }: WireTrail): string => {
  const first = startedAtMs ?? 0;
  const rows = steps.map((step) => [
    `+${((step.firstAtMs - first) / 1000).toFixed(1)} s`,
    step.ok ? 'ok' : 'STOPPED',
    WIRE_STAGE_WORDS[step.stage],
    `${step.text}${step.why === null ? '' : `: ${step.why}`}${step.count > 1 ? ` (${step.count} times in ${duration(step.lastAtMs - step.firstAtMs)})` : ''}`,
  ]);
  return [
    `${mac}${startedAtMs === null ? '' : `, first heard ${new Date(startedAtMs).toISOString()}`}`,
    ...(rows.length === 0 ? [] : ['', table(['AFTER', '', 'STAGE', 'SEEN'], rows)]),
    '',
    verdict.message,
    ...(verdict.next === '' ? [] : [`Next: ${verdict.next}`]),
    `(${verdict.code})`,
  ].join('\n');
};

const describeHeads = (heads: readonly WireTrailHead[]): string =>
  heads.length === 0
    ? 'No boot was seen since the station started.'
    : table(
        ['MAC', 'REACHED', 'AGO', 'WHAT IT MEANS'],
        heads.map(({ mac, verdict, lastAtMs }) => [
          mac,
          verdict.stage === null ? '-' : WIRE_STAGE_WORDS[verdict.stage],
          lastAtMs === null ? '-' : duration(Date.now() - lastAtMs),
          verdict.message,
        ]),
      );

const describePorts = (ports: readonly WirePort[]): string =>
  table(
    ['PORT', 'KIND', 'LINK', 'ADDRESSES'],
    ports.map(({ name, kind, carrier, addresses }) => [
      name,
      kind,
      carrier === null ? '?' : carrier ? 'up' : 'no link',
      addresses.join(', ') || '-',
    ]),
  );

const { nic, mode, address, pool, loopback } = WIRE_OPTIONS;

/** A MAC may be of a machine that was never heard; anything else must be a machine's name. */
const macsOf = async (station: PipeClient, typed: string): Promise<Result<readonly string[]>> => {
  const mac = normaliseMac(typed);
  if (mac !== null) return success([mac]);
  const machine = await machineOf(station, typed);
  return machine.ok ? success(machine.value.macs) : machine;
};

export const WIRE_COMMANDS: readonly Command[] = [
  {
    name: 'wire',
    arguments: '[MAC|MACHINE]',
    help: 'why a machine does not boot: what was seen of it on the wire, where it stopped, what to try next',
    options: {},
    positionals: { least: 0, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const [typed] = invocation.positionals;
        if (typed === undefined) return printed(invocation, await station.call('wire.list', {}), describeHeads);
        const macs = await macsOf(station, typed);
        if (!macs.ok) return macs;
        return printed(invocation, await station.call('wire.get', { macs: [...macs.value] }), describeTrail);
      }),
  },
  {
    name: 'wire ports',
    arguments: '',
    help: "list the network ports of the station's computer",
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => printed(invocation, await station.call('wire.ports', {}), describePorts)),
  },
  {
    name: 'wire serve',
    arguments: '--nic NIC',
    help: 'serve on another port or in another mode without a restart, and after it too; --loopback forgets that. On another port, listening and arming end',
    options: { nic, mode, address, pool, loopback },
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const named = invocation.text('nic');
        if (named === undefined && !invocation.flag('loopback'))
          return failed('command.arguments', 'wire serve wants a port.', 'rackside wire ports lists them; then --nic NIC, or --loopback.');
        const wanted = modeOf(invocation.text('mode'));
        if (!wanted.ok) return wanted;
        const [cidr, range] = [invocation.text('address'), invocation.text('pool')];
        const answer = await station.call('wire.serve', {
          nic: invocation.flag('loopback') ? null : (named ?? null),
          mode: wanted.value,
          ...(cidr === undefined ? {} : { address: cidr }),
          ...(range === undefined ? {} : { pool: range }),
        });
        return printed(invocation, answer, ({ wire }) =>
          wire.problem === null
            ? `The station serves on ${wire.nic ?? 'loopback'} ${wire.address} (${wire.mode}).`
            : `It does not serve yet: ${wire.problem.message} ${wire.problem.next} (${wire.problem.code})`,
        );
      }),
  },
];
