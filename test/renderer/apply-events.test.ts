// The window's copy of the station: snapshot first, later events on top, older progress dropped, untouched rows untouched.
import { expect, test } from 'vitest';
import { applyEvents } from '../../renderer/store/apply-events.ts';
import { EVENTS_KEPT, emptyStation } from '../../renderer/store/station-store.ts';
import { makeScene, snapshotOf } from './scene.ts';
import type { Copy } from '../../renderer/store/apply-events.ts';
import type { StationEvent } from '../../preload/contract/events.ts';

const scene = makeScene(1_000_000);
const empty: Copy = { state: emptyStation, progress: new Map() };
const start = applyEvents(empty, [{ name: 'snapshot', payload: snapshotOf(scene) }]);
const apply = (...events: StationEvent[]): Copy => applyEvents(start, events);
const working = scene.machines.find((one) => one.id === 'web-03')!;
const progress = scene.progress[0]!;

test('the snapshot is all there is, whatever was there before', () => {
  expect([...start.state.machines.keys()]).toEqual(scene.machines.map((one) => one.id));
  const again = applyEvents(start, [{ name: 'snapshot', payload: { ...snapshotOf(scene), machines: [working], progress: [] } }]);
  expect([...again.state.machines.keys()]).toEqual(['web-03']);
  expect(again.progress.size).toBe(0);
});

test('one changed machine keeps the identity of all others and of the older copy', () => {
  const after = apply({ name: 'machine.changed', payload: { ...working, name: 'new' } });
  expect(after.state.machines.get('web-03')?.name).toBe('new');
  expect(start.state.machines.get('web-03')?.name).toBe('web-03');
  expect(after.state.machines.get('web-01')).toBe(start.state.machines.get('web-01'));
  expect(after.state.images).toBe(start.state.images);
  expect(after.progress).toBe(start.progress);
});

test('progress touches its own slice alone; older numbers of a job are dropped, another job starts anew', () => {
  const newer = { ...progress, number: 9, fraction: 0.9 };
  const after = apply({ name: 'progress.changed', payload: [newer] }, { name: 'progress.changed', payload: [{ ...progress, number: 8 }] });
  expect(after.state).toBe(start.state);
  expect(after.progress.get('web-03')).toEqual(newer);
  const other = { ...progress, jobId: 'next', number: 1 };
  expect(applyEvents(after, [{ name: 'progress.changed', payload: [other] }]).progress.get('web-03')).toEqual(other);
});

test('progress ends when the machine stops working', () => {
  expect(apply({ name: 'machine.changed', payload: { ...working, state: 'provisioned' } }).progress.has('web-03')).toBe(false);
});

test('removed machines go; many changes in one batch all arrive', () => {
  const gone = scene.machines.map((one): StationEvent => ({ name: 'machine.removed', payload: { id: one.id } }));
  expect(apply(...gone).state.machines.size).toBe(0);
  expect(start.state.machines.size).toBe(scene.machines.length);
});

test('the event log grows in order, keeps the latest, and drops what it had', () => {
  const sample = scene.events[0]!;
  const logged = Array.from({ length: EVENTS_KEPT + 50 }, (_, index): StationEvent => ({
    name: 'event.logged',
    payload: { ...sample, id: index + 1 },
  }));
  const after = apply(...logged, logged[3]!);
  expect(after.state.events).toHaveLength(EVENTS_KEPT);
  expect(after.state.events.at(-1)?.id).toBe(EVENTS_KEPT + 50);
  expect(after.state.events[0]?.id).toBe(51);
});

test('work on the library is shown until a line of the log tells how it ended, whoever started it', () => {
  const going = applyEvents(start, [{ name: 'library.progressed', payload: { operation: 'merge', donePacks: 3, totalPacks: 9 } }]);
  expect(going.state.libraryProgress).toEqual({ operation: 'merge', donePacks: 3, totalPacks: 9 });
  const line = { id: 5000, atMs: 1, machineId: null, jobId: null, level: 'info' as const, text: '' };
  const other = applyEvents(going, [{ name: 'event.logged', payload: { ...line, kind: 'machine.seen' } }]);
  expect(other.state.libraryProgress).not.toBeNull();
  expect(applyEvents(going, [{ name: 'event.logged', payload: { ...line, kind: 'library.merged' } }]).state.libraryProgress).toBeNull();
});

test('a snapshot ends what was said of one that did not come', () => {
  const refused = { code: 'pipe.snapshot-failed', message: 'a', next: 'b' };
  const after = applyEvents({ ...start, state: { ...start.state, refused } }, [{ name: 'snapshot', payload: snapshotOf(scene) }]);
  expect(after.state.refused).toBeNull();
});
