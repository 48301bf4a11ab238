// `rackside library open` and `close`: a carried disk is read beside the station's own library, without taking it over.
import { resolve } from 'node:path';
import type { Command } from './command.ts';
import { printed, withStation } from './with-station.ts';

export const SHELF_COMMANDS: readonly Command[] = [
  {
    name: 'library open',
    arguments: 'PATH',
    help: "read the library in a folder, such as a carried disk's, beside those that are open, until it is closed; also after a restart",
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const path = resolve(invocation.positionals[0] ?? '');
        return printed(invocation, await station.call('library.open', { path }), (open) => {
          const opened = open.find(({ folder }) => folder === path);
          return `${path} is read: ${opened?.images ?? 0} images. rackside library list shows all.`;
        });
      }),
  },
  {
    name: 'library close',
    arguments: 'PATH',
    help: 'read a library no longer that was opened beside the one that is written; its disk may then be pulled, and the next start does not look for it',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const path = resolve(invocation.positionals[0] ?? '');
        return printed(invocation, await station.call('library.close', { path }), () => `${path} is closed.`);
      }),
  },
];
