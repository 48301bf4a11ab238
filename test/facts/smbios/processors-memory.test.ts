// What processors and memory modules of SMBIOS count for: the cores that run, the memory that can be run in.
import { describe, expect, test } from 'vitest';
import { dmiFromRecords } from '../../../agent/facts/smbios/dmi.ts';
import { parseDmidecode } from '../../../agent/facts/smbios/dmidecode.ts';
import { memorySockets, modulesFromRecords } from '../../../agent/facts/smbios/memory.ts';
import { cpuFromRecords } from '../../../agent/facts/smbios/processors.ts';
import { recordOf, recordsOf } from '../../../agent/facts/smbios/records.ts';
import { parseStructures } from '../../../agent/facts/smbios/structures.ts';
import { buildSmbios } from '../../rack/smbios-build.ts';
import { GEN10_BLADE } from '../dump/texts.ts';

const recordsIn = (text: string): ReturnType<typeof parseDmidecode>['records'] => parseDmidecode(text).records;

const withStatus = (data: Uint8Array, status: number): Uint8Array => {
  const changed = Uint8Array.from(data);
  changed[0x18] = status;
  return changed;
};

describe('processors', () => {
  test('count the cores that run, and believe no count under which they could not', () => {
    const counts = (enabled: number, threads: number): unknown[] => {
      const text = GEN10_BLADE.replace('Core Enabled: 16', `Core Enabled: ${enabled}`).replace(
        'Thread Count: 32',
        `Thread Count: ${threads}`,
      );
      const cpu = cpuFromRecords(recordsIn(text));
      return [cpu?.cores, cpu?.threads];
    };
    expect([counts(16, 32), counts(8, 8), counts(8, 16), counts(1, 16), counts(0, 32)]).toEqual([
      [16, 32],
      [8, 8],
      [8, 16],
      [16, 16],
      [16, 32],
    ]);
  });
  test('are those that run: VMware lists 64, and switches off all but the machine’s own', () => {
    const processor = (status: string, id = 'A7 06 02 00 FF FB AB 0F'): string =>
      [
        'Handle 0x0004, DMI type 4, 35 bytes',
        'Processor Information',
        '\tType: Central Processor',
        `\tID: ${id}`,
        `\tStatus: ${status}`,
        '',
        '',
      ].join('\n');
    const disabled = processor('Populated, Disabled By BIOS', '00 00 00 00 FF FB AB 0F');
    const records = recordsIn(disabled + processor('Populated, Enabled') + disabled + processor('Unpopulated'));
    expect(cpuFromRecords(records)?.sockets).toBe(1);
    expect(dmiFromRecords(records).processorIds).toEqual(['A7 06 02 00 FF FB AB 0F']);
    expect(cpuFromRecords(recordsIn(disabled + disabled))?.sockets).toBe(2);
  });
  test('that are switched off are told by a raw table too', () => {
    const processor = { socket: 'CPU', manufacturer: 'Intel', version: 'Xeon', id: '57 06 05 00 FF FB EB BF', cores: 8, threads: 16 };
    const structures = parseStructures(buildSmbios({ system: {}, processors: [processor, processor] }).table);
    const last = structures.findLastIndex(({ type }) => type === 4);
    const records = (status: number): ReturnType<typeof recordsOf> =>
      recordsOf(
        structures.map((structure, index) => (index === last ? { ...structure, data: withStatus(structure.data, status) } : structure)),
        { major: 3, minor: 2 },
      );
    expect([0x41, 0x42, 0x43, 0x44, 0x00].map((status) => cpuFromRecords(records(status))?.sockets)).toEqual([2, 1, 1, 2, 1]);
  });
  test.each([
    ['Family: ARMv8', 'aarch64'],
    ['Family: ARMv9', 'aarch64'],
    ['Family: ARMv7', ''],
  ])('of a maker that is not known by name are Arm’s by %s', (family, architecture) => {
    const text = ['Handle 0x0004, DMI type 4, 48 bytes', 'Processor Information', '\tType: Central Processor', `\t${family}`]
      .concat('\tManufacturer: Acme Cloud', '\tVersion: Acme Gravity 3', '\tStatus: Populated, Enabled', '')
      .join('\n');
    expect(cpuFromRecords(recordsIn(text))?.architecture).toBe(architecture);
  });
  test('of a raw table count them too', () => {
    const halved = { socket: 'CPU1', manufacturer: 'AMD', version: 'Opteron', id: '12 0F 60 00 FF FB 8B 17', cores: 16, threads: 8 };
    const { table } = buildSmbios({ system: {}, processors: [{ ...halved, enabledCores: 8 }] });
    const cpu = cpuFromRecords(recordsOf(parseStructures(table), { major: 3, minor: 2 }));
    expect([cpu?.cores, cpu?.threads]).toEqual([8, 8]);
  });
});

