// The full record of one machine, asked for when it is shown and again whenever its row changes. The old record stays on
// screen while the new one travels.
import { useEffect, useState } from 'react';
import { call } from '../../store/connection.ts';
import { useStation } from '../../store/station-store.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { MachineDetail } from '../../../preload/contract/views.ts';

export type DetailState = {
  readonly detail: MachineDetail | null;
  readonly failure: Failure | null;
  readonly reload: () => void;
};

/** Bursts of changes (a boot) are answered by one question. */
const SETTLE_MS = 150;

export const useMachineDetail = (machineId: string): DetailState => {
  const machine = useStation((state) => state.machines.get(machineId));
  const up = useStation((state) => state.link.kind === 'up');
  const [detail, setDetail] = useState<MachineDetail | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      const result = await call('machines.get', { machineId }, { signal: stop.signal });
      if (stop.signal.aborted) return;
      if (result.ok) setDetail(result.value);
      setFailure(result.ok || result.failure.code === 'pipe.link-lost' ? null : result.failure);
    };
    const timer = setTimeout(() => void ask(), detail === null ? 0 : SETTLE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // `detail` only chooses the pause; asking again because it arrived would never end.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [machineId, machine, up, round]);
  return { detail, failure, reload: () => setRound((value) => value + 1) };
};
