// `rackside events`: what happened, a page at a time back to the first day, or on and on as it happens.
import { once } from 'node:events';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { EventView } from '../../preload/contract/views.ts';
import type { Command, Invocation } from './command.ts';

/** What one call gives at most. */
const PAGE = 1000;

type Wanted = {
  readonly after: number | null;
  readonly before: number | null;
  readonly limit: number | null;
  readonly machineId: string | null;
};

const numberOf = (invocation: Invocation, option: string, least: number): Result<number | null> => {
  const text = invocation.text(option);
  if (text === undefined) return success(null);
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least
    ? success(number)
    : failed('command.number', `--${option} takes a whole number from ${least}, not "${text}".`, 'Take the numbers from: rackside events');
};

const wantedOf = (invocation: Invocation): Result<Wanted> => {
  const after = numberOf(invocation, 'after', 0);
  if (!after.ok) return after;
  const before = numberOf(invocation, 'before', 1);
  if (!before.ok) return before;
  const limit = numberOf(invocation, 'limit', 1);
  if (!limit.ok) return limit;
  if (before.value !== null && invocation.flag('follow'))
    return failed('command.arguments', 'What comes next is not before an event.', 'Leave out --before or --follow.');
  return success({ after: after.value, before: before.value, limit: limit.value, machineId: invocation.text('machine') ?? null });
};

/** Oldest first. After an event: all that follow it, up to the limit; else the last ones. */
const past = async (station: PipeClient, { after, before, limit, machineId }: Wanted): Promise<Result<readonly EventView[]>> => {
  const isForwards = after !== null && before === null;
  const most = limit ?? (isForwards ? Number.POSITIVE_INFINITY : PAGE);
  let found: readonly EventView[] = [];
  for (;;) {
    const afterId = (isForwards ? found.at(-1)?.id : null) ?? after ?? 0;
    const beforeId = isForwards ? null : (found[0]?.id ?? before ?? Number.MAX_SAFE_INTEGER);
    const asked = Math.min(PAGE, most - found.length);
    const page = await station.call('events.list', { afterId, beforeId, limit: asked, machineId });
    if (!page.ok) return page;
    found = isForwards ? [...found, ...page.value] : [...page.value, ...found];
    if (page.value.length < asked || found.length >= most) return success(found);
  }
};

export const EVENT_COMMANDS: readonly Command[] = [
  {
    name: 'events',
    arguments: '[--follow]',
    help: 'print what happened, the last 1000 events unless told otherwise; with --follow, go on printing',
    options: {
      follow: { type: 'boolean', help: 'go on until Ctrl-C' },
      machine: { type: 'string', value: 'ID', help: 'only this machine' },
      after: { type: 'string', value: 'EVENT', help: 'only events after this number' },
      before: { type: 'string', value: 'EVENT', help: 'only events before this number' },
      limit: { type: 'string', value: 'N', help: 'at most so many; the last ones, with --after the first ones' },
    },
    positionals: { least: 0, most: 0 },
    run: async (invocation) => {
      const wanted = wantedOf(invocation);
      if (!wanted.ok) return invocation.output.fail(wanted.failure);
      const { machineId } = wanted.value;
      let last = 0;
      const print = (event: EventView): void => {
        if (event.id <= last || (machineId !== null && event.machineId !== machineId)) return;
        last = event.id;
        const { id, atMs, level, kind, text } = event;
        const line = `${String(id).padStart(6)}  ${new Date(atMs).toISOString()}  ${level.padEnd(5)} ${kind.padEnd(24)} ${text}`;
        invocation.output.print(event, line);
      };
      const waiting: EventView[] = [];
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
        const found = await past(station.value, wanted.value);
        if (!found.ok) return invocation.output.fail(found.failure);
        found.value.forEach(print);
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
  },
];
