// Whom the desktop tells of what, and when it keeps still.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newlyNeeding, startNotifying } from '../../renderer/store/notify.ts';
import { emptyStation, useStation } from '../../renderer/store/station-store.ts';
import { NOTICE_WORDS } from '../../renderer/words/notice.ts';
import { makeScene } from './scene.ts';
import type { MachineView } from '../../preload/contract/views.ts';

const [sample] = makeScene(0).machines;
if (sample === undefined) throw new Error('the scene has machines');
const machine = (id: string, change: Partial<MachineView> = {}): MachineView => ({
  ...sample,
  id,
  name: id,
  state: 'working',
  question: null,
  failure: null,
  says: `${id} works.`,
  ...change,
});
const asking = (id: string): MachineView =>
  machine(id, { state: 'waiting', question: { kind: 'choose', reason: 'Which?' }, says: 'Choose an image.' });
const mapOf = (...machines: readonly MachineView[]) => new Map(machines.map((one) => [one.id, one]));

test('those are news that begin to ask or fail; what was so before, or is heard of for the first time, is none', () => {
  const before = mapOf(machine('a'), machine('b'), asking('c'), machine('d'));
  const after = mapOf(asking('a'), machine('b', { state: 'failed' }), asking('c'), machine('d', { state: 'provisioned' }), asking('new'));
  expect(newlyNeeding(before, after).map(({ id }) => id)).toEqual(['a', 'b']);
});

test('one is told in its own words, many by their names, and never more than a notice takes', () => {
  expect(NOTICE_WORDS([asking('web-07')])).toEqual({ title: 'web-07 asks you', body: 'Choose an image.' });
  expect(NOTICE_WORDS([machine('db', { state: 'failed', says: 'The disk is gone.' })])).toEqual({
    title: 'db has failed',
    body: 'The disk is gone.',
  });
  const many = Array.from({ length: 40 }, (_, n) => asking(`m${n}`));
  expect(NOTICE_WORDS(many)).toEqual({ title: '40 machines need you', body: 'm0, m1, m2, m3, m4 and 35 more' });
  expect(NOTICE_WORDS([machine('x', { state: 'failed', says: 'y'.repeat(900) })]).body).toHaveLength(400);
});

let stop = (): void => undefined;
beforeEach(() => {
  vi.useFakeTimers();
  useStation.setState({ ...emptyStation, machines: mapOf(machine('a'), machine('b')) });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});
const follow = (focus: { has: boolean }) => {
  const notify = vi.fn<(title: string, body: string) => Promise<void>>(() => Promise.resolve());
  stop = startNotifying({ desktop: { notify }, hasFocus: () => focus.has });
  return notify;
};
const become = (...machines: readonly MachineView[]): void =>
  useStation.setState(({ machines: old }) => ({ machines: new Map([...old, ...mapOf(...machines)]) }));

test('a rack that asks within seconds is one notice; who was answered meanwhile is not in it', () => {
  const notify = follow({ has: false });
  become(asking('a'));
  vi.advanceTimersByTime(500);
  become(asking('b'));
  vi.advanceTimersByTime(10_000);
  expect(notify.mock.calls).toEqual([['2 machines need you', 'a, b']]);
  become(machine('a'), machine('b'));
  become(asking('a'), asking('b'));
  become(machine('a'));
  vi.advanceTimersByTime(10_000);
  expect(notify.mock.calls[1]).toEqual(['b asks you', 'Choose an image.']);
});

test('who looks at the window is told nothing, and is not told later', () => {
  const focus = { has: true };
  const notify = follow(focus);
  become(asking('a'));
  vi.advanceTimersByTime(10_000);
  focus.has = false;
  become(machine('b', { says: 'on and on' }));
  vi.advanceTimersByTime(10_000);
  expect(notify).not.toHaveBeenCalled();
});
