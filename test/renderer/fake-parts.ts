// What the handlers of the fake station share: the scene as it is now, and the ways to change it and tell the windows.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Pipe } from '../../main/pipe/pipe-server.ts';
import type { OutlookWish } from '../../main/journey/outlook.ts';
import type { WireLog } from '../../main/wire-log/wire-log.ts';
import type { Snapshot } from '../../preload/contract/events.ts';
import type { Trace } from '../../preload/contract/policy.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { Scene } from './scene.ts';

/** Changed in place: the handlers and the fake station see one and the same. */
export type FakeState = {
  readonly scene: Scene;
  snapshot: Snapshot;
  readonly wire: WireLog;
  readonly traces: Map<string, Trace>;
  /** What people chose, by machine. */
  readonly wishes: Map<string, OutlookWish>;
};

export type FakeTools = {
  readonly machine: (id: string) => MachineView;
  /** Changes a machine and tells the windows. */
  readonly change: (id: string, part: Partial<MachineView>) => void;
  readonly publish: Pipe['publish'];
};

export const knownMachine = async <T>(state: FakeState, id: string, then: (found: MachineView) => T): Promise<Result<T>> => {
  const found = state.snapshot.machines.find((one) => one.id === id);
  return found === undefined ? failed('machines.unknown', `There is no machine ${id}.`, 'Reload the list.') : success(then(found));
};
