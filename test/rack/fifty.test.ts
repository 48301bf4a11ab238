// Fifty machines power on at once: all are provisioned, no address is given twice, and the harness finds every byte where the
// manifest wants it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareDisk } from './compare-disk.ts';
import { freeBlocks } from './free-blocks.ts';
import { makeRealImage, checkWithRealTools } from './real-image.ts';
import { buildRack } from './rack.ts';
import { need, startRehearsal } from './rehearsal.ts';

const MIB = 1024 * 1024;
const MACHINES = 50;

const POLICY = {
  name: 'everything',
  rank: 10,
  when: { all: [{ fact: 'architecture', equal: 'x86_64' }] },
  outcome: { kind: 'deploy-newest', labels: { role: 'test' } },
  consent: 'ask',
};

test('50 machines at once: all provisioned, every byte right, no lease twice', { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-fifty-'));
  const power = new AbortController();
  const addresses = new Map<string, string>();
  const twice: string[] = [];
  const rehearsal = await startRehearsal({
    folder,
    autoConsent: true,
    onEvent: (event) => {
      if (event.name !== 'event.logged' || event.payload.kind !== 'dhcp.bound') return;
      const [mac = '', address = ''] = /^(\S+) has the address (\S+)\./.exec(event.payload.text)?.slice(1) ?? [];
      const holder = addresses.get(address);
      if (holder !== undefined && holder !== mac) twice.push(`${address}: ${holder} and ${mac}`);
      addresses.set(address, mac);
    },
  });
  try {
    const image = await makeRealImage(join(folder, 'image.raw'), { rootBytes: 24 * MIB });
    const imported = await need(rehearsal.call('images.import', { path: image.path, name: 'test', labels: { role: 'test' }, notes: '' }));
    await need(rehearsal.call('policies.add', { policy: POLICY as never }));
    const rack = await buildRack({
      folder: join(folder, 'disks'),
      wire: rehearsal.wire(),
      count: MACHINES,
      diskBytes: image.sizeBytes + 32 * MIB,
      disks: 'used',
    });
    const free = await freeBlocks(image.path);
    if (image.hasExt4) expect(free.length).toBeGreaterThan(0);
    const cycles = rack.map(({ target }) => target.powerOn(power.signal));
    const machines = await rehearsal.until(
      (seen) => seen.filter(({ state }) => state === 'provisioned' || state === 'failed').length >= MACHINES,
      'provisioned',
      280_000,
    );
    expect(machines.filter(({ state }) => state !== 'provisioned').map(({ name, says }) => `${name}: ${says}`)).toEqual([]);
    expect(await Promise.all(cycles)).toEqual(rack.map(() => ({ boots: 2, endedBy: 'local-disk' })));
    expect(twice).toEqual([]);
    expect(addresses.size).toBe(MACHINES);
    for (const { target, disk } of rack) {
      const machine = machines.find(({ macs }) => macs.includes(target.hardware.bootMac));
      const result = rehearsal.jobs().find(({ machineId }) => machineId === machine?.id)?.result;
      expect(result?.osoid).toBe(imported.osoid);
      expect(await compareDisk(image.path, disk.path, [...(result?.rewrittenRanges ?? []), ...free])).toMatchObject({ verified: true });
      // Partition table, provenance record: nothing that our steps rewrote may be larger than what they say they do.
      const rewritten = (result?.rewrittenRanges ?? []).reduce((sum, range) => sum + range.lengthBytes, 0);
      expect(rewritten).toBeLessThan(MIB);
    }
    const [first] = rack;
    if (first !== undefined) expect(checkWithRealTools(first.disk.path, image)).toEqual([]);
  } finally {
    power.abort();
    await rehearsal.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
