// Finds machines, images, screens and things to do by any words of theirs. Pure.
import { modelLine } from '../words/machine.ts';
import { WORDS } from '../words/screens.ts';
import { SCREENS } from './route.ts';
import type { Command } from './commands.ts';
import type { ImageView, MachineView } from '../../preload/contract/views.ts';

export type Found = {
  readonly kind: 'machine' | 'image' | 'screen' | 'command';
  readonly id: string;
  readonly title: string;
  readonly detail: string;
};

/** Where a mark stands in a list that may have changed under it: on what it marked, else where that was. */
export type Mark = { readonly key: string | null; readonly at: number };
export const foundKey = ({ kind, id }: Pick<Found, 'kind' | 'id'>): string => `${kind} ${id}`;
export const markedAt = (found: readonly Found[], { key, at }: Mark): number => {
  const there = key === null ? -1 : found.findIndex((one) => foundKey(one) === key);
  return there >= 0 ? there : Math.min(at, found.length - 1);
};

const MOST = 30;
/** Before anything is typed a few machines are enough, so that what can be done is seen too. */
const MACHINES_AT_FIRST = 6;

/** Every word of `text` must occur; what starts with it comes first. */
export const searchAll = (
  text: string,
  machines: Iterable<MachineView>,
  images: Iterable<ImageView>,
  commands: readonly Pick<Command, 'id' | 'title' | 'detail'>[],
): readonly Found[] => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (title: string, everything: string): number => {
    const hay = `${title} ${everything}`.toLowerCase();
    if (!words.every((word) => hay.includes(word))) return -1;
    return title.toLowerCase().startsWith(words[0] ?? '') ? 2 : 1;
  };
  const found: { readonly rank: number; readonly one: Found }[] = [];
  const add = (one: Found, everything: string): void => {
    const points = rank(one.title, everything);
    if (points > 0) found.push({ rank: points, one });
  };
  for (const machine of machines) {
    const everything = [machine.serial, ...machine.macs, machine.position, machine.manufacturer, machine.model, machine.imageName].join(
      ' ',
    );
    const detail = [modelLine(machine), machine.position, machine.serial].filter(Boolean).join(' · ');
    add({ kind: 'machine', id: machine.id, title: machine.name, detail }, everything);
  }
  for (const image of images) {
    const labels = Object.entries(image.labels).map(([key, value]) => `${key}=${value}`);
    add(
      { kind: 'image', id: image.osoid, title: `${image.name} r${image.revision}`, detail: labels.join(' ') },
      `${image.osoid} ${labels.join(' ')}`,
    );
  }
  for (const { id, title, detail } of commands) add({ kind: 'command', id, title, detail }, detail);
  for (const screen of SCREENS) add({ kind: 'screen', id: screen, title: WORDS.screens[screen], detail: '' }, screen);
  if (words.length === 0) {
    const of = (...kinds: readonly Found['kind'][]): readonly Found[] =>
      found.flatMap(({ one }) => (kinds.includes(one.kind) ? [one] : []));
    return [...of('machine').slice(0, MACHINES_AT_FIRST), ...of('command'), ...of('screen')].slice(0, MOST);
  }
  return found
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, MOST)
    .map(({ one }) => one);
};
