// Volumes that a TPM opens, made by cryptsetup as systemd-cryptenroll and Clevis leave them, and BitLocker metadata as libbde documents it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBindings } from '../../agent/image/machine-binding.ts';
import type { PartitionTable } from '../../agent/image/partition-table.ts';
import { hasProgram } from '../../scripts/host.ts';

const MIB = 1024 * 1024;
const START = 2048 * 512;
const tableOf = (volume: Uint8Array): PartitionTable => ({
  kind: 'gpt',
  id: null,
  diskSizeBytes: START + volume.length,
  logicalSectorBytes: 512,
  partitions: [{ number: 3, type: '', guid: null, startLba: 2048, sectors: volume.length / 512, attributes: '0'.repeat(16), name: '' }],
  problems: [],
  gpt: null,
  mbr: null,
});
const bindingsOf = (volume: Buffer) =>
  findBindings((offset, length) => Promise.resolve(volume.subarray(offset - START, offset - START + length)), tableOf(volume));

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwe = (clevis: unknown) => ({ protected: base64({ alg: 'dir', clevis }), ciphertext: 'AA', iv: 'AA', tag: 'AA' });
const TPM2 = { pin: 'tpm2', tpm2: { hash: 'sha256' } };
const TANG = { pin: 'tang', tang: { url: 'http://tang' } };
const clevis = (pin: unknown) => ({ type: 'clevis', keyslots: ['0'], jwe: jwe(pin) });
const SYSTEMD = { type: 'systemd-tpm2', keyslots: ['0'], 'tpm2-blob': 'AA==', 'tpm2-pcrs': [7], 'tpm2-policy-hash': '00' };

describe.skipIf(!hasProgram('cryptsetup'))('LUKS2', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rackside-luks-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (args: readonly string[], input = 'pass'): void =>
    void execFileSync('cryptsetup', args, {
      input,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    });
  const FAST = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--batch-mode'];
  const luks = (token: unknown, options: { readonly secondKey?: boolean; readonly type?: string } = {}): Buffer => {
    const path = join(folder, 'volume');
    writeFileSync(path, '');
    truncateSync(path, 20 * MIB);
    run(['luksFormat', '--type', options.type ?? 'luks2', ...FAST, path]);
    if (options.secondKey === true) run(['luksAddKey', ...FAST, path], 'pass\nother\nother\n');
    if (token !== null) {
      writeFileSync(join(folder, 'token'), JSON.stringify(token));
      run(['token', 'import', '--json-file', join(folder, 'token'), path]);
    }
    return readFileSync(path);
  };

  test.each([
    ['systemd-cryptenroll', SYSTEMD, 'luks-tpm2'],
    ['Clevis', clevis(TPM2), 'clevis-tpm2'],
    [
      'Clevis with one part of several',
      clevis({ pin: 'sss', sss: { t: 1, jwe: [`${jwe(TANG).protected}.a`, `${jwe(TPM2).protected}.a`] } }),
      'clevis-tpm2',
    ],
  ])('sealed by %s', async (_name, token, by) => {
    expect(await bindingsOf(luks(token))).toEqual([{ number: 3, by, otherKey: false }]);
  });
  test('a second key opens it elsewhere', async () => {
    expect(await bindingsOf(luks(SYSTEMD, { secondKey: true }))).toEqual([{ number: 3, by: 'luks-tpm2', otherKey: true }]);
  });
  test.each([
    ['a passphrase alone', null, {}],
    ['a key server', clevis(TANG), {}],
    ['a token of another kind', { type: 'somebody-else', keyslots: ['0'] }, {}],
    ['LUKS1', null, { type: 'luks1' }],
  ])('not bound: %s', async (_name, token, options) => {
    expect(await bindingsOf(luks(token, options))).toEqual([]);
  });
  test('whatever its header says is no error', async () => {
    const volume = luks(SYSTEMD).subarray(0, 64 * 1024);
    await fc.assert(
      fc.asyncProperty(fc.nat(5000), fc.uint8Array({ minLength: 1, maxLength: 40 }), async (at, bytes) => {
        const damaged = Buffer.from(volume);
        damaged.set(bytes, at);
        expect(Array.isArray(await bindingsOf(damaged))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('BitLocker', () => {
  const volumeWith = (...protectors: readonly number[]): Buffer => {
    const volume = Buffer.alloc(4 * MIB);
    volume.write('-FVE-FS-', 3, 'latin1');
    for (const [n, at] of [MIB, 2 * MIB, 3 * MIB].entries()) {
      volume.writeBigUInt64LE(BigInt(at), 176 + n * 8);
      volume.write('-FVE-FS-', at, 'latin1');
      let entry = at + 64 + 48;
      // A description before the keys, as there is one.
      for (const [type, value, protection] of [[7, 2, 0], ...protectors.map((one) => [2, 8, one])] as const) {
        volume.writeUInt16LE(80, entry);
        volume.writeUInt16LE(type ?? 0, entry + 2);
        volume.writeUInt16LE(value ?? 0, entry + 4);
        volume.writeUInt16LE(protection ?? 0, entry + 34);
        entry += 80;
      }
      volume.writeUInt32LE(entry - at - 64, at + 64);
    }
    return volume;
  };
  test.each([
    ['TPM and recovery password', [0x0100, 0x0800], [{ number: 3, by: 'bitlocker-tpm', otherKey: true }]],
    ['TPM and PIN alone', [0x0500], [{ number: 3, by: 'bitlocker-tpm', otherKey: false }]],
    ['a password and its recovery', [0x2000, 0x0800], []],
    ['no protector', [], []],
  ])('%s', async (_name, protectors, expected) => {
    expect(await bindingsOf(volumeWith(...protectors))).toEqual(expected);
  });
  test('a copy of the metadata that is lost does not hide it', async () => {
    const volume = volumeWith(0x0100);
    volume.fill(0, MIB, MIB + 64);
    expect(await bindingsOf(volume)).toHaveLength(1);
  });
  test('metadata that claims anything is no error', async () => {
    const volume = volumeWith(0x0100, 0x0800);
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.uint8Array({ minLength: 1, maxLength: 16 }), fc.boolean(), async (at, bytes, inHead) => {
        const damaged = Buffer.from(volume);
        damaged.set(bytes, inHead ? at : MIB + at);
        expect(Array.isArray(await bindingsOf(damaged))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
