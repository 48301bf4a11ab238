// A pipe whose station is made of plain values, for tests: every call answers `test.not-scripted` unless given.
import { failed } from '../../agent/protocol/failure.ts';
import { CALLS } from '../../preload/contract/calls.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import type { Snapshot, StationEvent } from '../../preload/contract/events.ts';
import type { StationView } from '../../preload/contract/views.ts';

export const stationView: StationView = {
  name: 'bench',
  version: '0.1.0',
  siteName: 'Test site',
  operator: 'tester',
  account: 'tester',
  wire: { kind: 'loopback', nic: null, address: '127.0.0.1', mode: 'server', httpPort: 8080, problem: null },
  listening: { on: false, untilMs: null },
  armed: null,
  kit: { kitId: null, problem: null },
  library: { folder: '/tmp/library', images: 0, storedBytes: 0 },
  keyId: 'k',
  leases: 0,
  bytesServed: 0,
};

export const emptySnapshot = (): Snapshot => ({
  station: stationView,
  machines: [],
  images: [],
  policies: [],
  fields: [],
  sets: [],
  jobs: [],
  progress: [],
});

export const handlersWith = (given: Partial<CallHandlers>): CallHandlers => {
  const silent = async () => failed('test.not-scripted', 'This test has no answer for that call.', 'Script one.');
  return { ...Object.fromEntries(Object.keys(CALLS).map((name) => [name, silent])), ...given } as CallHandlers;
};

export const removed = (id: string): StationEvent => ({ name: 'machine.removed', payload: { id } });