test('a TPM whose two fields dmidecode 3.2 prints on one line has its version', () => {
  const text = GEN10_BLADE.replace(
    '\tSpecification Version: 2.0\n',
    '\tSpecification Version: 2.0\tFirmware Revision: 7.2\n\tDescription: NTC\tCharacteristics:\n\t\tFamily configurable\n',
  );
  expect(dmiFromRecords(recordsIn(text)).tpmVersion).toBe('2.0');
});

describe('memory', () => {
  const device = (...fields: readonly string[]): string =>
    ['Handle 0x0011, DMI type 17, 84 bytes', 'Memory Device', ...fields.map((field) => `\t${field}`), '', ''].join('\n');
  const sizes = (text: string): readonly number[] => modulesFromRecords(recordsIn(text)).map((module) => module.sizeBytes / 2 ** 30);
  const dram = device('Size: 32 GB', 'Type: DDR4', 'Non-Volatile Size: None', 'Volatile Size: 32 GB', 'Cache Size: None');
  test('is what modules hold that is lost without power: persistent memory is none', () => {
    const persistent = device('Size: 128 GB', 'Type: Logical non-volatile device', 'Non-Volatile Size: 126 GB', 'Volatile Size: None');
    expect(sizes(dram + persistent)).toEqual([32]);
    expect(memorySockets(recordsIn(dram + persistent))).toBe(2);
    expect(sizes(device('Size: 128 GB', 'Type: Logical non-volatile device'))).toEqual([]);
    const split = device('Size: 128 GB', 'Type: DDR4', 'Non-Volatile Size: 64 GB', 'Volatile Size: 62 GB');
    expect(sizes(dram + split)).toEqual([32, 62]);
  });
  test('that only caches other memory is none', () => {
    const cache = device('Size: 32 GB', 'Type: DDR4', 'Non-Volatile Size: None', 'Volatile Size: None', 'Cache Size: 32 GB');
    const behind = device('Size: 128 GB', 'Type: Logical non-volatile device', 'Non-Volatile Size: None', 'Volatile Size: 126 GB');
    expect(sizes(cache + behind)).toEqual([126]);
  });
  test('of older tables and of firmware that leaves these fields empty is the size of the module', () => {
    expect(sizes(device('Size: 8192 MB', 'Type: DDR3'))).toEqual([8]);
    const empty = ['Non-Volatile Size: None', 'Volatile Size: None', 'Cache Size: None'];
    expect(sizes(device('Size: 16 GB', 'Type: DDR4', ...empty))).toEqual([16]);
    expect(sizes(device('Size: 16 GB', 'Type: DDR4', 'Non-Volatile Size: Unknown', 'Volatile Size: Unknown'))).toEqual([16]);
  });
  test('of an array that is for something else is none, and takes no modules', () => {
    const array = (handle: string, use: string): string =>
      `Handle ${handle}, DMI type 16, 23 bytes\nPhysical Memory Array\n\tUse: ${use}\n\n`;
    const arrays = array('0x0010', 'System Memory') + array('0x0011', 'Cache Memory');
    const own = device('Array Handle: 0x0010', 'Size: 16 GB', 'Type: DDR4');
    const other = device('Array Handle: 0x0011', 'Size: 8 GB', 'Type: SRAM');
    expect(sizes(arrays + own + other)).toEqual([16]);
    expect(memorySockets(recordsIn(arrays + own + other))).toBe(1);
    expect(sizes(own + other)).toEqual([16, 8]);
    const raw = (use: number): readonly number[] => {
      const [structure, module] = [Buffer.alloc(0x17), Buffer.alloc(0x22)];
      structure.set([16, 0x17, 0x11, 0x00, 3, use]);
      module.set([17, 0x22, 0x20, 0x00, 0x11, 0x00]);
      module.writeUInt16LE(8192, 0x0c);
      const all = [structure, module].map((data) => ({ type: data[0] ?? 0, handle: data.readUInt16LE(2), data, strings: [] }));
      return modulesFromRecords(all.map((one) => recordOf(one, null))).map(({ sizeBytes }) => sizeBytes / 2 ** 30);
    };
    expect([raw(3), raw(7)]).toEqual([[8], []]);
  });
  test('of a raw table is read in the same way', () => {
    const data = Buffer.alloc(0x54);
    data[0] = 17;
    data[1] = 0x54;
    data.writeUInt16LE(0x7fff, 0x0c);
    data[0x12] = 0x1f;
    data.writeUInt32LE(128 * 1024, 0x1c);
    const gib = (count: number, at: number): void => void data.writeBigUInt64LE(BigInt(count) * 2n ** 30n, at);
    const size = (): readonly number[] =>
      modulesFromRecords([recordOf({ type: 17, handle: 1, data: new Uint8Array(data), strings: [] }, null)]).map(
        (module) => module.sizeBytes / 2 ** 30,
      );
    gib(126, 0x34);
    expect(size()).toEqual([]);
    gib(0, 0x34);
    gib(126, 0x3c);
    expect(size()).toEqual([126]);
    data[0x12] = 0x1a;
    data.fill(0xff, 0x34, 0x4c);
    expect(size()).toEqual([128]);
  });
});
