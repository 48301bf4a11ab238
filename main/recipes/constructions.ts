// Images that are made on the station itself, by recipes of the kinds `compose` and `command`: one at a time for each key, begun by the
// first machine that wants it, awaited by all that are alike. How one ended is kept: a failure is not tried again until a person says so.
import { randomUUID } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import type { ConstructionView, RecipeView } from '../../preload/contract/recipe.ts';
import type { Database } from '../database/open.ts';
import type { Events } from '../database/events.ts';
import { imageNameOf, sameKey } from './correspond.ts';
import type { RecipeKey } from './correspond.ts';
import { createConstructionRows } from './construction-rows.ts';
import type { Construction } from './construction-rows.ts';
import { createLogLines } from './log-lines.ts';

export type ConstructionWish = {
  readonly entry: RecipeView;
  readonly key: RecipeKey;
  readonly facts: readonly Fact[];
  /** Whose facts these are; null where no machine asks. */
  readonly machineId: string | null;
};

/** Makes the image and stores it, or says why not; it has left nothing behind then. */
export type ConstructWork = (
  wish: ConstructionWish & { readonly imageName: string },
  run: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
) => Promise<Result<{ readonly osoid: string }>>;

export type Constructions = {
  /** Sees to an image for this recipe and these facts: what runs for the key already is joined, else it begins. */
  ensure(wish: ConstructionWish): Construction;
  /** What runs for this key, or the failure that a person has not yet answered; null: it may begin. */
  of(key: RecipeKey): Construction | null;
  list(): readonly ConstructionView[];
  running(): readonly Construction[];
  /** What was made here, by key: the same content may be an image under another key. */
  built(): readonly { readonly key: RecipeKey; readonly osoid: string }[];
  cancel(id: string): Result<ConstructionView>;
  retry(id: string): Result<readonly ConstructionView[]>;
  /** How it ended for this key counts no more. */
  forget(key: RecipeKey): void;
  stop(): Promise<void>;
};

export type ConstructionsOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly events: Pick<Events, 'log'>;
  readonly operator: () => string;
  readonly machineName: (machineId: string) => string;
  readonly work: ConstructWork;
  /** True where what a construction failed for has come since. */
  readonly mayTryAgain?: (failure: Failure, wish: { readonly key: RecipeKey }) => boolean;
  readonly onChange: (view: ConstructionView) => void;
  /** One has ended, or may begin anew: machines that wait are decided again. */
  readonly onSettled: () => void;
  readonly onBug: (error: unknown) => void;
};

const LISTED_MOST = 100;

