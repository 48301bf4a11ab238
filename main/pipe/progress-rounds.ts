// Progress is a state and not a history: 500 machines that report four times a second would be 2000 frames a second to each window.
// Here the newest of each machine is kept, and four times a second a window gets in one frame what changed since its last round.
// One that reads slowly skips rounds and misses nothing but what was overtaken.
import type { ServerFrame } from '../../preload/contract/pipe.ts';
import type { Progress } from '../../preload/contract/views.ts';

/** As often as jobs report (main/jobs/progress.ts). */
const ROUND_MS = 250;
/** A client that still has this much to read waits for a later round. */
const BACKLOG_BYTES = 64 * 1024;

export type ProgressRoundsOptions<Client> = {
  /** Who is to be told. */
  readonly clients: () => Iterable<Client>;
  readonly backlogBytes: (client: Client) => number;
  readonly send: (client: Client, text: string) => void;
};

export type ProgressRounds<Client> = {
  note(progress: readonly Progress[]): void;
  /** Its job ended: what is still to be told of it is old. */
  forget(machineId: string): void;
  /** From now on: what was noted before is in the client's snapshot. */
  join(client: Client): void;
  stop(): void;
};

export const progressFrame = (payload: readonly Progress[]): string => JSON.stringify({ kind: 'progress', payload } satisfies ServerFrame);

export const createProgressRounds = <Client extends object>(options: ProgressRoundsOptions<Client>): ProgressRounds<Client> => {
  const latest = new Map<string, { readonly round: number; readonly progress: Progress }>();
  /** The first round that a client was not given. */
  const next = new WeakMap<Client, number>();
  let round = 1;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const since = (first: number): string | null => {
    const changed = [...latest.values()].filter((one) => one.round >= first).map((one) => one.progress);
    return changed.length === 0 ? null : progressFrame(changed);
  };

  const tell = (): void => {
    timer = undefined;
    toldAtMs = performance.now();
    round += 1;
    // Windows that keep pace all get the same text.
    const texts = new Map<number, string | null>();
    let oldest = round;
    for (const client of options.clients()) {
      const first = next.get(client) ?? 0;
      if (options.backlogBytes(client) > BACKLOG_BYTES) {
        oldest = Math.min(oldest, first);
        continue;
      }
      if (!texts.has(first)) texts.set(first, since(first));
      next.set(client, round);
      const text = texts.get(first) ?? null;
      if (text !== null) options.send(client, text);
    }
    for (const [machineId, one] of latest) if (one.round < oldest) latest.delete(machineId);
    if (latest.size > 0) plan();
  };
  const plan = (): void => {
    timer ??= setTimeout(tell, Math.max(0, ROUND_MS - (performance.now() - toldAtMs))).unref();
  };

  return {
    note: (progress) => {
      for (const one of progress) latest.set(one.machineId, { round, progress: one });
      plan();
    },
    forget: (machineId) => void latest.delete(machineId),
    join: (client) => void next.set(client, round),
    stop: () => clearTimeout(timer),
  };
};
