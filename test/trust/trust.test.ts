// Keys as people pass them on, and whom a station believes: offered is not trusted.
import { beforeEach, describe, expect, test } from 'vitest';
import { generateSigningKey } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { success } from '../../agent/protocol/failure.ts';
import { createEvents } from '../../main/database/events.ts';
import { openDatabase } from '../../main/database/open.ts';
import { createSites } from '../../main/database/sites.ts';
import { createTrustedKeys } from '../../main/database/trusted-keys.ts';
import { keyLine, parseKeyText } from '../../main/trust/key-text.ts';
import { createTrust } from '../../main/trust/trust.ts';
import type { EventView, ImageView } from '../../preload/contract/views.ts';

const textOf = (key: SigningKey): string => Buffer.from(key.publicKey).toString('base64url');
const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.failure.code);
const own = generateSigningKey();
const stranger = generateSigningKey();
const signed = (name: string, by: SigningKey, trust: ImageView['trust']) => ({ name, trust, keyId: by.keyId, publicKey: textOf(by) });

describe('a key as text', () => {
  const key = { keyId: stranger.keyId, publicKey: textOf(stranger), name: 'Laptop of Ada' };
  test('comes back from its line, from hex and from base64url', () => {
    expect(parseKeyText(`${keyLine(key)}\n`)).toEqual(success(key));
    expect(parseKeyText(Buffer.from(stranger.publicKey).toString('hex'))).toEqual(success({ ...key, name: '' }));
    expect(parseKeyText(textOf(stranger))).toEqual(success({ ...key, name: '' }));
    expect(keyLine({ ...key, name: '' })).toMatch(/^rackside-key [0-9a-f]{64}$/);
  });
  test.each([
    '',
    'rackside-key',
    'rackside-key 00ff',
    `rackside-key ${'g'.repeat(64)}`,
    `rackside-key ${'0'.repeat(64)}\nmore`,
    'A'.repeat(44),
  ])('is not %j', (text) => expect(codeOf(parseKeyText(text))).toBe('trust.key-invalid'));
});

describe('a station', () => {
  const rig = () => {
    const opened = openDatabase(':memory:');
    const database = opened.ok ? opened.value : expect.fail(opened.failure.message);
    const now = (): number => 1_000_000;
    const heard: EventView[] = [];
    const sites = createSites({ database, now, defaults: { siteName: 'Here', operator: 'Ada' } });
    const events = createEvents({ database, now, sites, onEvent: (event) => heard.push(event) });
    const keys = createTrustedKeys({ database, now });
    keys.add({ keyId: own.keyId, publicKey: textOf(own), name: 'this station' });
    const images = [signed('mine', own, 'trusted'), signed('theirs', stranger, 'unknown-key'), signed('forged', stranger, 'broken')];
    let judged = 0;
    const trust = createTrust({
      keys,
      events,
      ownKeyId: own.keyId,
      stationName: 'laptop',
      images: () => images,
      onChange: () => Promise.resolve(success((judged++, null))),
    });
    return { trust, keys, heard, judged: () => judged };
  };
  let station: ReturnType<typeof rig>;
  beforeEach(() => void (station = rig()));

  test('shows its own key and offers strangers’, without trusting them', () => {
    expect(station.trust.list()).toEqual({
      own: `rackside-key ${Buffer.from(own.publicKey).toString('hex')} laptop`,
      trusted: [{ keyId: own.keyId, publicKey: textOf(own), name: 'laptop', isOwn: true, images: 1 }],
      // Not for the forged image: its signature proves nothing about who holds the key.
      offered: [{ keyId: stranger.keyId, publicKey: textOf(stranger), images: ['theirs'] }],
    });
    expect(station.keys.list().map(({ keyId }) => keyId)).toEqual([own.keyId]);
  });

  test('trusts a key by line or by the id that is offered, judges images anew, and keeps it on record', async () => {
    for (const text of [stranger.keyId, keyLine({ publicKey: textOf(stranger), name: 'Ada' })]) {
      station = rig();
      expect(codeOf(await station.trust.add(text, ''))).toBe('ok');
      expect(new Set(station.keys.list().map(({ keyId }) => keyId))).toEqual(new Set([own.keyId, stranger.keyId]));
      expect(station.judged()).toBe(1);
      expect(station.heard.map(({ kind }) => kind)).toEqual(['trust.added']);
    }
    expect(codeOf(await station.trust.remove(stranger.keyId))).toBe('ok');
    expect(station.keys.list()).toHaveLength(1);
    expect(station.heard.at(-1)?.kind).toBe('trust.removed');
  });

  test('refuses what is no key, what nobody offers, and to forget its own', async () => {
    expect(codeOf(await station.trust.add('nonsense', ''))).toBe('trust.key-invalid');
    expect(codeOf(await station.trust.add('00'.repeat(8), ''))).toBe('trust.not-offered');
    expect(codeOf(await station.trust.remove(stranger.keyId))).toBe('trust.unknown');
    expect(codeOf(await station.trust.remove(own.keyId))).toBe('trust.own-key');
    expect(station.keys.list()).toHaveLength(1);
    expect(station.heard).toEqual([]);
  });
});
