// The search: every word must occur, what starts with it comes first, and what can be done depends on how things stand.
import { expect, test } from 'vitest';
import { SCREENS } from '../../renderer/store/route.ts';
import { searchAll } from '../../renderer/store/search.ts';
import { makeScene, snapshotOf } from './scene.ts';

const scene = snapshotOf(makeScene(0));
const COMMANDS = [
  { id: 'listen', title: 'Start listening for an hour', detail: 'answer machines that ask to boot' },
  { id: 'theme dark', title: 'Theme: dark', detail: '' },
];
const find = (text: string): string[] =>
  searchAll(text, scene.machines, scene.images, COMMANDS).map(({ kind, title }) => `${kind} ${title}`);

test('machines by name, serial, MAC and position; images by label; screens; things to do', () => {
  expect(find('web-07')).toEqual(['machine web-07']);
  expect(find('7xk2p08')).toEqual(['machine web-08']);
  expect(find('3c:ec:ef:10:20:0a')).toEqual(['machine kvm-01']);
  expect(find('lenovo port')).toEqual(['machine kvm-01']);
  expect(find('role=kiosk')).toEqual(['image windows-kiosk r2']);
  expect(find('wire')).toEqual(['screen Wire']);
  expect(find('listen')).toEqual(['command Start listening for an hour']);
  expect(find('nothing has this')).toEqual([]);
});

test('what starts with the word comes before what only holds it', () => {
  const found = find('web');
  expect(found.slice(0, 2)).toEqual(['machine web-01', 'machine web-02']);
  expect(found.indexOf('image web-golden r11')).toBeGreaterThan(-1);
  expect(found.indexOf('machine kvm-01')).toBeGreaterThan(found.indexOf('image web-golden r11'));
});

test('before anything is typed: a few machines, all that can be done, all screens', () => {
  const kinds = find('').map((line) => line.split(' ')[0]);
  expect(kinds.filter((kind) => kind === 'machine')).toHaveLength(6);
  expect(kinds.filter((kind) => kind === 'command')).toHaveLength(COMMANDS.length);
  expect(kinds.filter((kind) => kind === 'screen')).toHaveLength(SCREENS.length);
});
