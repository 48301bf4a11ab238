// Who looks elsewhere is told when a machine begins to ask or fails; only the desktop window can. A rack that asks at once is one notice.
import { NOTICE_WORDS } from '../words/notice.ts';
import { toneOf } from '../words/machine.ts';
import { bridge } from './bridge.ts';
import { useStation } from './station-store.ts';
import type { Bridge } from './bridge.ts';
import type { StationState } from './station-store.ts';
import type { MachineView } from '../../preload/contract/views.ts';

/** Machines that power on together come to their questions within seconds. */
const GATHER_MS = 2000;

type Machines = StationState['machines'];

const needsPerson = (machine: MachineView): boolean => ['ask', 'fail'].includes(toneOf(machine));

/** Those that did not need a person before. What is heard first of a machine, as after a reload, is no news. */
export const newlyNeeding = (before: Machines, after: Machines): readonly MachineView[] =>
  [...after.values()].filter((machine) => {
    const old = before.get(machine.id);
    return old !== undefined && old !== machine && needsPerson(machine) && toneOf(old) !== toneOf(machine);
  });

export type NotifyParts = { readonly desktop: Pick<Bridge, 'notify'> | null; readonly hasFocus: () => boolean };

/** Follows the station for the life of the window. */
export const startNotifying = (
  { desktop, hasFocus }: NotifyParts = { desktop: bridge(), hasFocus: () => document.hasFocus() },
): (() => void) => {
  if (desktop === null) return () => undefined;
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    timer = undefined;
    const { machines } = useStation.getState();
    // As they are by now: one that was answered meanwhile needs nobody.
    const needing = [...waiting].flatMap((id) => machines.get(id) ?? []).filter(needsPerson);
    waiting.clear();
    if (needing.length === 0 || hasFocus()) return;
    const { title, body } = NOTICE_WORDS(needing);
    void desktop.notify(title, body);
  };
  const stop = useStation.subscribe((state, before) => {
    if (state.machines === before.machines) return;
    for (const { id } of newlyNeeding(before.machines, state.machines)) waiting.add(id);
    if (waiting.size > 0) timer ??= setTimeout(tell, GATHER_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
};
