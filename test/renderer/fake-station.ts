// A station made of a scene: it answers every call by changing the scene and publishing what changed, over the real pipe
// and window listener. For the window's tests and for working on the window (`node test/renderer/dev.ts`).
import { failed, success } from '../../agent/protocol/failure.ts';
import { startWindowListener } from '../../main/pipe/listen.ts';
import { createPipe } from '../../main/pipe/pipe-server.ts';
import { fileURLToPath } from 'node:url';
import { makeScene, snapshotOf } from './scene.ts';
import { IMAGES, image } from './scene-parts.ts';
import type { CallHandlers, Pipe } from '../../main/pipe/pipe-server.ts';
import type { CallName } from '../../preload/contract/calls.ts';
import type { Snapshot } from '../../preload/contract/events.ts';
import type { MachineDetail, MachineView, PreflightReport } from '../../preload/contract/views.ts';
import type { WindowListener } from '../../main/pipe/listen.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Scene } from './scene.ts';

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
  readonly removeAll: () => void;
  /** Moves every running job on by `share` (0 to 1) of its whole. */
  readonly advance: (share: number) => void;
  /** Cuts every window off and listens again on the same port. */
  readonly stopListening: () => Promise<void>;
  readonly listenAgain: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type FakeOptions = { readonly port?: number; readonly crowd?: number; readonly bundleFolder?: string; readonly nowMs?: number };

const BUNDLE = fileURLToPath(new URL('../../out/renderer', import.meta.url));
export const TOKEN = 'fake-station-token';

const preflight = (nowMs: number): PreflightReport => ({
  verdict: 'warn',
  atMs: nowMs,
  checks: [
    { id: 'nic', number: 1, title: 'Network interface', verdict: 'pass', message: 'enp0s31f6 is up at 1 Gbit/s.', next: '', facts: {} },
    {
      id: 'foreign-dhcp',
      number: 2,
      title: 'Other DHCP servers',
      verdict: 'pass',
      message: 'Nobody answered two probes in 5 s.',
      next: '',
      facts: {},
    },
    {
      id: 'stp',
      number: 3,
      title: 'Switch delay',
      verdict: 'warn',
      message: 'The link carried nothing for 28 s after it came up.',
      next: 'Switch on edge port (portfast) for this port, or wait.',
      facts: {},
    },
    { id: 'kit', number: 4, title: 'Boot kit', verdict: 'pass', message: 'kit-2026-11, 6 files, hashes agree.', next: '', facts: {} },
  ],
});

