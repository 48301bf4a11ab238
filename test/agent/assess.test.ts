import { describe, expect, test } from 'vitest';
import { assess, sameDisk } from '../../agent/assess.ts';
import type { AgentEnvironment } from '../../agent/environment.ts';
import type { Decision, LocalBoot } from '../../agent/protocol/decision.ts';
import { assessmentSchema } from '../../agent/protocol/decision.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import { disk, hash, inventory } from '../journey/fixtures.ts';

const OSOID = hash('a');
const LOCAL_BOOT: LocalBoot = { kind: 'uefi', espUuid: 'AAAA-BBBB', loaderPath: '/EFI/debian/shimx64.efi' };
const environment = { localBoot: async () => LOCAL_BOOT } as unknown as AgentEnvironment;
const installed = (verdict: Disk['provenance']['verdict'], osoid = OSOID): Disk =>
  disk({ provenance: { verdict, osoid, manifestSha256: hash('e'), stationName: 'bench', keyId: 'k', writtenAt: null } });
const deployOf = (change: Partial<Extract<Decision, { kind: 'deploy' }>> = {}): Decision => ({
  kind: 'deploy',
  osoid: OSOID,
  manifestSha256: hash('e'),
  needs: {
    name: 'web',
    diskSizeBytes: 8e9,
    logicalSectorBytes: 512,
    firmware: 'uefi',
    architecture: 'x86_64',
    secureBootTrusted: true,
  },
  diskHint: {},
  rewrite: false,
  ...change,
});
const judge = async (decision: Decision, change: Parameters<typeof inventory>[0] = {}) =>
  assessmentSchema.parse(await assess(environment, decision, inventory(change)));

describe('a decision held against the own disks', () => {
  test('holding and booting locally ask nothing of them', async () => {
    expect(await judge({ kind: 'hold', reason: 'r', asks: [] }, { disks: [] })).toEqual({ kind: 'holding' });
    expect(await judge({ kind: 'boot-local' }, { disks: [] })).toEqual({ kind: 'holding' });
  });

  test('an image whose trusted record is there is booted, not written again', async () => {
    expect(await judge(deployOf(), { disks: [installed('trusted')] })).toEqual({
      kind: 'already-installed',
      osoid: OSOID,
      disk: { serial: 'DISK-1', wwn: '0x5000c500a1b2c3d4', sizeBytes: 480e9 },
      localBoot: LOCAL_BOOT,
    });
  });

  test.each(['unknown-key', 'other-disk', 'broken', 'voided', 'absent'] as const)('a record that is %s does not count', async (verdict) => {
    expect((await judge(deployOf(), { disks: [installed(verdict)] })).kind).toBe('ready');
  });

  test('nor one of another image, nor where a person ordered a fresh write', async () => {
    expect((await judge(deployOf(), { disks: [installed('trusted', hash('b'))] })).kind).toBe('ready');
    expect((await judge(deployOf({ rewrite: true }), { disks: [installed('trusted')] })).kind).toBe('ready');
  });

  test('ready names the disk and what it holds', async () => {
    expect(await judge(deployOf())).toEqual({
      kind: 'ready',
      osoid: OSOID,
      disk: { serial: 'DISK-1', wwn: '0x5000c500a1b2c3d4', sizeBytes: 480e9 },
      contentHash: hash('1'),
    });
  });

  const problem = { code: 'disk.io', message: 'I/O error.', next: 'Replace it.' };
  test.each([
    ['machine.firmware-unknown', { firmware: null }],
    ['disk.too-small', { disks: [disk({ sizeBytes: 1e9 })] }],
    ['disk.several-fit', { disks: [disk(), disk({ serial: 'DISK-2', wwn: null, path: '/dev/sdb' })] }],
    ['disk.unreadable', { disks: [disk({ content: null, problem })] }],
    ['disk.none-suitable', { disks: [] }],
    ['disk.not-listed', { disks: [], problems: [{ source: 'disks', message: 'no answer within 40 s' }] }],
    ['disk.none-suitable', { disks: [disk({ exclusions: ['removable'] })] }],
  ] as const)('%s is a refusal in words', async (code, change) => {
    const judged = await judge(deployOf(), change as Parameters<typeof inventory>[0]);
    if (judged.kind !== 'refused') return expect.fail(judged.kind);
    expect(judged.failures.map((one) => one.code)).toEqual([code]);
  });
});

test('one disk read twice: every name and the size must agree', () => {
  const one = { serial: 'S', wwn: 'W', sizeBytes: 1 };
  expect(sameDisk(one, { ...one })).toBe(true);
  for (const change of [{ serial: 'T' }, { serial: null }, { wwn: null }, { sizeBytes: 2 }])
    expect(sameDisk(one, { ...one, ...change })).toBe(false);
});
