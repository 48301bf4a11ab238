// A station made of a scene: it answers every call by changing the scene and publishing what changed, over the real pipe
// and window listener. For the window's tests and for working on the window (`node test/renderer/dev.ts`).
import { fileURLToPath } from 'node:url';
import { startWindowListener } from '../../main/pipe/listen.ts';
import { createPipe } from '../../main/pipe/pipe-server.ts';
import { handlersFor } from './fake-handlers.ts';
import { fakeOutlook } from './fake-outlook.ts';
import { hash } from './scene-parts.ts';
import { makeScene, snapshotOf } from './scene.ts';
import { wireOf } from './scene-wire.ts';
import type { CallHandlers, Pipe } from '../../main/pipe/pipe-server.ts';
import type { CallName } from '../../preload/contract/calls.ts';
import type { Snapshot } from '../../preload/contract/events.ts';
import type { Trace } from '../../preload/contract/policy.ts';
import type { EventView, MachineView } from '../../preload/contract/views.ts';
import type { WindowListener } from '../../main/pipe/listen.ts';
import type { FakeState } from './fake-parts.ts';

export type FakeStation = {
  readonly pipe: Pipe;
  readonly listener: WindowListener;
  readonly token: string;
  /** Address with the token, for a browser. */
  readonly url: string;
  /** Every call that arrived, in order. */
  readonly calls: readonly { readonly name: CallName; readonly argument: unknown }[];
  readonly machine: (id: string) => MachineView;
  /** Changes a machine and tells the windows. */
  readonly change: (id: string, part: Partial<MachineView>) => void;
  /** Changes it before any window hears of it. */
  readonly changeUntold: (id: string, part: Partial<MachineView>) => void;
  /** It asks to erase its first disk for what a person chose, as a real one does when its agent has looked. */
  readonly ask: (id: string) => void;
  /** The decision of a machine, from now on. */
  readonly decide: (id: string, trace: Trace) => void;
  /** From now on the station makes a mistake while it gathers a snapshot. */
  readonly breakSnapshots: (broken: boolean) => void;
  readonly images: () => Snapshot['images'];
  /** Something happened: kept, and told to the windows. */
  readonly note: (event: EventView) => void;
  readonly removeAll: () => void;
  /** Changes the station itself and tells the windows. */
  readonly changeStation: (part: Partial<Snapshot['station']>) => void;
  /** Moves every running job on by `share` (0 to 1) of its whole. */
  readonly advance: (share: number) => void;
  /** Moves one machine of the crowd, the first is 0, on by `share`; at the end it starts over. */
  readonly advanceOne: (index: number, share: number) => void;
  /** Cuts every window off and listens again on the same port. */
  readonly stopListening: () => Promise<void>;
  readonly listenAgain: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type FakeOptions = {
  readonly port?: number;
  readonly crowd?: number;
  readonly bundleFolder?: string;
  readonly nowMs?: number;
  /** So many events since those of the scene. */
  readonly history?: number;
};

const BUNDLE = fileURLToPath(new URL('../../out/renderer', import.meta.url));
export const TOKEN = 'fake-station-token';

/** Starts the fake on loopback. The window must have been built (`npm run build`). */
export const startFakeStation = async (options: FakeOptions = {}): Promise<FakeStation> => {
  const scene = makeScene(options.nowMs ?? Date.now(), options.crowd ?? 0);
  const [example] = scene.events;
  const told = scene.events.length;
  if (example !== undefined)
    for (let id = told + 1; id <= told + (options.history ?? 0); id += 1) scene.events.push({ ...example, id, text: `happening ${id}` });
  const wire = wireOf(options.nowMs ?? Date.now(), () => state.snapshot.machines);
  const state: FakeState = { scene, snapshot: snapshotOf(scene), wire, traces: new Map(), wishes: new Map() };
  const calls: { name: CallName; argument: unknown }[] = [];
  const machine = (id: string): MachineView => {
    const found = state.snapshot.machines.find((one) => one.id === id);
    if (found === undefined) throw new Error(`the scene has no machine ${id}`);
    return found;
  };
  const changeUntold = (id: string, part: Partial<MachineView>): void => {
    const next = { ...machine(id), ...part };
    state.snapshot = { ...state.snapshot, machines: state.snapshot.machines.map((one) => (one.id === id ? next : one)) };
  };
  const change = (id: string, part: Partial<MachineView>): void => {
    changeUntold(id, part);
    pipe.publish({ name: 'machine.changed', payload: machine(id) });
  };
  const plain = handlersFor(state, { machine, change, publish: (event) => pipe.publish(event) });
  const noted = Object.fromEntries(
    Object.entries(plain).map(([name, handler]) => [
      name,
      (argument: never, context: never) => {
        calls.push({ name: name as CallName, argument });
        return (handler as (argument: never, context: never) => unknown)(argument, context);
      },
    ]),
  ) as CallHandlers;
  let broken = false;
  const snapshot = (): Snapshot => {
    if (broken) throw new Error('the snapshot is broken on purpose');
    return state.snapshot;
  };
  const pipe = createPipe({ handlers: noted, snapshot, onBug: (error, where) => broken || console.error(where, error) });
  const listen = async (port: number): Promise<WindowListener> => {
    const started = await startWindowListener({ port, token: TOKEN, bundleFolder: options.bundleFolder ?? BUNDLE, pipe });
    if (!started.ok) throw new Error(`${started.failure.message} ${started.failure.next}`);
    return started.value;
  };
  let listener = await listen(options.port ?? 0);
  return {
    pipe,
    token: TOKEN,
    calls,
    machine,
    change,
    changeUntold,
    get listener() {
      return listener;
    },
    get url() {
      return `${listener.url}#token=${TOKEN}`;
    },
    ask: (id) => {
      const wish = state.wishes.get(id) ?? null;
      const outlook = fakeOutlook(state, machine(id), wish);
      const [disk, ...untouched] = scene.extras.get(id)?.disks ?? [];
      if (!outlook.ok || disk === undefined) throw new Error(`machine ${id} has nothing to ask for`);
      const { osoid, imageName, beside } = outlook.value;
      const question = { kind: 'erase' as const, osoid, imageName, beside, disk, untouched, fetchBytes: 4_100_000_000 };
      change(id, { state: 'waiting', question: { ...question, consentHash: hash(`${id} ${beside.settingsSha256 ?? beside.grow}`) } });
    },
    decide: (id, trace) => {
      state.traces.set(id, trace);
      change(id, {});
    },
    breakSnapshots: (next) => {
      broken = next;
    },
    images: () => state.snapshot.images,
    note: (event) => {
      scene.events.push(event);
      pipe.publish({ name: 'event.logged', payload: event });
    },
    removeAll: () => {
      const gone = state.snapshot.machines;
      state.snapshot = { ...state.snapshot, machines: [], progress: [] };
      for (const one of gone) pipe.publish({ name: 'machine.removed', payload: { id: one.id } });
    },
    advance: (share) => {
      const progress = state.snapshot.progress.map((one) => {
        const fraction = Math.min(1, one.fraction + share);
        return { ...one, number: one.number + 1, fraction, bytesDone: Math.round(one.bytesTotal * fraction) };
      });
      state.snapshot = { ...state.snapshot, progress };
      pipe.publish({ name: 'progress.changed', payload: progress });
    },
    changeStation: (part) => {
      state.snapshot = { ...state.snapshot, station: { ...state.snapshot.station, ...part } };
      pipe.publish({ name: 'station.changed', payload: state.snapshot.station });
    },
    advanceOne: (index, share) => {
      const at = state.snapshot.progress.length - (options.crowd ?? 0) + index;
      const before = state.snapshot.progress[at];
      if (before === undefined) throw new Error(`the crowd has no machine ${index}`);
      const fraction = (before.fraction + share) % 1;
      const bytesPerSecond = before.bytesPerSecond + 1_000_000;
      const one = { ...before, number: before.number + 1, fraction, bytesPerSecond, bytesDone: Math.round(before.bytesTotal * fraction) };
      state.snapshot.progress[at] = one;
      pipe.publish({ name: 'progress.changed', payload: [one] });
    },
    stopListening: () => listener.stop(),
    listenAgain: async () => {
      listener = await listen(listener.address.port);
    },
    stop: async () => {
      pipe.close();
      await listener.stop();
    },
  };
};
