// The readers one by one, over fixture files, and the Linux source over the machine that runs the tests.
import { describe, expect, test } from 'vitest';
import { parseCpuinfo, readCpu } from '../../agent/inventory/cpu.ts';
import { readSmbios } from '../../agent/inventory/dmi.ts';
import { readFirmware } from '../../agent/inventory/firmware.ts';
import { parseFru, readIpmi } from '../../agent/inventory/ipmi.ts';
import { readMemory } from '../../agent/inventory/memory.ts';
import { parseMac, readNics, subnetOf } from '../../agent/inventory/nic.ts';
import { driverProblems, firmwareProblems, pciAddressIn, readPci } from '../../agent/inventory/pci.ts';
import type { FixtureMachine } from '../../agent/inventory/source.ts';
import { readUsb } from '../../agent/inventory/usb.ts';
import { fixtureSource, linuxSource } from '../../agent/inventory/source.ts';

const source = (machine: Partial<FixtureMachine>): ReturnType<typeof fixtureSource> => fixtureSource({ files: {}, ...machine });

const ARM = `processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\nCPU revision\t: 1\n\nprocessor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\nCPU revision\t: 1\n`;

describe('processors', () => {
  test('sockets, cores and threads of a hyper-threaded pair', () => {
    const block = (processor: number, socket: number, core: number): string =>
      `processor\t: ${processor}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R)  Xeon(R)   Gold\nstepping\t: 4\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`;
    const text = [
      block(0, 0, 0),
      block(1, 0, 1),
      block(2, 1, 0),
      block(3, 1, 1),
      block(4, 0, 0),
      block(5, 0, 1),
      block(6, 1, 0),
      block(7, 1, 1),
    ].join('\n');
    expect(parseCpuinfo(text, 'x86_64')).toEqual({
      vendor: 'GenuineIntel',
      model: 'Intel(R) Xeon(R) Gold',
      signature: '6-85-4',
      sockets: 2,
      cores: 4,
      threads: 8,
      architecture: 'x86_64',
    });
  });
  test('cores of a package of two dies, which the kernel numbers from 0 in each, all count; more than its threads do not', () => {
    const block = (processor: number, core: number, told: number): string =>
      `processor\t: ${processor}\nphysical id\t: 0\ncore id\t\t: ${core}\ncpu cores\t: ${told}\n`;
    const cores = (told: number): unknown => parseCpuinfo([0, 1, 2, 3].map((at) => block(at, at % 2, told)).join('\n'), 'x86_64')?.cores;
    expect([cores(4), cores(2), cores(8)]).toEqual([4, 2, 4]);
  });
  test('ARM counts come from the topology folder', async () => {
    const files: Record<string, string> = { '/proc/cpuinfo': ARM };
    for (const cpu of [0, 1]) {
      files[`/sys/devices/system/cpu/cpu${cpu}/topology/physical_package_id`] = '0\n';
      files[`/sys/devices/system/cpu/cpu${cpu}/topology/core_id`] = `${cpu}\n`;
    }
    expect(await readCpu(source({ files }), 'aarch64')).toMatchObject({
      vendor: 'ARM',
      signature: '0x41-0xd0c-1',
      sockets: 1,
      cores: 2,
      threads: 2,
    });
  });
  test('nothing readable is null', async () => {
    expect(await readCpu(source({}), 'x86_64')).toBeNull();
    expect(parseCpuinfo('garbage', 'x86_64')).toBeNull();
  });
});

test('memory without SMBIOS is what the kernel sees', async () => {
  expect(await readMemory(source({ files: { '/proc/meminfo': 'MemTotal:       2048 kB\nMemFree: 1 kB\n' } }), [])).toEqual({
    sizeBytes: 2_097_152,
    modules: [],
  });
  expect(await readMemory(source({}), [])).toBeNull();
});

test('without a raw SMBIOS table /sys/class/dmi/id is read', async () => {
  const { dmi } = await readSmbios(
    source({
      files: {
        '/sys/class/dmi/id/sys_vendor': 'Acme\n',
        '/sys/class/dmi/id/chassis_type': '23\n',
        '/sys/class/dmi/id/product_uuid': 'AB\n',
      },
    }),
  );
  expect(dmi).toMatchObject({ system: { manufacturer: 'Acme', product: null, uuid: 'AB' }, chassis: { type: 'Rack Mount Chassis' } });
  expect((await readSmbios(source({}))).dmi).toBeNull();
});

