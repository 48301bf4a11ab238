// The bytes of files that people write: what spreadsheets and editors of several locales make of the same letters.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { textOfBytes } from '../../agent/protocol/text-bytes.ts';
import { encodingNote } from '../../preload/contract/encoding-words.ts';
import { settingsFileOf } from '../../main/command/settings-file.ts';
import { parsePlan } from '../../main/plan/plan.ts';
import { value } from '../journey/rig.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('Excel in Western Europe, "CSV (Comma delimited)": Windows-1252, told by its words', () => {
  const read = textOfBytes(
    latin('serial;hostname;user\r\nSN1;web1;J\xfcrgen Gro\xdf\r\nSN2;web2;\x80uro \x96 Zo\xeb\r\nSN3;web3;J\xfcrgen\r\n'),
  );
  if (read.kind !== 'text') return expect.fail('no text');
  expect(read.guessed).toEqual([
    { line: 2, word: 'Jürgen' },
    { line: 2, word: 'Groß' },
    { line: 3, word: '€uro' },
    { line: 3, word: '–' },
    { line: 3, word: 'Zoë' },
  ]);
  const plan = value(parsePlan(read.text, 'plan.csv'));
  expect(plan.entries.map(({ facts }) => facts.at(-1)?.value)).toEqual(['Jürgen Groß', '€uro – Zoë', 'Jürgen']);
  expect(encodingNote('plan.csv', read)).toBe(
    'plan.csv is no UTF-8 and was read as Windows-1252: line 2 Jürgen, line 2 Groß, line 3 €uro, line 3 –, line 3 Zoë. Where these are wrong, save it as UTF-8 and give it again.',
  );
});

test('many words are cut, and say how many are left', () => {
  const read = textOfBytes(latin(Array.from({ length: 30 }, (_, index) => `\xe4${index}`).join(',')));
  expect(read.kind === 'text' ? encodingNote('a', read) : null).toMatch(/line 1 ä11, and 18 more words\./);
});

test.each([
  ['UTF-8', Buffer.from('Köln')],
  ['UTF-8 with its mark', Buffer.from('\ufeffKöln')],
  ['UTF-16 with its mark', Buffer.from('\ufeffKöln', 'utf16le')],
  ['ASCII', Buffer.from('K')],
  ['nothing', Buffer.alloc(0)],
])('%s is certain', (_, bytes) => {
  expect(textOfBytes(bytes)).toMatchObject({ kind: 'text', guessed: null });
});

test.each([
  ['a letter of code page 850', latin('serial\r\nSN1\r\nM\x81ller'), 3],
  ['old Macintosh line ends', latin('serial\rM\x8fller'), 2],
  ['UTF-8 by its mark, and then not', Buffer.concat([Buffer.from('\ufeffserial\nKöln\n'), latin('K\xf6ln')]), 3],
  ['a workbook', Buffer.concat([Buffer.from('PK\x03\x04\x14\0\x06\0'), latin('\xe4\xf6')]), null],
  ['half a letter of UTF-16', Buffer.from('fffe41004', 'hex'), 'certain'],
  ['a lone surrogate in UTF-16', Buffer.from('fffe410000d84100', 'hex'), null],
])('%s is refused at its line', (_, bytes, line) => {
  expect(textOfBytes(bytes)).toEqual(line === 'certain' ? expect.objectContaining({ kind: 'text' }) : { kind: 'no-text', line });
});

test('settings, whose words are not to be shown, are not guessed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-settings-'));
  const path = join(folder, 'settings.json');
  await writeFile(path, latin('{"hostname":"k\xf6ln"}'));
  expect(await settingsFileOf(path)).toMatchObject({ ok: false, failure: { code: 'settings.unreadable' } });
  await writeFile(path, Buffer.from('\ufeff{"hostname":"köln"}', 'utf16le'));
  expect(await settingsFileOf(path)).toEqual({ ok: true, value: { hostname: 'köln' } });
  await rm(folder, { recursive: true });
});
