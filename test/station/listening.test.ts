import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createListening } from '../../main/station/listening.ts';

const MAC = '52:54:00:00:00:01';
const OTHER = '52:54:00:00:00:02';
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

// The clock and the timers move together, as on a computer that does not sleep.
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const start = () => {
  const onChange = vi.fn<() => void>();
  return { listening: createListening({ now: Date.now, onChange }), onChange };
};

test('off until a person says otherwise', () => {
  const { listening, onChange } = start();
  expect(listening.answers(MAC)).toBe(false);
  expect(listening.view()).toEqual({ on: false, untilMs: null });
  expect(onChange).not.toHaveBeenCalled();
});

test('for all machines or for those listed', () => {
  const { listening } = start();
  listening.set({ on: true, minutes: null, macs: [], ports: [] });
  expect([listening.answers(MAC), listening.answers(OTHER)]).toEqual([true, true]);
  listening.set({ on: true, minutes: null, macs: [MAC], ports: [] });
  expect([listening.answers(MAC), listening.answers(OTHER)]).toEqual([true, false]);
  expect(listening.view()).toEqual({ on: true, untilMs: null, macs: [MAC] });
  listening.set({ on: false, minutes: null, macs: [MAC], ports: [] });
  expect(listening.answers(MAC)).toBe(false);
  expect(listening.view()).toEqual({ on: false, untilMs: null });
});

test('for those at listed switch ports, as the switch says at this boot, else as LLDP told before', () => {
  const seen = new Map([[MAC, ['Gi1/0/7', 'sw-12 Gi1/0/7']]]);
  const listening = createListening({ now: Date.now, onChange: () => undefined, portsOf: (mac) => seen.get(mac) ?? [] });
  const answered = (...ports: readonly string[]): readonly boolean[] => {
    listening.set({ on: true, minutes: null, macs: [], ports });
    return [listening.answers(MAC), listening.answers(OTHER)];
  };
  expect(answered('gi1/0/7')).toEqual([true, false]);
  expect(answered('SW-12   Gi1/0/7 ')).toEqual([true, false]);
  expect(listening.view()).toEqual({ on: true, untilMs: null, ports: ['SW-12   Gi1/0/7'] });
  expect(answered('sw-13 Gi1/0/7', 'Gi1/0/70')).toEqual([false, false]);
  listening.hung(OTHER, ['Gi1/0/7']);
  expect(answered('Gi1/0/7')).toEqual([true, true]);
  // Moved to another port since it was read.
  listening.hung(MAC, ['Gi1/0/9']);
  expect(answered('Gi1/0/7')).toEqual([false, true]);
  // A request that says nothing of it changes nothing.
  listening.hung(MAC, []);
  expect(answered('Gi1/0/9')).toEqual([true, false]);
  listening.set({ on: true, minutes: null, macs: [MAC], ports: ['Gi1/0/7'] });
  expect([listening.answers(MAC), listening.answers(OTHER)]).toEqual([true, true]);
});

test('ends on the minute, once, and says so', () => {
  const { listening, onChange } = start();
  listening.set({ on: true, minutes: 2, macs: [], ports: [] });
  expect(listening.view()).toEqual({ on: true, untilMs: 1_000_000 + 2 * MINUTE_MS });
  vi.advanceTimersByTime(2 * MINUTE_MS - 1);
  expect(listening.answers(MAC)).toBe(true);
  expect(onChange).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(listening.answers(MAC)).toBe(false);
  expect(listening.view()).toEqual({ on: false, untilMs: null });
  expect(onChange).toHaveBeenCalledTimes(2);
  expect(vi.getTimerCount()).toBe(0);
});

test('a new wish replaces the old time', () => {
  const { listening } = start();
  listening.set({ on: true, minutes: 1, macs: [], ports: [] });
  listening.set({ on: true, minutes: null, macs: [], ports: [] });
  vi.advanceTimersByTime(5 * MINUTE_MS);
  expect(listening.view()).toEqual({ on: true, untilMs: null });
});

test('a laptop that slept through the end does not answer, though no timer has run', () => {
  const { listening } = start();
  listening.set({ on: true, minutes: 1, macs: [], ports: [] });
  vi.setSystemTime(1_000_000 + 10 * MINUTE_MS);
  expect(listening.answers(MAC)).toBe(false);
  expect(listening.view().on).toBe(false);
});

test('forty days are longer than a timer counts, and are kept', () => {
  const { listening, onChange } = start();
  listening.set({ on: true, minutes: 40 * DAY_MINUTES, macs: [], ports: [] });
  vi.advanceTimersByTime(39 * DAY_MINUTES * MINUTE_MS);
  expect(listening.answers(MAC)).toBe(true);
  vi.advanceTimersByTime(DAY_MINUTES * MINUTE_MS);
  expect(listening.answers(MAC)).toBe(false);
  expect(onChange).toHaveBeenCalledTimes(2);
});

test('stop leaves no timer', () => {
  const { listening } = start();
  listening.set({ on: true, minutes: 1, macs: [], ports: [] });
  listening.stop();
  expect(vi.getTimerCount()).toBe(0);
});