describe('interfaces', () => {
  const nic = (name: string, files: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ address: 'AA:BB:CC:00:00:01', type: '1', ...files }).map(([file, text]) => [
        `/sys/class/net/${name}/${file}`,
        `${text}\n`,
      ]),
    );
  const device = '/sys/devices/pci0000:00/0000:00:03.0/virtio0';

  test('only real devices, with PCI place, driver, speed and link', async () => {
    const found = await readNics(
      source({
        files: {
          ...nic('eno1', { addr_assign_type: '0', speed: '10000', carrier: '1' }),
          ...nic('lo', {}),
          ...nic('br0', {}),
          ...nic('ib0', { type: '32' }),
          '/sys/bus/pci/devices/0000:00:03.0/vendor': '0x1AF4\n',
          '/sys/bus/pci/devices/0000:00:03.0/device': '0x1000\n',
        },
        links: {
          '/sys/class/net/eno1/device': device,
          '/sys/class/net/eno1/device/driver': '/x/virtio_net',
          '/sys/class/net/ib0/device': device,
        },
        addresses: { eno1: ['10.0.0.2/24'] },
      }),
    );
    expect(found).toEqual([
      {
        name: 'eno1',
        mac: 'aa:bb:cc:00:00:01',
        permanentMac: 'aa:bb:cc:00:00:01',
        driver: 'virtio_net',
        speedMbps: 10_000,
        carrier: true,
        pciAddress: '0000:00:03.0',
        pciId: '1af4:1000',
        addresses: ['10.0.0.2/24'],
      },
    ]);
  });

  test.each([
    ['Permanent address: AA:BB:CC:DD:EE:FF\n', 'aa:bb:cc:dd:ee:ff'],
    ['Permanent address: not set\n', null],
    ['Permanent address: 00:00:00:00:00:00\n', null],
  ])('a set or random address asks ethtool: %j', async (stdout, permanentMac) => {
    const asked = source({
      files: nic('eth0', { addr_assign_type: '3', speed: '-1' }),
      links: { '/sys/class/net/eth0/device': device },
      commands: (command) => (command === 'ethtool' ? { code: 0, stdout, stderr: '' } : null),
    });
    expect(await readNics(asked)).toMatchObject([{ mac: 'aa:bb:cc:00:00:01', permanentMac, speedMbps: null, carrier: null }]);
  });

  test.each([
    ['10.77.0.20/24', '10.77.0.0/24'],
    ['192.168.255.255/9', '192.128.0.0/9'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['fe80::1/64', null],
    ['10.1.2.300/24', null],
    ['10.1.2.3/33', null],
  ])('subnet of %s', (cidr, subnet) => {
    expect(subnetOf(cidr)).toBe(subnet);
  });

  test('MACs in one form', () => {
    expect(parseMac(' AA:BB:CC:DD:EE:FF\n')).toBe('aa:bb:cc:dd:ee:ff');
    expect([parseMac('aabbccddeeff'), parseMac(''), parseMac(null)]).toEqual([null, null, null]);
  });
});

describe('USB', () => {
  const device = (address: string, files: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`/sys/bus/usb/devices/${address}/${name}`, `${text}\n`]));

  test('devices by id and place; hubs, interfaces and what goes just now left out', async () => {
    const files = {
      ...device('usb1', { idVendor: '1d6b', idProduct: '0002', bDeviceClass: '09' }),
      ...device('1-1', { idVendor: '0424', idProduct: '2514', bDeviceClass: '09' }),
      ...device('1-1.2', { idVendor: '0529', idProduct: '0001', bDeviceClass: 'ff', product: 'HASP HL', serial: '' }),
      ...device('1-1.2:1.0', { bInterfaceClass: 'ff' }),
      ...device('2-3', {
        idVendor: '046b',
        idProduct: 'ff10',
        bDeviceClass: '00',
        product: 'Virtual Keyboard and Mouse',
        serial: 'serial',
      }),
      ...device('2-4', { bDeviceClass: '00' }),
    };
    expect(await readUsb(source({ files }))).toEqual([
      { address: '1-1.2', id: '0529:0001', product: 'HASP HL', serial: null },
      { address: '2-3', id: '046b:ff10', product: 'Virtual Keyboard and Mouse', serial: 'serial' },
    ]);
    expect(await readUsb(source({}))).toEqual([]);
  });
});

describe('PCI', () => {
  const functionAt = (address: string, id: string, classCode: string): Record<string, string> => ({
    [`/sys/bus/pci/devices/${address}/vendor`]: `0x${id.slice(0, 4)}\n`,
    [`/sys/bus/pci/devices/${address}/device`]: `0x${id.slice(5)}\n`,
    [`/sys/bus/pci/devices/${address}/class`]: `0x${classCode}\n`,
  });
  const machine = source({
    files: {
      ...functionAt('0000:04:00.0', '14e4:168e', '020000'),
      ...functionAt('0000:05:00.0', '1000:0097', '010700'),
      ...functionAt('0000:00:1f.0', '8086:a1c1', '060100'),
    },
    links: { '/sys/bus/pci/devices/0000:04:00.0/driver': '/sys/bus/pci/drivers/bnx2x' },
  });

  test('functions, and the storage or network ones that no driver claimed', async () => {
    const devices = await readPci(machine);
    expect(devices).toHaveLength(3);
    expect(devices.find((device) => device.id === '14e4:168e')).toEqual({
      address: '0000:04:00.0',
      id: '14e4:168e',
      classCode: '020000',
      driver: 'bnx2x',
    });
    expect(driverProblems(devices)).toEqual([{ source: 'pci', message: 'No driver for the storage device 1000:0097 at 0000:05:00.0' }]);
  });

  test('firmware that the kernel asked for and did not get, by PCI id', async () => {
    const log = `[    1.0] usb 1-1: new device
[    3.811034] bnx2x 0000:04:00.0: Direct firmware load for bnx2x/bnx2x-e2-7.13.21.0.fw failed with error -2
[    3.811034] bnx2x 0000:04:00.0: Direct firmware load for bnx2x/bnx2x-e2-7.13.21.0.fw failed with error -2
[    4.000000] bnx2 0000:0b:00.0 eth2: Direct firmware load for bnx2/bnx2-mips-09-6.2.1b.fw failed with error -2
`;
    expect(firmwareProblems(log, await readPci(machine)).map((problem) => problem.message)).toEqual([
      'bnx2x device 14e4:168e at 0000:04:00.0 lacks its firmware bnx2x/bnx2x-e2-7.13.21.0.fw',
      'bnx2 device unknown id at 0000:0b:00.0 lacks its firmware bnx2/bnx2-mips-09-6.2.1b.fw',
    ]);
  });

  test('the address that carries a device is the last one in its path', () => {
    expect(pciAddressIn('/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.1/usb1/1-2')).toBe('0000:02:00.1');
    expect(pciAddressIn('/sys/devices/virtual/net/br0')).toBeNull();
  });
});

