// The ring against a plain list, for any limits and any number of events.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventRing } from '../../main/pipe/event-ring.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 200 });

test('after(n) is the tail of what was pushed, or null when that tail is not whole', () => {
  const holds = fc.property(lengths, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300 }), (sizes, events, characters) => {
    const ring = createEventRing({ events, characters });
    const all = sizes.map((size) => ring.push((seq) => `${seq}:`.padEnd(size, '.')));
    const asExpected = (seq: number): boolean => {
      const tail = ring.after(seq);
      const whole = all.slice(seq);
      if (seq > all.length) return tail === null;
      return tail === null ? whole.length > events || whole.join('').length > characters : tail.join('|') === whole.join('|');
    };
    return ring.last() === all.length && Array.from({ length: all.length + 2 }, (_, seq) => seq).every(asExpected);
  });
  expect(() => fc.assert(holds)).not.toThrow();
});
