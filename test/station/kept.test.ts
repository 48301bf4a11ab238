// What people choose while a station runs is there at its next start: in its data folder, and never in the way of it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeeping, readKept } from '../../main/station/kept.ts';
import type { KeptWire } from '../../main/station/kept.ts';

let folder: string;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-kept-'));
  said.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keeping = () => createKeeping({ dataFolder: folder, events: { log: ({ text }) => void said.push(text) as never } });
const wire: KeptWire = {
  kind: 'rack',
  nic: 'enp0s31f6',
  network: { address: '10.77.0.1', prefixLength: 24 },
  mode: 'server',
  pool: { first: '10.77.0.64', last: '10.77.0.254' },
  httpPort: 8067,
  leaseSeconds: 3600,
  lease: { routers: ['10.77.0.254'] },
};

test('a port and libraries, each without the other; chosen again, taken back', () => {
  expect(readKept(folder)).toEqual({ wire: null, libraries: [] });
  keeping().library('/media/a', true);
  keeping().wire(wire);
  keeping().library('/media/b', true);
  keeping().library('/media/a', true);
  expect(readKept(folder)).toEqual({ wire, libraries: ['/media/b', '/media/a'] });
  keeping().library('/media/b', false);
  keeping().wire(null);
  expect(readKept(folder)).toEqual({ wire: null, libraries: ['/media/a'] });
});

test.each(['', '{', '{"version":2,"wire":null,"libraries":[]}', '{"version":1,"wire":{"kind":"rack","nic":7},"libraries":[]}'])(
  'a file that is not understood (%j) is as good as none, and is written anew',
  (text) => {
    writeFileSync(join(folder, 'kept.json'), text);
    expect(readKept(folder)).toEqual({ wire: null, libraries: [] });
    keeping().library('/media/a', true);
    expect(JSON.parse(readFileSync(join(folder, 'kept.json'), 'utf8'))).toEqual({ version: 1, wire: null, libraries: ['/media/a'] });
  },
);

test('what cannot be written down is said, and holds until the end', () => {
  rmSync(folder, { recursive: true });
  keeping().wire(wire);
  expect(said).toEqual([expect.stringContaining('holds until the station ends')]);
});
