// One thing a dialog sends to the station: whether it is under way, and why the last one was refused.
import { useState } from 'react';
import type { Failure, Result } from '../../agent/protocol/failure.ts';

export type Sending = {
  readonly isBusy: boolean;
  readonly failure: Failure | null;
  readonly send: (work: () => Promise<Result<unknown>>, onDone: () => void) => Promise<void>;
};

export const useSending = (): Sending => {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  return {
    isBusy,
    failure,
    send: async (work, onDone) => {
      setBusy(true);
      setFailure(null);
      const result = await work();
      setBusy(false);
      if (result.ok) onDone();
      else setFailure(result.failure);
    },
  };
};
