// What dmidecode printed of a machine gives the facts that the agent would have read there.
import { describe, expect, test } from 'vitest';
import { fillerOf, read, valuesOf } from './reading.ts';
import { DESKTOP, GEN10_BLADE, OLD_TEXT, QUIET, REDACTED, UNDECODED } from './texts.ts';

describe('a dmidecode text', () => {
  test('of a blade gives position, enclosure, processors, memory, interfaces and TPM', () => {
    const machine = read(GEN10_BLADE);
    expect(machine.files).toEqual([{ name: 'dump', kind: 'dmidecode' }]);
    expect(
      valuesOf(machine, 'blade.slot', 'blade.slot-text', 'chassis.enclosure', 'enclosure.serial', 'enclosure.model', 'machine.kind'),
    ).toEqual(['7', 'Server Bay: 7', 'blade-z04b', 'CZ2000BBBB', 'BladeSystem c7000 Enclosure G3', 'blade']);
    expect(valuesOf(machine, 'system.serial', 'system.uuid', 'board.serial')).toEqual([
      'CZ3340AAAA',
      '34333638-3234-5a43-3333-343041414141',
      'PXYZQ0ARHAL0A4',
    ]);
    expect(valuesOf(machine, 'cpu.id', 'cpu.vendor', 'cpu.model', 'cpu.count', 'cpu.cores', 'cpu.threads', 'architecture')).toEqual([
      '54 06 05 00 FF FB EB BF',
      'GenuineIntel',
      'Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz',
      1,
      16,
      32,
      'x86_64',
    ]);
    // The firmware's flash chip is listed as a memory device, and is none.
    expect(valuesOf(machine, 'memory.size', 'memory.modules', 'memory.sockets')).toEqual([48 * 2 ** 30, 2, 3]);
    expect(valuesOf(machine, 'nic.macs', 'nic.pci-addresses', 'tpm.version')).toEqual([
      ['b4:b5:2f:00:11:a0', 'b4:b5:2f:00:11:a4'],
      ['0000:04:00.0', '0000:04:00.1'],
      '2.0',
    ]);
    expect(fillerOf(machine)).toEqual(['system.version', 'board.version', 'chassis.version']);
    expect(machine.facts.find((fact) => fact.name === 'cpu.model')?.source).toBe('smbios:4');
    expect(machine.facts.some((fact) => fact.name.startsWith('disk.'))).toBe(false);
  });

  test.each([
    ['Windows line ends', GEN10_BLADE.replaceAll('\n', '\r\n')],
    ['a byte-order mark', `\ufeff${GEN10_BLADE}`],
    ['no header', GEN10_BLADE.slice(GEN10_BLADE.indexOf('Handle 0x0063'))],
    ['blanks for tabs', GEN10_BLADE.replaceAll('\t', '        ')],
    ['a prompt before and after', `[root@web1 ~]# dmidecode\n${GEN10_BLADE}\n[root@web1 ~]# `],
    ['a page around it', `<pre>\n${GEN10_BLADE}</pre>\n`],
    ['every line quoted', GEN10_BLADE.replaceAll(/^/gm, '> ')],
    ['warnings in between', GEN10_BLADE.replace('Handle 0x0069', 'Invalid entry length (0). DMI table is broken! Stop.\n\nHandle 0x0069')],
  ])('with %s gives the same facts', (_what, text) => {
    expect(read(text).facts).toEqual(read(GEN10_BLADE).facts);
  });
  test('in UTF-16, as PowerShell writes it, in either byte order and without its mark, gives the same facts', () => {
    const wide = (text: string): Buffer => Buffer.from(text, 'utf16le');
    const marked = wide(`\ufeff${GEN10_BLADE}`);
    for (const bytes of [marked, Buffer.from(marked).swap16(), wide(GEN10_BLADE), wide(GEN10_BLADE).swap16()])
      expect(read(new Uint8Array(bytes)).facts).toEqual(read(GEN10_BLADE).facts);
  });
  test('of bytes reads the UUID in the order of the version that the header names', () => {
    for (const version of ['SMBIOS 2.5', 'Legacy DMI 2.3']) {
      const old = UNDECODED.replace('# dmidecode 3.4\n', `# dmidecode 3.4\n${version} present.\n`);
      expect(valuesOf(read(old), 'system.uuid')).toEqual(['33221100-5544-7766-8899-a17b2c9d3e4f']);
    }
  });
  test('of a battery tells that the machine is carried about; one that firmware made up does not', () => {
    const battery = (maker: string, capacity: string): string =>
      `${DESKTOP}\nHandle 0x0016, DMI type 22, 26 bytes\nPortable Battery\n\tLocation: Rear\n\tManufacturer: ${maker}\n\tName: B7\n\tDesign Capacity: ${capacity}\n`;
    const kinds = [battery('SMP', '57530 mWh'), battery('SMP', 'Unknown'), battery('-Virtual Battery 0-', '57530 mWh')];
    expect(kinds.map((text) => valuesOf(read(text), 'machine.kind')[0])).toEqual(['laptop', 'desktop', 'desktop']);
  });

  test('of the first versions, which called some fields otherwise, names maker and model', () => {
    const first = ['DMI 2.3 present.', 'Handle 0x0100', '\tDMI type 1, 25 bytes.', '\tSystem Information Block', '\t\tVendor: Acme']
      .concat('\t\tProduct: Box 7', '\t\tSerial Number: KB1234', 'Handle 0x0300', '\tDMI type 3, 17 bytes.')
      .concat('\tChassis Information Block', '\t\tVendor: Acme', '\t\tChassis Type: Mini Tower', '\t\tSerial Number: N/A')
      .join('\n');
    const machine = read(first);
    expect(valuesOf(machine, 'manufacturer', 'model', 'system.serial', 'machine.kind')).toEqual(['Acme', 'Box 7', 'KB1234', 'tower']);
  });

  test('of the first versions tells processors that are there, memory from the older structures, and the firmware’s date', () => {
    const structure = (type: number, ...lines: readonly string[]): string =>
      [`Handle 0x${type}`, `\tDMI type ${type}, 35 bytes.`, ...lines.map((line) => `\t${line}`), ''].join('\n');
    const processor = (maker: string, version: string): string =>
      structure(
        4,
        'Processor',
        '\tProcessor Type: Central Processor',
        `\tProcessor Manufacturer: ${maker}`,
        `\tProcessor Version: ${version}`,
      );
    const bank = (size: string): string => structure(6, 'Memory Bank', '\tSocket: DIMM1', `\tInstalled Size: ${size}`);
    const old = read(
      structure(0, 'BIOS Information Block', '\tVendor: Acme', '\tRelease: 12/11/2002') +
        processor('Intel', 'Pentium 4   ') +
        processor('000000000000', '00000000000000000000') +
        bank('256Mbyte') +
        bank('Not Installed') +
        structure(17, 'Memory Device'),
    );
    expect(valuesOf(old, 'firmware.date', 'cpu.model', 'cpu.count')).toEqual(['12/11/2002', 'Pentium 4', 1]);
    expect(valuesOf(old, 'memory.size', 'memory.modules', 'memory.sockets')).toEqual([256 * 2 ** 20, 1, 2]);
  });
  test('of a quiet run takes nothing from structures that stand between, and reads HPE’s interfaces', () => {
    const processor =
      'Processor Information\n\tType: Central Processor\n\tVersion: Xeon\n\tStatus: Populated, Enabled\n\nSystem Slot Information\n\tDesignation: PCI 1\n\tID: 1\n\n';
    const board = 'Base Board Information\n\tProduct Name: B7\n\nSystem Power Supply\n\tSerial Number: PSU1\n\tAsset Tag: PSU2\n\n';
    const nic = 'HP BIOS PXE NIC PCI and MAC Information\n\tNIC 1: PCI device 04:00.0, MAC address B4:B5:2F:00:11:A0\n';
    const machine = read(`${QUIET.replaceAll('Dell Inc.', 'HP')}\n${processor}${board}${nic}`);
    expect(valuesOf(machine, 'cpu.model', 'cpu.id', 'board.model', 'board.serial', 'asset.tag', 'nic.macs')).toEqual([
      'Xeon',
      null,
      'B7',
      null,
      null,
      ['b4:b5:2f:00:11:a0'],
    ]);
  });

  test('of an early version, of a quiet or an undecoded run', () => {
    const old = read(OLD_TEXT);
    expect(valuesOf(old, 'system.serial', 'system.uuid', 'blade.slot', 'blade.slot-text', 'memory.size', 'memory.modules')).toEqual([
      'KPX1234',
      '0b2c8a12-3456-11d8-8f0b-000d60512345',
      // Where a processor board is in the one machine.
      null,
      null,
      512 * 2 ** 20,
      1,
    ]);
    expect(valuesOf(read(QUIET), 'system.serial', 'system.uuid', 'machine.kind')).toEqual([
      'J1Z0000',
      '4c4c4544-0031-5a10-8030-cac04f303030',
      'rack',
    ]);
    expect(valuesOf(read(UNDECODED), 'manufacturer', 'model', 'system.serial', 'system.uuid')).toEqual([
      'Acme',
      'Box 1',
      'SN77',
      '00112233-4455-6677-8899-a17b2c9d3e4f',
    ]);
  });

  test('with values taken out and a broken table says both, and takes nothing for a value', () => {
    const machine = read(REDACTED);
    expect(valuesOf(machine, 'blade.slot', 'chassis.enclosure', 'enclosure.serial')).toEqual(['3', 'CZ2000AAAA', null]);
    expect(fillerOf(machine)).toEqual(expect.arrayContaining(['system.serial', 'system.uuid', 'asset.tag', 'chassis.serial']));
    expect(machine.notes.join()).toContain('only 87 decoded');
  });

  test('of a board that nobody filled in: filler is shown, and only the board has a name', () => {
    const machine = read(DESKTOP);
    expect(fillerOf(machine).toSorted()).toEqual([
      'asset.tag',
      'blade.slot-text',
      'chassis.manufacturer',
      'chassis.serial',
      'manufacturer',
      'model',
      'system.family',
      'system.serial',
      'system.sku',
      'system.uuid',
      'system.version',
    ]);
    expect(valuesOf(machine, 'board.serial', 'machine.kind', 'blade.slot')).toEqual(['M80-C8012345678', 'desktop', null]);
  });
});
