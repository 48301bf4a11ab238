// Parsing SMBIOS (DSP0134): what the encoder of the software rack writes comes back, and no bytes upset the parser.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dmiFromStructures } from '../../../agent/facts/smbios/dmi.ts';
import { modulesFromRecords } from '../../../agent/facts/smbios/memory.ts';
import { recordsOf } from '../../../agent/facts/smbios/records.ts';
import { SMBIOS_MAX_STRUCTURES, parseEntryPoint, parseStructures, uuidAt, vendorText } from '../../../agent/facts/smbios/structures.ts';
import { buildSmbios, smbiosStructure, uuidBytes } from '../../rack/smbios-build.ts';

const UUID = '11223344-5566-7788-99aa-bbccddeeff00';

describe('entry point', () => {
  test.each([
    ['3.x', { major: 3, minor: 2 }],
    ['2.x', { major: 2, minor: 8 }],
    ['2.4', { major: 2, minor: 4 }],
  ])('%s gives its version', (_name, version) => {
    expect(parseEntryPoint(buildSmbios({}, version).entryPoint)).toEqual(version);
  });

  test.each([
    [31, 3],
    [33, 3],
    [51, 6],
  ])('2.%i, which there never was, means 2.%i', (minor, meant) => {
    expect(parseEntryPoint(buildSmbios({}, { major: 2, minor }).entryPoint)).toEqual({ major: 2, minor: meant });
  });

  test('other bytes give none', () => {
    expect(parseEntryPoint(new Uint8Array())).toBeNull();
    expect(parseEntryPoint(Buffer.from('_SM_'))).toBeNull();
    expect(parseEntryPoint(Buffer.from('hello world, no SMBIOS here'))).toBeNull();
  });
});

describe('text', () => {
  const raw = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
  test.each([
    ['UTF-8, as version 3 writes it', Buffer.from('Böx® 联想'), 'Böx® 联想'],
    ['Latin-1, as older firmware does', raw(0x42, 0xf6, 0x78, 0xae), 'Böx®'],
    ['control characters of both', raw(0x41, 0x1b, 0x5b, 0x9b, 0x42, 0x7f), 'A [ B'],
    ['what turns the writing round', Buffer.from('A\u202eB'), 'A B'],
    ['more than a console takes, cut between letters', Buffer.from('联'.repeat(300)), '联'.repeat(170)],
  ])('is read from %s', (_what, bytes, text) => expect(vendorText(bytes)).toBe(text));
});

describe('UUID byte order', () => {
  const raw = Buffer.concat([Buffer.alloc(8), uuidBytes(UUID)]);
  test('is little-endian in its first three fields from 2.6 on, and when the version is unknown', () => {
    expect(uuidBytes(UUID).toString('hex')).toBe('443322116655887799aabbccddeeff00');
    for (const version of [{ major: 2, minor: 6 }, { major: 3, minor: 0 }, null]) expect(uuidAt({ data: raw }, 8, version)).toBe(UUID);
  });
  test('is as it stands before 2.6', () => {
    const old = Buffer.concat([Buffer.alloc(8), uuidBytes(UUID, false)]);
    expect(uuidAt({ data: old }, 8, { major: 2, minor: 5 })).toBe(UUID);
    expect(uuidAt({ data: raw }, 8, { major: 2, minor: 5 })).not.toBe(UUID);
  });
  test('is null in a structure too short to hold it', () => {
    expect(uuidAt({ data: raw.subarray(0, 20) }, 8, null)).toBeNull();
  });
});

