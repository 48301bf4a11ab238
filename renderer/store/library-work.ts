// The long work on the library that a person started in this window: one at a time, with its end kept until the next, whatever screen
// is shown meanwhile. How far it is comes as an event, from the station (apply-events.ts).
import { create } from 'zustand';
import { call } from './connection.ts';
import { tell } from './notices.ts';
import { WORDS } from '../words/screens.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { CallAnswer, CallArgument } from '../../preload/contract/calls.ts';

/** `ready` changes nothing; reading every byte for it is as long as the rest. */
export type Operation = 'ready' | 'verify' | 'repair' | 'gc' | 'merge' | 'export';
type CallOf<O extends Operation> = `library.${O}`;
export type WorkEnd = {
  [O in Operation]: { readonly operation: O; readonly report: CallAnswer<CallOf<O>> };
}[Operation];

export type LibraryWork = {
  readonly running: { readonly operation: Operation; readonly startedAtMs: number } | null;
  readonly done: WorkEnd | null;
  readonly failed: { readonly operation: Operation; readonly failure: Failure } | null;
};

export const useLibraryWork = create<LibraryWork>(() => ({ running: null, done: null, failed: null }));

let stop: AbortController | null = null;

/** Nothing happens while another one is running. */
export const startWork = async <O extends Operation>(operation: O, argument: CallArgument<CallOf<O>>): Promise<void> => {
  if (stop !== null) return;
  stop = new AbortController();
  useLibraryWork.setState({ running: { operation, startedAtMs: Date.now() }, done: null, failed: null });
  const result = await call(`library.${operation}` as CallOf<O>, argument, { signal: stop.signal });
  stop = null;
  if (result.ok) {
    useLibraryWork.setState({ running: null, done: { operation, report: result.value } as WorkEnd });
    tell(WORDS.library.ended[operation]);
  } else useLibraryWork.setState({ running: null, failed: { operation, failure: result.failure } });
};

/** At its next safe point; what was done until then stays done. */
export const stopWork = (): void => stop?.abort();

export const forgetWork = (): void => useLibraryWork.setState({ done: null, failed: null });
