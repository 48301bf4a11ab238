// An answer of the station that a screen shows: asked for when it is first drawn and again whenever `about` changes or the link is
// back. The old answer stays on the screen while the new one travels.
import { useCallback, useEffect, useState } from 'react';
import { call } from './connection.ts';
import { useStation } from './station-store.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { CallAnswer, CallArgument, CallName } from '../../preload/contract/calls.ts';

export type Answer<T> = {
  /** Undefined: not here yet (null is an answer of some calls). */
  readonly value: T | undefined;
  readonly failure: Failure | null;
  readonly reload: () => void;
  /** Puts in what another call already told, so that nothing is asked twice. */
  readonly put: (value: T) => void;
};

/** `about` is compared by identity: whatever the answer depends on besides its argument. */
export const useAnswer = <N extends CallName>(name: N, argument: CallArgument<N>, about?: unknown): Answer<CallAnswer<N>> => {
  const up = useStation((state) => state.link.kind === 'up');
  const [round, setRound] = useState(0);
  // By content: callers make their argument anew each time they draw.
  const text = JSON.stringify(argument);
  const [answer, setAnswer] = useState<{
    readonly text: string;
    readonly value: CallAnswer<N> | undefined;
    readonly failure: Failure | null;
  }>({ text, value: undefined, failure: null });
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    void call(name, JSON.parse(text) as CallArgument<N>, { signal: stop.signal }).then((result) => {
      if (stop.signal.aborted) return;
      if (result.ok) setAnswer({ text, value: result.value, failure: null });
      else if (result.failure.code !== 'pipe.link-lost')
        setAnswer((old) => ({ text, value: old.text === text ? old.value : undefined, failure: result.failure }));
    });
    return () => stop.abort();
  }, [name, text, up, about, round]);
  const reload = useCallback(() => setRound((value) => value + 1), []);
  const put = useCallback((value: CallAnswer<N>) => setAnswer({ text, value, failure: null }), [text]);
  const isCurrent = answer.text === text;
  return { value: isCurrent ? answer.value : undefined, failure: isCurrent ? answer.failure : null, reload, put };
};
