// What the window has to say about the person's last actions: failures stay until dismissed, successes for a moment.
import { create } from 'zustand';
import { call } from './connection.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { CallAnswer, CallArgument, CallName } from '../../preload/contract/calls.ts';

export type Notice = { readonly id: number; readonly said?: string; readonly failure?: Failure };

const SAID_MS = 4000;
let nextId = 1;

export const useNotices = create<{ readonly notices: readonly Notice[] }>(() => ({ notices: [] }));

export const dismiss = (id: number): void => useNotices.setState(({ notices }) => ({ notices: notices.filter((one) => one.id !== id) }));

const add = (notice: Omit<Notice, 'id'>): void => {
  const id = nextId++;
  useNotices.setState(({ notices }) => ({ notices: [...notices.slice(-3), { id, ...notice }] }));
  if (notice.failure === undefined) setTimeout(() => dismiss(id), SAID_MS);
};

/** Something that the station told and that a person should not miss. */
export const tell = (said: string): void => add({ said });

/** Calls on behalf of a click: a failure becomes a notice, a success too when `said` is given. */
export const act = async <N extends CallName>(name: N, argument: CallArgument<N>, said?: string): Promise<Result<CallAnswer<N>>> => {
  const result = await call(name, argument);
  if (!result.ok) add({ failure: result.failure });
  else if (said !== undefined) add({ said });
  return result;
};
