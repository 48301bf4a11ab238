// Moving a station to another wire, as far as no network is needed for it: when it is refused, what it ends, what it keeps.
import { expect, test, vi } from 'vitest';
import { createWireHandlers } from '../../main/handlers/wire-handlers.ts';
import type { WireHandlerParts } from '../../main/handlers/wire-handlers.ts';
import type { WireOptions } from '../../main/wire/options.ts';

const setUp = (states: readonly string[] = []) => {
  let wire: WireOptions = { kind: 'loopback', leases: 10, httpPort: 0 };
  const keptWire = vi.fn<WireHandlerParts['keeping']['wire']>();
  const set = vi.fn<WireHandlerParts['listening']['set']>();
  const end = vi.fn<(why: string) => void>();
  const log = vi.fn<(event: { readonly text: string }) => void>();
  const handlers = createWireHandlers({
    jobs: { list: () => states.map((state) => ({ state })) },
    listening: { set },
    arming: { end },
    events: { log },
    sites: { current: () => ({ operator: 'Ada' }) },
    wire: () => wire,
    serveOn: (next: WireOptions) => {
      wire = next;
      return Promise.resolve();
    },
    keeping: { wire: keptWire },
    view: () => ({ wire: { problem: null } }),
  } as unknown as WireHandlerParts);
  const serve = (nic: string | null) => handlers['wire.serve']({ nic, mode: 'server' }, { signal: new AbortController().signal });
  return { serve, wire: () => wire, set, end, log, keptWire };
};

test.each([['queued'], ['running']])('not while a job is %s: its machine would lose the station', async (state) => {
  const { serve, wire, set } = setUp(['done', state]);
  expect(await serve(null)).toMatchObject({ ok: false, failure: { code: 'wire.busy', message: expect.stringContaining('A job is') } });
  expect(wire()).toMatchObject({ leases: 10 });
  expect(set).not.toHaveBeenCalled();
});

test('a port that is not there changes nothing', async () => {
  const { serve, wire, set, end } = setUp(['done']);
  expect(await serve('nic-of-nobody')).toMatchObject({ ok: false, failure: { code: 'wire.no-such-nic' } });
  expect([wire().kind, set.mock.calls.length, end.mock.calls.length]).toEqual(['loopback', 0, 0]);
});

test('elsewhere, listening and arming end, and it is on record who wanted it', async () => {
  const { serve, wire, set, end, log } = setUp(['failed', 'cancelled']);
  expect((await serve(null)).ok).toBe(true);
  expect(wire()).toEqual({ kind: 'loopback', leases: 1000, httpPort: 0 });
  expect(set).toHaveBeenCalledWith({ on: false, minutes: null, macs: [], ports: [] });
  expect(end).toHaveBeenCalledOnce();
  expect(log.mock.calls[0]?.[0].text).toBe('Ada has the station serve on the software rack.');
});

test('a port that is chosen is kept for the next start, and the software rack forgets it; what was refused changes nothing', async () => {
  const { serve, keptWire } = setUp(['running']);
  await serve(null);
  expect(keptWire).not.toHaveBeenCalled();
  const free = setUp();
  await free.serve(null);
  expect(free.keptWire.mock.calls).toEqual([[null]]);
});
