// The machines' calls of the fake station: each changes the scene's machine as the real one would by and by.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import type { CallName } from '../../preload/contract/calls.ts';
import type { Trace } from '../../preload/contract/policy.ts';
import type { JobView, MachineDetail, MachineFacts, MachineView, RecordChangeView } from '../../preload/contract/views.ts';
import { LOST } from './fake-library.ts';
import { fakeOutlook } from './fake-outlook.ts';
import { knownMachine } from './fake-parts.ts';
import { IMAGES } from './scene-parts.ts';
import type { FakeState, FakeTools } from './fake-parts.ts';

/** As the station's own records: at most a hundred. */
const briefly = (trace: Trace | null): Trace | null =>
  trace === null || trace.policies.length <= 100
    ? trace
    : { ...trace, policies: trace.policies.slice(-100), left: trace.policies.length - 100 };
/** What a plan says of one machine: one as it is, one otherwise. */
/** One chunk of the root partition differs. */
const VERIFIED: NonNullable<JobView['verified']> = {
  osoid: IMAGES[0]!.osoid,
  chunkSizeBytes: 262_144,
  chunks: { same: 8121, different: 1, own: 3 },
  bytes: { same: 8121 * 262_144, different: 262_144, own: 3 * 262_144 },
  fetchBytes: 4 * 262_144,
  remainsBytes: 0,
  places: [{ number: 2, name: 'root', bytes: 262_144 }],
  ranges: [{ offsetBytes: 64 * 262_144, lengthBytes: 262_144 }],
  ownRanges: [],
  ownFrom: 'job',
  table: [{ number: 2, change: 'longer' }],
  seconds: 41,
};

const PLANNED: MachineFacts['facts'] = [
  {
    name: 'rack.position',
    value: 'R12 U7',
    source: 'plan:plan.csv:8',
    filler: false,
    origin: 'plan',
    sinceMs: 1_764_000_000_000,
    counts: true,
  },
  {
    name: 'model',
    value: 'PowerEdge R740',
    source: 'plan:plan.csv:8',
    filler: false,
    origin: 'plan',
    sinceMs: 1_764_000_000_000,
    counts: false,
  },
];

type MachineCalls = Pick<CallHandlers, Extract<CallName, `machines.${string}`>>;