describe('firmware', () => {
  const variable = (name: string): string => `/sys/firmware/efi/efivars/${name}-8be4df61-93ca-11d2-aa0d-00e098032b8c`;
  test('UEFI with Secure Boot on', async () => {
    const files = {
      [variable('SecureBoot')]: Uint8Array.from([6, 0, 0, 0, 1]),
      [variable('SetupMode')]: Uint8Array.from([6, 0, 0, 0, 0]),
      [variable('BootCurrent')]: Uint8Array.from([6, 0, 0, 0, 7, 0]),
      [variable('BootOrder')]: Uint8Array.from([7, 0, 0, 0, 7, 0, 0x0a, 0x10]),
    };
    expect(await readFirmware(source({ files }))).toEqual({
      kind: 'uefi',
      secureBoot: true,
      setupMode: false,
      bootCurrent: '0007',
      bootOrder: ['0007', '100A'],
    });
  });
  test('UEFI that would not say is unknown, BIOS is off', async () => {
    expect(await readFirmware(source({ files: { '/sys/firmware/efi/fw_platform_size': '64' } }))).toMatchObject({
      kind: 'uefi',
      secureBoot: null,
      bootOrder: [],
    });
    const tpm = { '/sys/class/tpm/tpm0/tpm_version_major': '2' };
    expect(await readFirmware(source({ files: tpm }))).toMatchObject({ kind: 'bios', secureBoot: false, tpmVersion: '2.0' });
  });
});

describe('IPMI', () => {
  test('FRU fields', () => {
    expect(
      parseFru(
        'FRU Device Description : Builtin FRU Device (ID 0)\n Product Serial        : 7CT3X52\n Board Mfg Date        : Mon Jan  1 00:00:00 2018\n junk\n __proto__ : x\n',
      ),
    ).toEqual({
      'Product Serial': '7CT3X52',
      'Board Mfg Date': 'Mon Jan  1 00:00:00 2018',
      ['__proto__']: 'x',
    });
  });
  test('is absent without a controller, and a failure when the controller does not answer', async () => {
    expect(await readIpmi(source({}))).toBeNull();
    await expect(readIpmi(source({ files: { '/dev/ipmi0': '' } }))).rejects.toThrow('ipmitool');
  });
});

describe.runIf(process.platform === 'linux')('the Linux source', () => {
  const linux = linuxSource();
  test('reads this machine', async () => {
    expect(await linux.readText('/proc/self/comm')).not.toBe('');
    expect((await linux.list('/proc/self')).includes('status')).toBe(true);
    expect(await linux.realPath('/proc/self')).toBe(`/proc/${process.pid}`);
    expect((await readCpu(linux, 'x86_64'))?.threads).toBeGreaterThan(0);
    expect((await readMemory(linux, []))?.sizeBytes).toBeGreaterThan(2 ** 26);
    expect(Object.keys(await linux.addresses())).toContain('lo');
  });
  test('what is not there is null or empty, never an error', async () => {
    const missing = '/nowhere/at/all';
    expect([
      await linux.readBytes(missing),
      await linux.readText(missing),
      await linux.realPath(missing),
      await linux.exists(missing),
      await linux.list(missing),
    ]).toEqual([null, null, null, false, []]);
  });
  test('runs commands with their exit code, their time limit, and their absence', async () => {
    expect(await linux.run('sh', ['-c', 'echo hi; echo bad >&2; exit 3'], { timeoutMs: 5000 })).toEqual({
      code: 3,
      stdout: 'hi\n',
      stderr: 'bad\n',
    });
    expect((await linux.run('sh', ['-c', 'echo so far; exec sleep 60'], { timeoutMs: 200 })).code).toBeNull();
    expect(await linux.run('no-such-program-here', [], { timeoutMs: 1000 })).toMatchObject({ code: null, stderr: 'no such program' });
    const aborted = new AbortController();
    aborted.abort();
    expect((await linux.run('sleep', ['60'], { timeoutMs: 60_000, signal: aborted.signal })).code).toBeNull();
  });
});
