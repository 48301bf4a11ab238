// One clock for everything that ticks. It beats once a second while someone looks; a component that shows a text made
// from the time draws again only when that text changes.
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

const beat = (): void => listeners.forEach((listener) => listener());

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(beat, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
};

/** The text for now; `text` must be cheap and give equal texts within one second. */
export const useTicking = (text: (nowMs: number) => string): string => useSyncExternalStore(subscribe, () => text(Date.now()));