const handlersFor = (
  state: { scene: Scene; snapshot: Snapshot },
  tools: Pick<FakeStation, 'machine' | 'change'> & { publish: Pipe['publish'] },
): CallHandlers => {
  const { machine, change, publish } = tools;
  const station = (part: Partial<Snapshot['station']>): Result<Snapshot['station']> => {
    state.snapshot = { ...state.snapshot, station: { ...state.snapshot.station, ...part } };
    publish({ name: 'station.changed', payload: state.snapshot.station });
    return success(state.snapshot.station);
  };
  const policies = (next: Snapshot['policies']): void => {
    state.snapshot = { ...state.snapshot, policies: next };
    publish({ name: 'policies.changed', payload: next });
  };
  const known = async <T>(id: string, then: (found: MachineView) => T): Promise<Result<T>> => {
    const found = state.snapshot.machines.find((one) => one.id === id);
    return found === undefined ? failed('machines.unknown', `There is no machine ${id}.`, 'Reload the list.') : success(then(found));
  };
  const changed = (id: string, part: Partial<MachineView>) =>
    known(id, () => (change(id, { stateAtMs: Date.now(), question: null, failure: null, ...part }), machine(id)));
  const detail = (found: MachineView): MachineDetail => {
    const extra = state.scene.extras.get(found.id);
    return {
      machine: found,
      facts: extra?.facts ?? [],
      disks: extra?.disks ?? [],
      outcome: extra?.trace?.resolution.kind === 'matched' ? extra.trace.resolution.outcome : null,
      trace: extra?.trace ?? null,
      boot: extra?.boot ?? [],
      events: state.scene.events.filter((event) => event.machineId === found.id),
      jobs: state.snapshot.jobs.filter((job) => job.machineId === found.id),
    };
  };
  return {
    'station.get': async () => success(state.snapshot.station),
    'station.describe': async (argument) =>
      station({
        ...(argument.siteName === undefined ? {} : { siteName: argument.siteName }),
        ...(argument.operator === undefined ? {} : { operator: argument.operator }),
      }),
    'preflight.run': async () => success(preflight(Date.now())),
    'listening.set': async ({ on, minutes }) =>
      station({ listening: { on, untilMs: on && minutes !== null ? Date.now() + minutes * 60_000 : null } }),
    'machines.list': async () => success(state.snapshot.machines),
    'machines.get': ({ machineId }) => known(machineId, detail),
    'machines.approve': async ({ machineId, eraseSerial, consentHash }) => {
      const { question } = machine(machineId);
      if (question?.kind !== 'erase' || question.consentHash !== consentHash || question.disk.serial !== eraseSerial) {
        return failed('consent.changed', 'What you approved is no longer what is there.', 'Look at the machine again.');
      }
      const job = {
        ...state.snapshot.jobs[2]!,
        id: `job ${machineId}`,
        machineId,
        machineName: machine(machineId).name,
        createdAtMs: Date.now(),
      };
      state.snapshot = { ...state.snapshot, jobs: [...state.snapshot.jobs, job] };
      publish({ name: 'job.changed', payload: job });
      change(machineId, {
        state: 'working',
        question: null,
        jobId: job.id,
        imageName: job.imageName,
        osoid: job.osoid,
        stateAtMs: Date.now(),
      });
      return success(job);
    },
    'machines.deploy': ({ machineId, osoid }) =>
      changed(machineId, {
        state: 'matched',
        osoid,
        imageName: IMAGES.find((one) => one.osoid === osoid)?.name ?? '',
        says: 'Checks its disks.',
      }),
    'machines.bootLocal': ({ machineId }) => changed(machineId, { state: 'provisioned', says: 'Boots its own disk.' }),
    'machines.hold': ({ machineId }) => changed(machineId, { state: 'waiting', says: 'Held by M. Okafor.' }),
    'machines.retry': ({ machineId }) => changed(machineId, { state: 'matched', says: 'Starts over.' }),
    'machines.rename': ({ machineId, name }) => known(machineId, () => (change(machineId, { name }), machine(machineId))),
    'machines.setFact': ({ machineId, fact, value }) =>
      known(machineId, (found) => {
        state.scene.extras.get(machineId)?.facts.push({ name: fact, value, source: 'person:M. Okafor', filler: false });
        change(machineId, { state: 'matched', question: null, says: 'Decides again.' });
        return detail({ ...found, question: null });
      }),
    'images.list': async () => success(state.snapshot.images),
    'images.get': async ({ osoid }) => {
      const found = state.snapshot.images.find((one) => one.osoid === osoid);
      return found === undefined ? failed('images.unknown', 'No such image.', 'Reload the list.') : success(found);
    },
    'images.import': async ({ path, name, labels }) => {
      if (!path.startsWith('/'))
        return failed('images.no-file', `There is no file ${path} on the station.`, 'Give the whole path, as the station sees it.');
      const added = image(name, 1, labels);
      state.snapshot = { ...state.snapshot, images: [...state.snapshot.images, added] };
      publish({ name: 'images.changed', payload: state.snapshot.images });
      return success(added);
    },
    'policies.list': async () => success(state.snapshot.policies),
    'policies.add': async ({ policy }) => {
      if (JSON.stringify(policy.when).includes('colour'))
        return failed(
          'policy.unknown-fact',
          'when.all[0].fact: there is no fact “colour”.',
          'Use a fact of the catalogue, or input.colour.',
        );
      const view = { policy, enabled: false, addedAtMs: Date.now(), used: 0 };
      policies([...state.snapshot.policies.filter((one) => one.policy.name !== policy.name), view]);
      return success(view);
    },
    'policies.remove': async ({ name }) => {
      policies(state.snapshot.policies.filter((one) => one.policy.name !== name));
      return success(state.snapshot.policies);
    },
    'policies.enable': async ({ name, enabled }) => {
      policies(state.snapshot.policies.map((one) => (one.policy.name === name ? { ...one, enabled } : one)));
      const view = state.snapshot.policies.find((one) => one.policy.name === name);
      return view === undefined ? failed('policies.unknown', 'No such policy.', 'Reload.') : success(view);
    },
    'policies.explain': async ({ machineId }) => {
      const trace = state.scene.extras.get(machineId)?.trace ?? null;
      return trace === null ? failed('machines.no-facts', 'It has no facts yet.', 'Wait for its inventory.') : success(trace);
    },
    'jobs.list': async () => success(state.snapshot.jobs),
    'jobs.cancel': async ({ jobId }) => {
      const job = state.snapshot.jobs.find((one) => one.id === jobId);
      if (job === undefined) return failed('jobs.unknown', 'No such job.', 'Reload the list.');
      const cancelled = { ...job, state: 'cancelled' as const, endedAtMs: Date.now() };
      state.snapshot = { ...state.snapshot, jobs: state.snapshot.jobs.map((one) => (one.id === jobId ? cancelled : one)) };
      publish({ name: 'job.changed', payload: cancelled });
      return success(cancelled);
    },
    'events.list': async ({ afterId, limit, machineId }) =>
      success(
        state.scene.events.filter((event) => event.id > afterId && (machineId === null || event.machineId === machineId)).slice(-limit),
      ),
  };
};

/** Starts the fake on loopback. The window must have been built (`npm run build`). */
export const startFakeStation = async (options: FakeOptions = {}): Promise<FakeStation> => {
  const scene = makeScene(options.nowMs ?? Date.now(), options.crowd ?? 0);
  const state = { scene, snapshot: snapshotOf(scene) };
  const calls: { name: CallName; argument: unknown }[] = [];
  const machine = (id: string): MachineView => {
    const found = state.snapshot.machines.find((one) => one.id === id);
    if (found === undefined) throw new Error(`the scene has no machine ${id}`);
    return found;
  };
  const change = (id: string, part: Partial<MachineView>): void => {
    const next = { ...machine(id), ...part };
    state.snapshot = { ...state.snapshot, machines: state.snapshot.machines.map((one) => (one.id === id ? next : one)) };
    pipe.publish({ name: 'machine.changed', payload: next });
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
  const pipe = createPipe({ handlers: noted, snapshot: () => state.snapshot, onBug: (error, where) => console.error(where, error) });
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
    get listener() {
      return listener;
    },
    get url() {
      return `${listener.url}#token=${TOKEN}`;
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
      for (const one of progress) pipe.publish({ name: 'progress.changed', payload: one });
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
