// Everything that the fake station answers, screen by screen.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import { CALLS } from '../../preload/contract/calls.ts';
import type { Snapshot } from '../../preload/contract/events.ts';
import type { PreflightReport } from '../../preload/contract/views.ts';
import { arrivalHandlers } from './fake-arrivals.ts';
import { armingHandlers } from './fake-arming.ts';
import { fieldHandlers } from './fake-fields.ts';
import { fakeLibrary } from './fake-library.ts';
import { machineHandlers } from './fake-machines.ts';
import { planHandlers } from './fake-plan.ts';
import { policyHandlers } from './fake-policies.ts';
import { recipeHandlers } from './fake-recipes.ts';
import { reportHandlers } from './fake-report.ts';
import { image } from './scene-parts.ts';
import type { FakeState, FakeTools } from './fake-parts.ts';

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

/** Calls that no scene has a part for yet answer so, instead of keeping a window's test from running. */
const unanswered = async () => failed('fake.no-part', 'The scene has no part for this.', 'Run a station.');

export const handlersFor = (state: FakeState, tools: FakeTools): CallHandlers => {
  const { publish } = tools;
  const station = (part: Partial<Snapshot['station']>): Result<Snapshot['station']> => {
    state.snapshot = { ...state.snapshot, station: { ...state.snapshot.station, ...part } };
    publish({ name: 'station.changed', payload: state.snapshot.station });
    return success(state.snapshot.station);
  };
  const answers: Partial<CallHandlers> = {
    ...fakeLibrary(
      () => state.snapshot.images,
      (images) => {
        state.snapshot = { ...state.snapshot, images: [...images] };
        publish({ name: 'images.changed', payload: state.snapshot.images });
      },
      publish,
    ),
    'station.get': async () => success(state.snapshot.station),
    'station.describe': async (argument) =>
      station({
        ...(argument.siteName === undefined ? {} : { siteName: argument.siteName }),
        ...(argument.operator === undefined ? {} : { operator: argument.operator }),
      }),
    'preflight.run': async () => success(preflight(Date.now())),
    'listening.set': async ({ on, minutes }) =>
      station({ listening: { on, untilMs: on && minutes !== null ? Date.now() + minutes * 60_000 : null } }),
    ...armingHandlers(() => state.snapshot, station),
    ...machineHandlers(state, tools),
    ...policyHandlers(state, tools),
    ...recipeHandlers(),
    ...fieldHandlers(state, tools),
    ...planHandlers(state),
    ...arrivalHandlers(),
    ...reportHandlers(state),
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
    'jobs.list': async () => success(state.snapshot.jobs),
    'jobs.cancel': async ({ jobId }) => {
      const job = state.snapshot.jobs.find((one) => one.id === jobId);
      if (job === undefined) return failed('jobs.unknown', 'No such job.', 'Reload the list.');
      const cancelled = { ...job, state: 'cancelled' as const, endedAtMs: Date.now() };
      state.snapshot = { ...state.snapshot, jobs: state.snapshot.jobs.map((one) => (one.id === jobId ? cancelled : one)) };
      publish({ name: 'job.changed', payload: cancelled });
      return success(cancelled);
    },
    'wire.ports': async () =>
      success([
        { name: 'enp0s31f6', kind: 'wired', addresses: ['10.77.0.1/24'], carrier: true },
        { name: 'enx00e04c', kind: 'wired', addresses: [], carrier: false },
        { name: 'wlp3s0', kind: 'wireless', addresses: ['192.168.1.20/24'], carrier: true },
      ]),
    'wire.serve': async ({ nic, mode, address }) => {
      if (nic === 'enx00e04c' && address === undefined)
        return failed('wire.no-link', `There is no link on ${nic}, so its address is not known.`, 'Check the cable.');
      const rack = { kind: 'rack' as const, nic, address: address?.split('/')[0] ?? '10.77.0.1', mode };
      const loopback = { kind: 'loopback' as const, nic: null, address: '127.0.0.1', mode: 'server' as const };
      return station({ wire: { ...(nic === null ? loopback : rack), httpPort: 8067, problem: null } });
    },
    'wire.list': async () => success([...state.wire.list()]),
    'wire.get': async ({ macs }) => success(state.wire.latest(macs)),
    'events.list': async ({ afterId, beforeId, limit, machineId }) => {
      const found = state.scene.events.filter(
        ({ id, machineId: about }) => id > afterId && id < (beforeId ?? Infinity) && (machineId === null || about === machineId),
      );
      return success(beforeId === null ? found.slice(0, limit) : found.slice(-limit));
    },
  };
  return { ...Object.fromEntries(Object.keys(CALLS).map((name) => [name, unanswered])), ...answers } as CallHandlers;
};
