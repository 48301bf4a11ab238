// An answer that goes stale by itself (where a boot stands depends on the time that passed): asked again every so often while
// somebody looks. The old answer stays while the new one travels.
import { useEffect, useState } from 'react';
import { call } from './connection.ts';
import { useStation } from './station-store.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { CallAnswer, CallArgument, CallName } from '../../preload/contract/calls.ts';

export type Polled<T> = { readonly value: T | null; readonly failure: Failure | null };

export const usePolled = <N extends CallName>(name: N, argument: CallArgument<N>, everyMs: number): Polled<CallAnswer<N>> => {
  const up = useStation((state) => state.link.kind === 'up');
  const [polled, setPolled] = useState<Polled<CallAnswer<N>>>({ value: null, failure: null });
  // By content: callers make their argument anew each time they draw.
  const text = JSON.stringify(argument);
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        const result = await call(name, JSON.parse(text) as CallArgument<N>, { signal: stop.signal });
        if (stop.signal.aborted) return;
        if (result.ok) setPolled({ value: result.value, failure: null });
        else if (result.failure.code !== 'pipe.link-lost') setPolled(({ value }) => ({ value, failure: result.failure }));
      }
      timer = setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [name, text, up, everyMs]);
  return polled;
};
