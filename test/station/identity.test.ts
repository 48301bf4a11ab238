import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { signBytes, verifyBytes } from '../../agent/image/signature.ts';
import { loadIdentity } from '../../main/identity.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rackside-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keyFile = (): string => join(folder, 'station.key');
const load = () => {
  const loaded = loadIdentity(folder, 'bench');
  return loaded.ok ? loaded.value : expect.fail(loaded.failure.message);
};

test('the key is made once, 0600, and is the same ever after', () => {
  const first = load();
  if (process.platform !== 'win32') expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['station.key']);
  const again = load();
  expect(again.publicKeyText).toBe(first.publicKeyText);
  expect(again.name).toBe('bench');
  const raw = Buffer.from(first.publicKeyText, 'base64url');
  expect(raw).toHaveLength(32);
  expect(verifyBytes(raw, 'order', Buffer.from('x'), signBytes(again.signingKey, 'order', Buffer.from('x')))).toBe(true);
});

test('a power cut while it was being made leaves nothing in the way', () => {
  writeFileSync(join(folder, 'station.key.new'), 'ab');
  load();
  expect(readdirSync(folder)).toEqual(['station.key']);
});

test.each(['', 'not hex', 'ab'.repeat(31), 'ab'.repeat(33), `${'ab'.repeat(32)}zz`])('"%s" is refused and never replaced', (text) => {
  writeFileSync(keyFile(), text);
  expect(loadIdentity(folder)).toMatchObject({ ok: false, failure: { code: 'station.key-unreadable' } });
  expect(readFileSync(keyFile(), 'utf8')).toBe(text);
});

test.runIf(process.platform !== 'win32')('a link to a key that is away (a stick) is not a missing key', () => {
  symlinkSync(join(folder, 'stick', 'station.key'), keyFile());
  expect(loadIdentity(folder)).toMatchObject({ ok: false, failure: { code: 'station.key-unreadable' } });
  expect(existsSync(join(folder, 'stick'))).toBe(false);
});

test.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)('a key that may not be read is refused and stays', () => {
  load();
  const before = readFileSync(keyFile(), 'utf8');
  chmodSync(keyFile(), 0);
  expect(loadIdentity(folder)).toMatchObject({ ok: false, failure: { code: 'station.key-unreadable' } });
  chmodSync(keyFile(), 0o600);
  expect(readFileSync(keyFile(), 'utf8')).toBe(before);
});

test('a line end after the key, as an editor leaves it, does no harm', () => {
  const { publicKeyText } = load();
  writeFileSync(keyFile(), `${readFileSync(keyFile(), 'utf8')}\n`);
  expect(load().publicKeyText).toBe(publicKeyText);
});
