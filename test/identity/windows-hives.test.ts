// What is read from the registry of a Windows, judged by hivex: hives that it has written, whole, damaged on purpose, and cut short.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookAtTree } from '../../agent/identity/identity.ts';
import { readHive } from '../../agent/identity/registry.ts';
import { lacksTools, noise } from '../image/real-disk.ts';
import { codeOf, valueOf } from '../library/small-library.ts';
import { fixtureTree } from './fixture-tree.ts';
import { emptyHive, makeHive, toldByHivex, utf16, withChecksum } from './hives.ts';
import type { Keys } from './hives.ts';

const GUID = '0b7cf37d-7ba2-4b5f-9d4c-5d5d3f3b2a11';
const NAME_KEY = 'Control\\ComputerName\\ComputerName';
const HOST_KEY = 'Services\\Tcpip\\Parameters';
/** A domain's value: what is in front of the SID has a length of its own in each version. */
const accountOf = (words: readonly number[], before = 300): string => {
  const bytes = Buffer.concat([noise('account', before), Buffer.alloc(12)]);
  words.forEach((word, n) => bytes.writeUInt32LE(word, before + n * 4));
  return `hex:3:${bytes.toString('hex')}`;
};
const systemOf = (set: string, name: string, host: string, current: Keys = {}): Keys => ({
  ...current,
  [`${set}\\${NAME_KEY}`]: [['mnmsrvc', utf16('other')], ['ComputerName', utf16(name)]],
  [`${set}\\${HOST_KEY}`]: [['Domain', utf16('')], ['Hostname', utf16(host)]],
}); // prettier-ignore

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-hives-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const made = (name: string, keys: Keys): string => {
  const path = join(folder, name);
  makeHive(path, keys);
  return path;
};
/** As hivex tells values. */
const textAt = (path: string, key: string, name: string): string | null => {
  const text = valueOf(valueOf(readHive(readFileSync(path))).text(key, name));
  return text === null ? null : `"${text}"`;
};
const bytesAt = (path: string, key: string, name: string): string | null => {
  const bytes = valueOf(valueOf(readHive(readFileSync(path))).bytes(key, name));
  return bytes === null ? null : `hex(3):${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(',')}`;
};