export const createConstructions = (options: ConstructionsOptions): Constructions => {
  const { now, events, operator } = options;
  const rows = createConstructionRows(options.database);
  const all = new Map<string, Construction>(rows.all().map((one) => [one.id, one]));
  const controllers = new Map<string, AbortController>();
  const working = new Set<Promise<void>>();
  /** Composing takes seconds and must not wait for a builder that takes an hour. */
  const turns: Record<Construction['kind'], Promise<unknown>> = { compose: Promise.resolve(), command: Promise.resolve() };
  let isStopping = false;

  const viewOf = ({ key, forgotten: _forgotten, ...one }: Construction): ConstructionView => ({
    ...one,
    recipeId: key.id,
    version: Number(key.version),
    matchOn: key.matchOn,
  });
  const save = (one: Construction): Construction => {
    all.set(one.id, one);
    rows.update(one);
    options.onChange(viewOf(one));
    return one;
  };
  const end = (id: string, result: Result<{ readonly osoid: string }>): void => {
    const one = all.get(id);
    if (one === undefined || one.state !== 'running') return;
    const machine = one.machineId === null ? {} : { machineId: one.machineId };
    if (result.ok) {
      save({ ...one, state: 'done', endedAtMs: now(), osoid: result.value.osoid });
      events.log({ kind: 'construction.done', text: `"${one.imageName}" was made by recipe "${one.key.id}" and stored.`, ...machine });
    } else {
      const state = result.failure.code === 'construct.cancelled' ? 'cancelled' : 'failed';
      save({ ...one, state, endedAtMs: now(), failure: result.failure });
      const text = `"${one.imageName}" was not made: ${result.failure.message} ${result.failure.next} (${result.failure.code})`;
      events.log({ kind: 'construction.failed', text, level: state === 'failed' ? 'error' : 'warn', ...machine });
    }
    options.onSettled();
  };

  // An earlier run of the station: nothing of it is stored, for an image exists only whole. Composing begins again by itself.
  for (const one of [...all.values()].filter(({ state }) => state === 'running'))
    save({ ...one, state: 'failed', endedAtMs: now(), failure: INTERRUPTED, forgotten: one.kind === 'compose' });

  const begin = (wish: ConstructionWish): Construction => {
    const { recipe } = wish.entry;
    if (recipe.kind !== 'compose' && recipe.kind !== 'command') throw new Error(`recipe ${recipe.id} is not for the station`);
    const one: Construction = {
      id: randomUUID(),
      kind: recipe.kind,
      imageName: imageNameOf(recipe, wish.key),
      key: wish.key,
      machineId: wish.machineId,
      machineName: wish.machineId === null ? '' : options.machineName(wish.machineId),
      state: 'running',
      startedAtMs: now(),
      endedAtMs: null,
      osoid: null,
      failure: null,
      lastLine: '',
      forgotten: false,
    };
    all.set(one.id, one);
    rows.insert(one);
    options.onChange(viewOf(one));
    const machine = one.machineId === null ? {} : { machineId: one.machineId };
    const text = `"${one.imageName}" is being made on this station by recipe "${recipe.id}" version ${recipe.version}.`;
    events.log({ kind: 'construction.began', text, ...machine });
    const controller = new AbortController();
    controllers.set(one.id, controller);
    const lines = createLogLines((batch) => {
      events.log({ kind: 'construction.logged', text: batch.text, jobId: one.id, ...machine });
      const known = all.get(one.id);
      if (known?.state === 'running') save({ ...known, lastLine: batch.last });
    });
    const work = async (): Promise<void> => {
      try {
        const { signal } = controller;
        const result = signal.aborted
          ? CANCELLED
          : await options.work({ ...wish, imageName: one.imageName }, { signal, onLine: lines.add });
        lines.stop();
        // A station that stops has cancelled nothing: the next run says what became of it.
        if (!isStopping) end(one.id, signal.aborted && !result.ok ? CANCELLED : result);
      } catch (error) {
        lines.stop();
        options.onBug(error);
        if (!isStopping) end(one.id, { ok: false, failure: BUG });
      } finally {
        controllers.delete(one.id);
      }
    };
    const turn = turns[recipe.kind].then(work);
    turns[recipe.kind] = turn;
    working.add(turn);
    void turn.finally(() => working.delete(turn));
    return one;
  };

  const of: Constructions['of'] = (key) => {
    const latest = [...all.values()].findLast((one) => !one.forgotten && sameKey(one.key, key)) ?? null;
    if (latest === null || latest.state === 'done') return null;
    return latest.failure !== null && options.mayTryAgain?.(latest.failure, latest) === true ? null : latest;
  };
  const list = (): readonly ConstructionView[] => [...all.values()].slice(-LISTED_MOST).map(viewOf);
  const known = (id: string): Result<Construction> => {
    const one = all.get(id);
    return one === undefined
      ? failed('construct.unknown', 'No such image is being made here.', 'See them with: rackside recipes builds')
      : success(one);
  };
  const forget: Constructions['forget'] = (key) => {
    for (const one of [...all.values()].filter((each) => each.state !== 'running' && !each.forgotten && sameKey(each.key, key)))
      save({ ...one, forgotten: true });
  };
  return {
    ensure: (wish) => {
      const known = of(wish.key);
      return known?.state === 'running' ? known : begin(wish);
    },
    of,
    list,
    running: () => [...all.values()].filter(({ state }) => state === 'running'),
    built: () => [...all.values()].flatMap(({ key, osoid }) => (osoid === null ? [] : [{ key, osoid }])),
    cancel: (id) => {
      const one = known(id);
      if (!one.ok) return one;
      if (one.value.state !== 'running') return failed('construct.ended', 'This has ended.', 'Look at how it ended.');
      events.log({ kind: 'construction.cancelled', text: `${operator()} stops making "${one.value.imageName}".` });
      controllers.get(id)?.abort();
      return success(viewOf(one.value));
    },
    retry: (id) => {
      const one = known(id);
      if (!one.ok) return one;
      if (one.value.state === 'running') return failed('construct.running', 'It is being made just now.', 'Wait for it, or stop it first.');
      events.log({ kind: 'construction.retried', text: `${operator()} lets "${one.value.imageName}" be made again.` });
      forget(one.value.key);
      options.onSettled();
      return success(list());
    },
    forget,
    stop: async () => {
      isStopping = true;
      for (const controller of controllers.values()) controller.abort();
      await Promise.all(working);
    },
  };
};

const INTERRUPTED: Failure = {
  code: 'construct.interrupted',
  message: 'The station was stopped while the image was being made; nothing of it was stored.',
  next: 'Let it try again.',
};
const CANCELLED = failed('construct.cancelled', 'Making the image was stopped.', 'Let it try again when you like.');
const BUG: Failure = {
  code: 'construct.broke-off',
  message: 'The station could not make the image, by a mistake of its own.',
  next: "Read the station's log, and let it try again.",
};
