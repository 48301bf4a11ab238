// The whole inventory: one source that fails, hangs or lies costs only itself.
import { describe, expect, test } from 'vitest';
import { plainDisk } from '../../agent/inventory/block/device.ts';
import type { ReadInventoryOptions } from '../../agent/inventory/read.ts';
import { readInventory } from '../../agent/inventory/read.ts';
import type { HardwareSource } from '../../agent/inventory/source.ts';
import { inventorySchema } from '../../agent/protocol/inventory.ts';
import { makeHardware } from '../rack/hardware.ts';

const hardware = makeHardware('dell-r640', 3);
const options = (changes: Partial<ReadInventoryOptions>): ReadInventoryOptions => ({
  source: hardware.source,
  listDisks: async () => [],
  trustedKeys: new Map(),
  bootMac: hardware.bootMac,
  architecture: 'x64',
  ...changes,
});

const broken = (change: (path: string) => Promise<never> | null): HardwareSource => ({
  ...hardware.source,
  readBytes: (path) => change(path) ?? hardware.source.readBytes(path),
  readText: (path) => change(path) ?? hardware.source.readText(path),
});

describe('a source', () => {
  test.each([
    ['smbios', '/sys/firmware/dmi', 'dmi'],
    ['cpu', '/proc/cpuinfo', 'cpu'],
    ['firmware', '/sys/firmware/efi', 'firmware'],
  ] as const)('%s that fails is null and named', async (name, prefix, section) => {
    const source = broken((path) => (path.startsWith(prefix) ? Promise.reject(new Error('I/O error')) : null));
    const inventory = inventorySchema.parse(await readInventory(options({ source })));
    expect(inventory[section]).toBeNull();
    expect(inventory.problems).toContainEqual({ source: name, message: 'I/O error' });
    expect(inventory.nics).toHaveLength(4);
  });

  test('that hangs is given up after its time, the others are there', async () => {
    const source = broken((path) => (path === '/proc/cpuinfo' ? new Promise<never>(() => undefined) : null));
    const inventory = await readInventory(options({ source, sourceTimeoutMs: 100 }));
    expect(inventory.cpu).toBeNull();
    expect(inventory.problems).toEqual([{ source: 'cpu', message: 'no answer within 0.1 s' }]);
    expect(inventory.dmi?.system.product).toBe('PowerEdge R640');
  });
});

describe('disks', () => {
  test('a list that fails leaves the rest', async () => {
    const inventory = await readInventory(options({ listDisks: () => Promise.reject(new Error('no sysfs')) }));
    expect(inventory.disks).toEqual([]);
    expect(inventory.problems).toEqual([{ source: 'disks', message: 'no sysfs' }]);
  });

  test('a list that comes after the other sources were given up counts', async () => {
    const listDisks: ReadInventoryOptions['listDisks'] = () => new Promise((resolve) => setTimeout(() => resolve([]), 300));
    const inventory = await readInventory(options({ listDisks, sourceTimeoutMs: 100, disksTimeoutMs: 30_000 }));
    expect(inventory.problems.filter(({ source }) => source === 'disks')).toEqual([]);
  });

  test('a disk that hangs is named, the other disks are read', async () => {
    const size = 4 * 1024 * 1024;
    const device = (path: string, read: () => Promise<Uint8Array>): Awaited<ReturnType<ReadInventoryOptions['listDisks']>>[number] => ({
      attributes: plainDisk({ path, serial: path, sizeBytes: size }),
      open: async () => ({ sizeBytes: size, read, close: async () => undefined }),
    });
    const listDisks: ReadInventoryOptions['listDisks'] = async () => [
      device('/dev/sda', () => new Promise(() => undefined)),
      device('/dev/sdb', async () => new Uint8Array(1024 * 1024)),
      device('/dev/sdc', () => Promise.reject(Object.assign(new Error('bad'), { code: 'EIO' }))),
    ];
    const inventory = inventorySchema.parse(await readInventory(options({ listDisks, disksTimeoutMs: 1000 })));
    expect(inventory.disks.map((disk) => disk.problem?.code ?? null)).toEqual(['disk.not-answering', null, 'disk.unreadable']);
    expect(inventory.disks.map((disk) => disk.content?.blank ?? null)).toEqual([null, true, null]);
  });
});

test('cancelling ends it at once', async () => {
  const aborted = new AbortController();
  aborted.abort();
  const source = broken((path) => (path === '/proc/meminfo' ? new Promise<never>(() => undefined) : null));
  const inventory = await readInventory(options({ source, signal: aborted.signal }));
  expect(inventory.problems.some((problem) => problem.message === 'cancelled')).toBe(true);
});

test('LLDP is listened for on links that are up, or not at all', async () => {
  const asked: string[] = [];
  const source: HardwareSource = {
    ...hardware.source,
    run: (command, args, runOptions) => {
      if (command === 'tcpdump') asked.push(args[1] ?? '');
      return hardware.source.run(command, args, runOptions);
    },
  };
  expect((await readInventory(options({ source }))).lldp).toMatchObject([{ nic: 'eno1', systemName: 'rack-a-tor' }]);
  expect(asked).toEqual(['eno1']);
  expect((await readInventory(options({ source, lldpWaitMs: 0 }))).lldp).toEqual([]);
  expect(asked).toHaveLength(1);
});