describe.skipIf(lacksTools('hivexsh', 'hivexget'))('hives that hivex has written', () => {
  test.each([
    ['a plain name', 'WEB-17', 'web-17', 'WEB-17'],
    ['one letter, which lies in the offset of its data', 'A', 'a', 'A'],
    ['letters beyond ASCII', 'BÜRO-Ж', 'büro-Ж', 'BÜRO-Ж'],
    [
      'a host name that is longer than the other may be',
      'GOLDEN-IMAGE-BU',
      'golden-image-builder-0017',
      'GOLDEN-IMAGE-BU, golden-image-builder-0017',
    ],
  ] as const)('%s', async (_what, name, host, shown) => {
    const files = {
      SYSTEM: made('SYSTEM', systemOf('ControlSet001', name, host)),
      SAM: made('SAM', { 'SAM\\Domains\\Account\\Users': [], 'SAM\\Domains\\Account': [['F', 'hex:3:00'], ['V', accountOf([1004336348, 1177238915, 4294967295])]] }), // prettier-ignore
      SOFTWARE: made('SOFTWARE', { 'Microsoft\\Cryptography': [['MachineGuid', utf16(GUID)]] }),
    };
    expect(textAt(files.SYSTEM, `ControlSet001\\${NAME_KEY}`, 'ComputerName')).toBe(
      toldByHivex(files.SYSTEM, `ControlSet001\\${NAME_KEY}`, 'ComputerName'),
    );
    const account = toldByHivex(files.SAM, 'SAM\\Domains\\Account', 'V');
    expect(bytesAt(files.SAM, 'SAM\\Domains\\Account', 'V')).toBe(account);
    const tree = fixtureTree(
      Object.fromEntries(Object.entries(files).map(([hive, path]) => [`/WINDOWS/system32/config/${hive}`, readFileSync(path)])),
    );
    const findings = await lookAtTree(tree, { volume: 'C', hasSubvolumes: false, startFolder: null, neutralise: new Set() });
    const sid = Buffer.from((account ?? '').slice(-35).replaceAll(',', ''), 'hex');
    const guid = toldByHivex(files.SOFTWARE, 'Microsoft\\Cryptography', 'MachineGuid') ?? '';
    expect(findings.map(({ path, value }) => [path.slice(25), value])).toEqual([
      ['SYSTEM', shown],
      ['SAM', `S-1-5-21-${sid.readUInt32LE(0)}-${sid.readUInt32LE(4)}-${sid.readUInt32LE(8)}`],
      ['SOFTWARE', guid.slice(1, -1)],
    ]);
    expect(findings[1]?.value).toBe('S-1-5-21-1004336348-1177238915-4294967295');
  });

  test('the control set that is current counts, whatever others say, and whatever the case of keys', async () => {
    const old = systemOf('ControlSet001', 'OLD', 'old', { Select: [['Current', 'dword:3'], ['Default', 'dword:1']] }); // prettier-ignore
    const path = made('sets', { ...old, ...systemOf('CONTROLSET003', 'NEW', 'new') });
    const tree = fixtureTree({ '/Windows/System32/config/SYSTEM': readFileSync(path) });
    const findings = await lookAtTree(tree, { volume: 'C', hasSubvolumes: false, startFolder: null, neutralise: new Set() });
    expect(findings).toMatchObject([{ value: 'NEW', outcome: 'found' }]);
    expect(toldByHivex(path, 'Select', 'Current')).toBe('dword:00000003');
  });

  test('a key among many, and keys and values that are not there', () => {
    const many = Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`Microsoft\\Key ${n}`, [['n', `dword:${n}`]]] as const));
    const path = made('many', many);
    const hive = valueOf(readHive(readFileSync(path)));
    for (const n of [0, 1, 255, 256, 511, 512, 699])
      expect(valueOf(hive.bytes(`Microsoft\\Key ${n}`, 'n'))?.readUInt32LE(0)).toBe(
        Number.parseInt(toldByHivex(path, `Microsoft\\Key ${n}`, 'n')?.slice(6) ?? '', 16),
      );
    for (const [key, name] of [
      ['Microsoft\\Key 700', 'n'],
      ['Microsoft\\Key 1', 'm'],
      ['Microsoft\\Key 1\\x', 'n'],
      ['', 'n'],
    ] as const)
      // prettier-ignore
      expect([valueOf(hive.text(key, name)), toldByHivex(path, key, name)]).toEqual([null, null]);
  });

  test('with single bytes changed they are read as hivex reads them, or not at all', () => {
    const key = `ControlSet001\\${NAME_KEY}`;
    const whole = readFileSync(made('whole', systemOf('ControlSet001', 'WEB-17', 'web-17')));
    const records = ['nk', 'vk', 'lh'].flatMap((kind) =>
      [...whole.toString('latin1').matchAll(new RegExp(kind, 'g'))].map(({ index }) => index),
    );
    const path = join(folder, 'changed');
    const counts = { same: 0, unreadable: 0, others: 0 };
    const dice = noise('changes', 4 * 100);
    for (let n = 0; n < 100; n++) {
      // A cell's size is in front of its kind.
      const at = (records[(dice[n * 4] ?? 0) % records.length] ?? 0) - 4 + ((dice[n * 4 + 1] ?? 0) % 52);
      const hive = Buffer.from(whole);
      hive[at] = (hive[at] ?? 0) ^ (1 << ((dice[n * 4 + 2] ?? 0) % 8));
      const read = valueOf(readHive(hive)).text(key, 'ComputerName');
      if (!read.ok) {
        expect(read.failure).toMatchObject({ code: 'identity.hive-unreadable', message: expect.stringMatching(/^It cannot be read: /) });
        counts.unreadable += 1;
        continue;
      }
      writeFileSync(path, hive);
      const told = toldByHivex(path, key, 'ComputerName');
      // hivex writes what is no text as bytes.
      const text = told?.startsWith('"') === true ? told : null;
      if (told !== null) expect({ at, read: read.value === null ? null : `"${read.value}"` }).toEqual({ at, read: text });
      counts[text === null ? 'others' : 'same'] += 1;
    }
    expect(counts.same).toBeGreaterThan(20);
    expect(counts.unreadable).toBeGreaterThan(5);
  });

  test('cut short anywhere, they cannot be read, or still hold the whole value; a value is never half', () => {
    const whole = readFileSync(made('long', { 'SAM\\Domains\\Account': [['V', accountOf([1, 2, 3])]] }));
    const all = valueOf(valueOf(readHive(whole)).bytes('SAM\\Domains\\Account', 'V'));
    const outcomes = new Set<string>();
    for (let length = 0; length <= whole.length; length += 7) {
      const hive = readHive(whole.subarray(0, length));
      const read = hive.ok ? hive.value.bytes('SAM\\Domains\\Account', 'V') : hive;
      outcomes.add(read.ok ? `${read.value === null ? 'nothing' : all?.equals(read.value)}` : read.failure.code);
    }
    expect([...outcomes]).toEqual(['identity.hive-unreadable', 'true']);
  });
});

test('lists of keys that lead into each other end, as unreadable', () => {
  const hive = Buffer.concat([emptyHive(), Buffer.alloc(64 * 1024)]);
  const most = 2000;
  const list = (offset: number, kind: string, entryBytes: number, to: number): void => {
    hive.writeInt32LE(-(8 + most * entryBytes), 4096 + offset);
    hive.write(kind, 4096 + offset + 4);
    hive.writeUInt16LE(most, 4096 + offset + 6);
    for (let n = 0; n < most; n++) hive.writeUInt32LE(to, 4096 + offset + 8 + n * entryBytes);
  };
  const [lists, keys] = [8192, 24 * 1024];
  list(lists, 'ri', 4, keys);
  list(keys, 'lh', 8, 32);
  const root = 4096 + 32 + 4;
  hive.writeUInt32LE(1, root + 20);
  hive.writeUInt32LE(lists, root + 28);
  expect(codeOf(valueOf(readHive(hive)).text('Select', 'Current'))).toBe('identity.hive-unreadable');
  hive.writeUInt32LE(lists, 4096 + lists + 8);
  expect(codeOf(valueOf(readHive(hive)).text('Select', 'Current'))).toBe('identity.hive-unreadable');
});

test.each([
  ['no hive', (hive: Buffer) => hive.write('MZ')],
  ['a base block whose checksum is wrong', (hive: Buffer) => hive.writeUInt32LE(64, 36)],
])('%s is refused whole', (_what, damage) => {
  const hive = emptyHive();
  expect(codeOf(readHive(hive))).toBe('ok');
  damage(hive);
  expect(codeOf(readHive(hive))).toBe('identity.hive-unreadable');
  if (hive.toString('latin1', 0, 4) !== 'regf') return;
  expect(codeOf(valueOf(readHive(withChecksum(hive))).text('Select', 'Current'))).toBe('identity.hive-unreadable');
});
