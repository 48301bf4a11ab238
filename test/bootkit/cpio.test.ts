// The judge is GNU cpio or BusyBox, whichever this computer has.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

import { completeEntries, writeCpio } from '../../scripts/bootkit/cpio.ts';
import type { Entry } from '../../scripts/bootkit/cpio.ts';

const file = (path: string, text: string, executable = false): Entry => ({ kind: 'file', path, data: Buffer.from(text), executable });

const ENTRIES: readonly Entry[] = [
  file('usr/bin/tool', '#!/bin/sh\n', true),
  file('a', ''),
  { kind: 'link', path: 'bin', target: 'usr/bin' },
  { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
];

test('parents come first, once', () => {
  expect(completeEntries(ENTRIES).map((entry) => entry.path)).toEqual(['a', 'bin', 'dev', 'dev/console', 'usr', 'usr/bin', 'usr/bin/tool']);
});

test('the same content in another order gives the same bytes', () => {
  expect(writeCpio(ENTRIES.toReversed(), 1).equals(writeCpio(ENTRIES, 1))).toBe(true);
  expect(writeCpio(ENTRIES, 2).equals(writeCpio(ENTRIES, 1))).toBe(false);
});

const judge = ['cpio', 'busybox'].find((name) => spawnSync(name, ['--help']).status === 0);

test.skipIf(judge === undefined)('another cpio reads it', () => {
  const [program = '', ...first] = judge === 'cpio' ? ['cpio'] : ['busybox', 'cpio'];
  const listed = spawnSync(program, [...first, '-itv'], {
    input: writeCpio(ENTRIES, 86_400),
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  });
  expect(listed.status).toBe(0);
  const lines = listed.stdout.toString().trim().split('\n');
  const found = (name: string): string => lines.find((line) => line.includes(` ${name}`)) ?? '';
  expect(lines).toHaveLength(7);
  expect(found('usr/bin/tool')).toMatch(/^-rwxr-xr-x.* 10 /);
  expect(found('bin -> usr/bin')).toMatch(/^lrwxrwxrwx/);
  expect(found('dev/console')).toMatch(/^crw-------.* 5, *1 /);
});