describe('structures', () => {
  const fields = {
    bios: { vendor: 'Dell Inc.', version: '1.2.5', date: '05/04/2015' },
    system: { manufacturer: 'Dell Inc.', product: 'PowerEdge M630', serial: 'ABC1234', uuid: UUID, sku: 'SKU=1', family: 'PowerEdge' },
    boards: [
      { manufacturer: 'Dell Inc.', product: 'interconnect', type: 13, features: 0x0c },
      { manufacturer: 'Dell Inc.', product: '0PHY8D', serial: '.ABC1234.X.05.', location: 'Slot 05', type: 3 },
    ],
    chassis: { manufacturer: 'Dell Inc.', type: 0x99, version: 'PowerEdge M1000e', serial: 'ENC1', assetTag: 'TAG' },
    processors: [
      { socket: 'CPU1', manufacturer: 'Intel', version: 'Xeon', id: 'F2 06 03 00 FF FB EB BF', cores: 14, threads: 28 },
      { socket: 'CPU2', manufacturer: 'Intel', version: '', id: '00 00 00 00 00 00 00 00', cores: 0, threads: 0, populated: false },
    ],
    memory: [
      { locator: 'A1', sizeBytes: 8 * 1024 ** 3, manufacturer: '00CE', partNumber: 'M393', serial: '42', speedMts: 2133 },
      { locator: 'A2', sizeBytes: 64 * 1024 ** 3, speedMts: 3200 },
      { locator: 'A3', sizeBytes: 0 },
    ],
    oemStrings: ['Dell System', '', '5[0000]'],
    oemRecords: [{ type: 204, data: [1, 2, 3, 4, 16, 9, 5], strings: ['Rack', 'OA-1', 'c7000', '7', 'CZ3'] }],
  };

  test.each([
    [3, 2],
    [2, 8],
    [2, 4],
  ])('of a version %i.%i table give every field back', (major, minor) => {
    const version = { major, minor };
    const structures = parseStructures(buildSmbios(fields, version).table);
    expect(dmiFromStructures(structures, version)).toEqual({
      bios: fields.bios,
      system: { ...fields.system, version: null },
      board: {
        manufacturer: 'Dell Inc.',
        product: '0PHY8D',
        version: null,
        serial: '.ABC1234.X.05.',
        assetTag: null,
        location: 'Slot 05',
        kind: 'Server Blade',
      },
      chassis: { manufacturer: 'Dell Inc.', type: 'Multi-system', version: 'PowerEdge M1000e', serial: 'ENC1', assetTag: 'TAG' },
      processorIds: ['F2 06 03 00 FF FB EB BF'],
      oemStrings: ['Dell System', '5[0000]'],
      oemRecords: [
        {
          type: 204,
          strings: ['Rack Name: Rack', 'Enclosure Name: OA-1', 'Enclosure Model: c7000', 'Server Bay: 7', 'Enclosure Serial: CZ3'],
        },
      ],
    });
    expect(modulesFromRecords(recordsOf(structures, null))).toEqual([
      { locator: 'A1', sizeBytes: 8 * 1024 ** 3, manufacturer: '00CE', partNumber: 'M393', serial: '42', speedMts: 2133 },
      { locator: 'A2', sizeBytes: 64 * 1024 ** 3, manufacturer: null, partNumber: null, serial: null, speedMts: 3200 },
    ]);
  });

  test('with a string set cut off at the end of the table keep what is there', () => {
    const table = smbiosStructure(1, 1, [1, 2], ['Acme', 'Rocket']);
    expect(parseStructures(table.subarray(0, table.length - 4))[0]?.strings).toEqual(['Acme', 'Rock']);
  });

  test('show no control characters, so that a table cannot drive a terminal', () => {
    const [structure] = parseStructures(smbiosStructure(1, 1, [1], ['\x1b[2Jevil\x07 \x9bname']));
    expect(structure?.strings).toEqual([' [2Jevil   name']);
  });

  test('stop at the end marker and at a length that cannot be', () => {
    const one = smbiosStructure(1, 1, [1], ['x']);
    expect(parseStructures(Buffer.concat([one, smbiosStructure(127, 2, [], []), one]))).toHaveLength(2);
    expect(parseStructures(Buffer.concat([one, Buffer.from([1, 3, 0, 0, 0, 0]), one]))).toHaveLength(1);
  });

  test('are bounded in number', () => {
    const many = Buffer.concat(Array.from({ length: SMBIOS_MAX_STRUCTURES + 50 }, () => smbiosStructure(2, 0, [], [])));
    expect(parseStructures(many)).toHaveLength(SMBIOS_MAX_STRUCTURES);
  });
});

describe('hostile bytes', () => {
  const read = (table: Uint8Array): unknown => {
    const structures = parseStructures(table);
    return [dmiFromStructures(structures, parseEntryPoint(table)), modulesFromRecords(recordsOf(structures, null))];
  };

  test('100 000 random tables never throw', () => {
    // A cheap generator: fast-check's own arbitraries cost more than what they would test here.
    let state = 20_261_122;
    let rounds = 0;
    const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
    const types = [0, 1, 2, 3, 4, 11, 17, 127, 204, 255];
    for (let round = 0; round < 100_000; round++) {
      const table = new Uint8Array(next() % 96);
      for (let at = 0; at < table.length; at++) table[at] = (next() >>> 13) & 0xff;
      // Half of them start like a structure that is looked into.
      if (round % 2 === 0 && table.length > 1) {
        table[0] = types[next() % types.length] ?? 0;
        table[1] = 4 + (next() % 40);
      }
      if (read(table) === undefined) throw new Error('no value');
      rounds += 1;
    }
    expect(rounds).toBe(100_000);
  });

  test('a real table with any bytes changed or cut never throws', () => {
    const { table } = buildSmbios({
      system: { product: 'x', uuid: UUID },
      boards: [{ product: 'b' }],
      memory: [{ locator: 'A', sizeBytes: 2 ** 30 }],
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(table.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        fc.nat(table.length),
        (edits, cut) => {
          const copy = Uint8Array.from(table);
          for (const [at, value] of edits) copy[at] = value;
          expect(read(copy.subarray(0, cut))).toBeDefined();
        },
      ),
      { numRuns: 5000 },
    );
  });
});
