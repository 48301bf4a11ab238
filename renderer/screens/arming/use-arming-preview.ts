// What arming would do, asked of the station anew whenever something changes that may decide it, at most once in a while.
import { useEffect, useState } from 'react';
import { call } from '../../store/connection.ts';
import { useStation } from '../../store/station-store.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { ArmingPreview } from '../../../preload/contract/arming.ts';

const EVERY_MS = 1500;

export type PreviewState = { readonly preview: ArmingPreview | null; readonly failure: Failure | null };

export const useArmingPreview = (): PreviewState => {
  const [state, setState] = useState<PreviewState>({ preview: null, failure: null });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      const answer = await call('arming.preview', {}, { signal: stop.signal });
      if (stop.signal.aborted) return;
      // The old picture stays while the station cannot be reached; what is shown then can still be refused.
      setState((before) => (answer.ok ? { preview: answer.value, failure: null } : { ...before, failure: answer.failure }));
    };
    void ask();
    const unsubscribe = useStation.subscribe((now, before) => {
      const isSame =
        now.machines === before.machines &&
        now.policies === before.policies &&
        now.images === before.images &&
        now.link === before.link &&
        now.station?.siteName === before.station?.siteName;
      if (isSame || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        void ask();
      }, EVERY_MS);
    });
    return () => {
      stop.abort();
      unsubscribe();
      clearTimeout(timer);
    };
  }, []);
  return state;
};
