// Finds machines, images and screens by any words of theirs. Pure.
import { modelLine } from '../words/machine.ts';
import { WORDS } from '../words/screens.ts';
import { SCREENS } from './route.ts';
import type { ImageView, MachineView } from '../../preload/contract/views.ts';

export type Found = { readonly kind: 'machine' | 'image' | 'screen'; readonly id: string; readonly title: string; readonly detail: string };

const MOST = 30;

/** Every word of `text` must occur; what starts with it comes first. */
export const searchAll = (text: string, machines: Iterable<MachineView>, images: Iterable<ImageView>): readonly Found[] => {
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
  for (const screen of SCREENS) add({ kind: 'screen', id: screen, title: WORDS.screens[screen], detail: '' }, screen);
  return found
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, MOST)
    .map(({ one }) => one);
};