export const machineHandlers = (state: FakeState, { machine, change, publish }: FakeTools): MachineCalls => {
  const known = <T>(id: string, then: (found: MachineView) => T) => knownMachine(state, id, then);
  let changes: readonly RecordChangeView[] = [];
  const recordChange = (kind: RecordChangeView['kind'], keptId: string, otherId: string) =>
    known(keptId, (kept): RecordChangeView => {
      const otherName = state.snapshot.machines.find(({ id }) => id === otherId)?.name ?? otherId;
      const who = { keptId, keptName: kept.name, otherId, otherName, operator: 'M. Okafor' };
      const change = { id: changes.length + 1, kind, ...who, atMs: Date.now(), undoneAtMs: null };
      changes = [...changes, change];
      return change;
    });
  const changed = (id: string, part: Partial<MachineView>) =>
    known(id, () => (change(id, { stateAtMs: Date.now(), question: null, failure: null, ...part }), machine(id)));
  const detail = (found: MachineView): MachineDetail => {
    const extra = state.scene.extras.get(found.id);
    const trace = state.traces.get(found.id) ?? extra?.trace ?? null;
    return {
      machine: found,
      facts: extra?.facts ?? [],
      disks: extra?.disks ?? [],
      policy: trace?.resolution.kind === 'matched' ? trace.resolution.policy : null,
      outcome: trace?.resolution.kind === 'matched' ? trace.resolution.outcome : null,
      trace: briefly(trace),
      boot: extra?.boot ?? [],
      events: state.scene.events.filter((event) => event.machineId === found.id),
      jobs: state.snapshot.jobs.filter((job) => job.machineId === found.id),
    };
  };
  return {
    'machines.list': async () => success(state.snapshot.machines),
    'machines.get': ({ machineId }) => known(machineId, detail),
    'machines.merge': ({ machineId, otherId }) => recordChange('merge', machineId, otherId),
    'machines.split': ({ machineId, values }) => recordChange('split', machineId, values[0] ?? machineId),
    'machines.undo': async ({ changeId }) => {
      const found = changes.find(({ id }) => id === changeId);
      if (found === undefined || found.undoneAtMs !== null)
        return failed('machine.undo-order', 'A later change of the same records stands in the way.', 'Take that back first.');
      const undone = { ...found, undoneAtMs: Date.now() };
      changes = changes.map((one) => (one === found ? undone : one));
      return success(undone);
    },
    'machines.changes': async () => success([...changes]),
    'machines.facts': ({ machineId }) =>
      known(machineId, ({ id, name }) => ({
        machineId: id,
        name,
        facts: [
          ...(state.scene.extras.get(id)?.facts ?? []).map((fact) => ({
            ...fact,
            origin: fact.source.startsWith('person:') ? ('person' as const) : ('inventory' as const),
            sinceMs: 1_764_000_000_000,
            counts: true,
          })),
          ...(id === 'web-07' ? PLANNED : []),
        ],
        history: [
          { name: 'role', value: 'db', source: 'person:M. Okafor', atMs: 1_764_000_000_000 },
          { name: 'role', value: null, source: 'person:M. Okafor', atMs: 1_764_100_000_000 },
        ],
      })),
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
    'machines.outlook': async ({ machineId, wish }) => fakeOutlook(state, machine(machineId), wish),
    'machines.deploy': async ({ machineId, osoid, diskSerial, grow, settings, acceptBound }) => {
      const wish = { osoid, diskSerial, grow, settings };
      const outlook = fakeOutlook(state, machine(machineId), wish);
      if (!outlook.ok) return outlook;
      if (outlook.value.bound !== null && acceptBound !== true)
        return failed('image.bound-to-machine', outlook.value.bound, 'Choose another image.');
      state.wishes.set(machineId, wish);
      const imageName = state.snapshot.images.find((one) => one.osoid === osoid)?.name ?? '';
      return changed(machineId, { state: 'matched', osoid, imageName, says: 'Checks its disks.' });
    },
    'machines.verify': async ({ machineId, heal }) => {
      const missing = LOST.get(VERIFIED.osoid) ?? 0;
      const returned = missing > 1 ? missing - 1 : missing;
      if (heal) LOST.set(VERIFIED.osoid, missing - returned);
      const job: JobView = {
        ...state.snapshot.jobs[2]!,
        id: `verify ${machineId} ${state.snapshot.jobs.length}`,
        kind: 'verify',
        machineId,
        machineName: machine(machineId).name,
        state: 'done',
        steps: [],
        createdAtMs: Date.now(),
        endedAtMs: Date.now(),
        result: null,
        verified: heal ? { ...VERIFIED, heal: { missing, returned, bytesSent: 1000 } } : VERIFIED,
      };
      state.snapshot = { ...state.snapshot, jobs: [...state.snapshot.jobs, job] };
      publish({ name: 'job.changed', payload: job });
      change(machineId, { says: 'Its disk differs from its image.' });
      return success(job);
    },
    'machines.capture': async ({ machineId, name }) => {
      const job: JobView = {
        ...state.snapshot.jobs[2]!,
        id: `capture ${machineId}`,
        kind: 'capture',
        machineId,
        machineName: machine(machineId).name,
        imageName: name,
        osoid: null,
        steps: [],
        createdAtMs: Date.now(),
      };
      state.snapshot = { ...state.snapshot, jobs: [...state.snapshot.jobs, job] };
      publish({ name: 'job.changed', payload: job });
      change(machineId, { state: 'working', question: null, jobId: job.id, says: `Capturing its disk as "${name}".` });
      return success(job);
    },
    'machines.bootLocal': ({ machineId }) => changed(machineId, { state: 'provisioned', says: 'Boots its own disk.' }),
    'machines.hold': ({ machineId }) => changed(machineId, { state: 'waiting', says: 'Held by M. Okafor.' }),
    'machines.retry': ({ machineId }) => changed(machineId, { state: 'matched', says: 'Starts over.' }),
    'machines.rename': ({ machineId, name }) => known(machineId, () => (change(machineId, { name }), machine(machineId))),
    'machines.answer': ({ machineId, values }) =>
      known(machineId, (found) => {
        for (const [name, value] of Object.entries(values))
          state.scene.extras.get(machineId)?.facts.push({ name, value, source: 'person:M. Okafor', filler: false });
        change(machineId, { state: 'matched', question: null, says: 'Decides again.' });
        return detail({ ...found, question: null });
      }),
    'machines.setFact': ({ machineId, fact, value }) =>
      known(machineId, (found) => {
        state.scene.extras.get(machineId)?.facts.push({ name: fact, value, source: 'person:M. Okafor', filler: false });
        change(machineId, { state: 'matched', question: null, says: 'Decides again.' });
        return detail({ ...found, question: null });
      }),
  };
};
