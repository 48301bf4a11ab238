import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCounterWindow } from '../../main/agents/counter-window.ts';

const WINDOW = 1024;

describe('request counters of a session', () => {
  test('each counter counts once, in whatever order requests and replays arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 300 }), (arrivals) => {
        const window = createCounterWindow(0);
        const accepted = arrivals.filter((counter) => window.accept(counter));
        expect(new Set(accepted).size).toBe(accepted.length);
        // Nothing that was ever accepted passes later either.
        for (const counter of accepted) expect(window.accept(counter)).toBe(false);
        expect(window.highest()).toBe(Math.max(0, ...arrivals));
      }),
    );
  });

  test('requests that overtake each other by less than the window are all accepted', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: WINDOW - 2 }), { minLength: 1, maxLength: 400 }), (delays) => {
        // Request n+1 arrives `delay` places late: the order of arrival of parallel requests.
        const arrivals = delays.map((delay, index) => ({ counter: index + 1, at: index + delay })).toSorted((a, b) => a.at - b.at);
        const window = createCounterWindow(0);
        for (const { counter } of arrivals) expect(window.accept(counter)).toBe(true);
      }),
    );
  });

  test('the far past is refused, and forgetting old counters lets no replay in', () => {
    const window = createCounterWindow(0);
    for (let counter = 1; counter <= WINDOW * 4; counter += 1) expect(window.accept(counter)).toBe(true);
    for (let counter = 1; counter <= WINDOW * 4; counter += 1) expect(window.accept(counter)).toBe(false);
    expect(window.accept(WINDOW * 6)).toBe(true);
    expect(window.accept(WINDOW * 5)).toBe(false);
    expect(window.accept(WINDOW * 5 + 1)).toBe(true);
  });

  test('what was used before a restart stays used', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 100 }), (before) => {
        const first = createCounterWindow(0);
        const used = before.filter((counter) => first.accept(counter));
        const second = createCounterWindow(first.highest());
        for (const counter of used) expect(second.accept(counter)).toBe(false);
        expect(second.accept(first.highest() + 1)).toBe(true);
      }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('%s is no counter', (counter) => {
    expect(createCounterWindow(0).accept(counter)).toBe(false);
  });
});
