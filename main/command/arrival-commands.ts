// `rackside policies arrived`, `policies take`, `policies drop`, and the same of recipes: what other stations say in the libraries that
// are open here.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ArrivalView } from '../../preload/contract/arrivals.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { Command, Invocation } from './command.ts';
import { printed, withStation } from './with-station.ts';

type Kind = 'policy' | 'recipe';
const AREAS = { policy: 'policies', recipe: 'recipes' } as const;

const headOf = ({ name, change, station, by, at, keyId, trust, dropped }: ArrivalView): string =>
  [
    `${change === 'new' ? '+' : '~'} ${name}  ${change}, of ${station} (${by}, ${at.slice(0, 10)})`,
    ...(trust === 'trusted' ? [] : [trust === 'broken' ? '  SIGNATURE WRONG' : `  NOT TRUSTED, key ${keyId}`]),
    ...(dropped ? ['  dropped'] : []),
  ].join('');

const describeArrival = (arrival: ArrivalView): string =>
  [
    headOf(arrival),
    ...(arrival.change === 'new' ? arrival.text.split('\n').map((line) => `      ${line}`) : []),
    ...arrival.fields.map(({ field, here, arriving }) => `      ${field}: ${here} -> ${arriving}`),
    ...(arrival.says === null ? [] : [`      ${arrival.says}`]),
    ...(arrival.problem === null ? [] : [`      ${arrival.problem.message} ${arrival.problem.next} (${arrival.problem.code})`]),
  ].join('\n');

const list = async (station: PipeClient, kind: Kind): Promise<Result<readonly ArrivalView[]>> => {
  const answer = await station.call('arrivals.list', {});
  return answer.ok ? success(answer.value.arrivals.filter((one) => one.kind === kind)) : answer;
};

const choose = async (station: PipeClient, kind: Kind, invocation: Invocation): Promise<Result<ArrivalView>> => {
  const name = invocation.positionals[0] ?? '';
  const from = invocation.text('from');
  const all = await list(station, kind);
  if (!all.ok) return all;
  const named = all.value.filter((one) => one.name === name && (from === undefined || one.station === from || one.keyId.startsWith(from)));
  const [only, ...others] = named;
  if (only === undefined)
    return failed('arrival.unknown', `No ${kind} "${name}" has arrived.`, `See what has with: rackside ${AREAS[kind]} arrived`);
  if (others.length > 0)
    return failed(
      'arrival.several',
      `${named.length} stations say something of ${kind} "${name}": ${named.map(({ station: at, keyId }) => `${at} (${keyId})`).join(', ')}.`,
      'Say whose with --from STATION, or --from KEY.',
    );
  return success(only);
};

const from = {
  from: { type: 'string', value: 'STATION', help: 'of several: the name of the station, or the beginning of its key' },
} as const;

const commandsOf = (kind: Kind): readonly Command[] => [
  {
    name: `${AREAS[kind]} arrived`,
    arguments: '[NAME]',
    help: `list what other stations say of ${AREAS[kind]} in the open libraries, with the difference; it is off here`,
    options: { all: { type: 'boolean', help: 'also what was dropped' } },
    positionals: { least: 0, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const found = await list(station, kind);
        if (!found.ok) return found;
        const [name] = invocation.positionals;
        const shown = found.value.filter((one) => (name === undefined ? invocation.flag('all') || !one.dropped : one.name === name));
        invocation.output.print(
          shown,
          shown.length === 0
            ? 'Nothing has arrived that is not here.'
            : [
                ...shown.map(name === undefined ? (one) => (one.change === 'new' ? headOf(one) : describeArrival(one)) : describeArrival),
                `Switch one on with: rackside ${AREAS[kind]} take NAME`,
              ].join('\n'),
        );
        return success(null);
      }),
  },
  {
    name: `${AREAS[kind]} take`,
    arguments: 'NAME',
    help: `switch on a ${kind} that arrived, after showing what it changes here; goes on record`,
    options: {
      ...from,
      yes: { type: 'boolean', help: 'switch on what is shown without asking' },
      'accept-untrusted': { type: 'boolean', help: 'although its key is not trusted here, or its signature is wrong; goes on record' },
    },
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const arrival = await choose(station, kind, invocation);
        if (!arrival.ok) return arrival;
        const { documentId, name, hash } = arrival.value;
        // On stderr when JSON is wanted, so that JSON on stdout stays JSON.
        if (invocation.json) process.stderr.write(`${describeArrival(arrival.value)}\n`);
        else invocation.output.print(arrival.value, describeArrival(arrival.value));
        const typed = invocation.flag('yes') ? 'yes' : await invocation.ask('Switch it on like this? Type yes: ');
        if (typed?.trim().toLowerCase() !== 'yes')
          return failed(
            'arrival.not-seen',
            `${kind} "${name}" was not switched on.`,
            `Say yes with --yes once you have read this, or: rackside ${AREAS[kind]} drop ${name}`,
          );
        const argument = { documentId, name, seen: hash, acceptUntrusted: invocation.flag('accept-untrusted') };
        const taken = await station.call('arrivals.enable', argument, { signal: invocation.signal });
        return printed(invocation, taken, () => `${name} is on.`);
      }),
  },
  {
    name: `${AREAS[kind]} drop`,
    arguments: 'NAME',
    help: `say no to a ${kind} that arrived; a newer one of it is asked about again`,
    options: from,
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const arrival = await choose(station, kind, invocation);
        if (!arrival.ok) return arrival;
        const { documentId, name } = arrival.value;
        return printed(invocation, await station.call('arrivals.drop', { documentId, name }), () => `${name} is dropped.`);
      }),
  },
];

export const ARRIVAL_COMMANDS: readonly Command[] = [...commandsOf('policy'), ...commandsOf('recipe')];
