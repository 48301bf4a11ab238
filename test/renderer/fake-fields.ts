// The calls about fields and image sets of the fake station: files are read by the station's own code.
import { failed, success } from '../../agent/protocol/failure.ts';
import { readFieldFile } from '../../main/fields/read-fields.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import { readSetFile } from '../../main/sets/read-sets.ts';
import type { CallName } from '../../preload/contract/calls.ts';
import type { SetRun } from '../../preload/contract/image-set.ts';
import { hash } from './scene-parts.ts';
import type { FakeState, FakeTools } from './fake-parts.ts';

type FieldCalls = Pick<CallHandlers, Extract<CallName, `fields.${string}` | `sets.${string}`>>;

/** One machine in the middle, one that stopped. */
const runsAt = (nowMs: number): SetRun[] => [
  {
    id: 2,
    machineId: 'db-01',
    machineName: 'db-01',
    set: 'rack-set',
    final: 'database',
    state: 'running',
    place: { name: 'rack-set', member: 'database', number: 3, of: 3 },
    members: [
      { name: 'rescue', state: 'there', osoid: null },
      { name: 'base', state: 'built', osoid: hash('base') },
      { name: 'database', state: 'now', osoid: null },
    ],
    failure: null,
    covered: true,
    startedAtMs: nowMs - 240_000,
    endedAtMs: null,
  },
  {
    id: 1,
    machineId: 'edge-03',
    machineName: 'edge-03',
    set: 'rack-set',
    final: 'base',
    state: 'failed',
    place: { name: 'rack-set', member: 'base', number: 2, of: 3 },
    members: [
      { name: 'rescue', state: 'there', osoid: null },
      { name: 'base', state: 'failed', osoid: null },
      { name: 'database', state: 'waiting', osoid: null },
    ],
    failure: {
      code: 'build.script-failed',
      message: 'The script ended with exit code 2: mkfs.ext4: device is busy.',
      next: 'Read its log, mend the recipe as a new version, and approve again.',
    },
    covered: false,
    startedAtMs: nowMs - 3_600_000,
    endedAtMs: null,
  },
];

export const fieldHandlers = (state: FakeState, { publish }: Pick<FakeTools, 'publish'>): FieldCalls => {
  const addedBy = (): { addedAtMs: number; addedBy: string } => ({ addedAtMs: Date.now(), addedBy: state.snapshot.station.operator });
  const fields = (next: typeof state.snapshot.fields) => {
    state.snapshot = { ...state.snapshot, fields: next };
    publish({ name: 'fields.changed', payload: next });
    return success(next);
  };
  const sets = (next: typeof state.snapshot.sets) => {
    state.snapshot = { ...state.snapshot, sets: next };
    publish({ name: 'sets.changed', payload: next });
    return success(next);
  };
  return {
    'fields.list': async () => success(state.snapshot.fields),
    'fields.save': async ({ name, text }) => {
      const read = readFieldFile(text, name);
      if (!read.ok) return read;
      const kept = state.snapshot.fields.map((view) => {
        const field = read.value.find((one) => one.name === view.field.name);
        return field === undefined ? view : { field, ...addedBy() };
      });
      const fresh = read.value.filter((field) => kept.every((view) => view.field.name !== field.name));
      return fields([...kept, ...fresh.map((field) => ({ field, ...addedBy() }))]);
    },
    'fields.remove': async ({ name }) => fields(state.snapshot.fields.filter(({ field }) => field.name !== name)),
    'sets.list': async () => success(state.snapshot.sets),
    'sets.save': async ({ name, text }) => {
      const read = readSetFile(text, name, ['debian-db', 'kiosk']);
      if (!read.ok) return read;
      const others = state.snapshot.sets.filter((view) => read.value.every((set) => set.name !== view.set.name));
      return sets([...others, ...read.value.map((set) => ({ set, enabled: true, ...addedBy() }))]);
    },
    'sets.enable': async ({ name, enabled }) => {
      sets(state.snapshot.sets.map((view) => (view.set.name === name ? { ...view, enabled } : view)));
      const view = state.snapshot.sets.find(({ set }) => set.name === name);
      return view === undefined ? failed('set.unknown', `There is no image set "${name}".`, 'Look at the list of sets.') : success(view);
    },
    'sets.remove': async ({ name }) => {
      if (name === 'rack-set')
        return failed('set.in-use', 'Policies want image set "rack-set": "db-nodes".', 'Remove them first, or switch the set off.');
      return sets(state.snapshot.sets.filter(({ set }) => set.name !== name));
    },
    'sets.runs': async () => success(runsAt(Date.now())),
    'sets.import': async () => failed('fake.no-part', 'The scene has no part for this.', 'Run a station.'),
    'sets.export': async () => failed('fake.no-part', 'The scene has no part for this.', 'Run a station.'),
  };
};
