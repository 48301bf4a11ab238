// The most memory that another process held so far: VmHWM of proc(5), which only grows and which covers all its threads. It is asked for
// again and again, for it is gone with the process.
import { readFileSync } from 'node:fs';

const PERIOD_MS = 50;

export const watchPeak = (pid: number): { bytes(): number; stop(): void } => {
  let peakBytes = 0;
  const look = (): void => {
    try {
      const kib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
      peakBytes = Math.max(peakBytes, kib * 1024);
    } catch {
      // It has ended; what it last held counts.
    }
  };
  const timer = setInterval(look, PERIOD_MS);
  return {
    bytes: () => (look(), peakBytes),
    stop: () => clearInterval(timer),
  };
};
