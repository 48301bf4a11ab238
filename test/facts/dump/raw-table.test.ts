// The bytes of a machine's SMBIOS table, dumped by dmidecode or copied from the kernel, give the facts that the agent would have read
// there; so does the text that dmidecode makes of them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RecordedMachine } from '../../../agent/facts/dump/recorded-facts.ts';
import { factsFrom } from '../../../agent/facts/facts.ts';
import { readInventory } from '../../../agent/inventory/read.ts';
import type { Fact } from '../../../agent/protocol/facts.ts';
import { HARDWARE_KINDS, makeHardware } from '../../rack/hardware.ts';
import { buildSmbios } from '../../rack/smbios-build.ts';
import { read, valuesOf } from './reading.ts';

describe('a raw table', () => {
  const UUID = '00112233-4455-6677-8899-a17b2c9d3e4f';
  const fields = {
    system: { manufacturer: 'Acme', product: 'Box', serial: 'SN1', uuid: UUID },
    boards: [{ product: 'B' }],
    chassis: { type: 0x17 },
  };
  const dumpBin = (version: { major: number; minor: number }): Uint8Array => {
    const { entryPoint, table } = buildSmbios(fields, version);
    const head = Buffer.alloc(32);
    Buffer.from(entryPoint).copy(head);
    head.writeUInt32LE(32, version.major >= 3 ? 0x10 : 0x18);
    return new Uint8Array(Buffer.concat([head, table]));
  };
  test.each([
    { major: 3, minor: 2 },
    { major: 2, minor: 8 },
    { major: 2, minor: 4 },
  ])('of version $major.$minor, dumped or beside its entry point, orders the UUID as its version says', (version) => {
    const { entryPoint, table } = buildSmbios(fields, version);
    for (const machine of [read(dumpBin(version)), read(table, entryPoint), read(entryPoint, table)]) {
      expect(valuesOf(machine, 'system.uuid', 'system.serial', 'machine.kind')).toEqual([UUID, 'SN1', 'rack']);
      expect(machine.notes).toEqual([]);
    }
  });
  test('without its entry point says that the order of the UUID is a guess', () => {
    const { table } = buildSmbios(fields, { major: 2, minor: 4 });
    const machine = read(table);
    expect(valuesOf(machine, 'system.uuid')).toEqual(['33221100-5544-7766-8899-a17b2c9d3e4f']);
    expect(machine.notes.join()).toContain('version is not told');
  });
  test('of HPE tells the interfaces of its vendor records, as the text of dmidecode does; of another maker they are something else', () => {
    const nics = [0x00, 0x04, 0xb4, 0xb5, 0x2f, 0, 0x11, 0xa0, 0x19, 0x04, 0xb4, 0xb5, 0x2f, 0, 0x11, 0xa4, 0xff, 0xff, 1, 2, 3, 4, 5, 6];
    const told = (manufacturer: string): unknown[] => {
      const { table, entryPoint } = buildSmbios(
        { ...fields, system: { ...fields.system, manufacturer }, oemRecords: [{ type: 209, data: nics, strings: [] }] },
        { major: 3, minor: 2 },
      );
      return valuesOf(read(table, entryPoint), 'nic.macs', 'nic.pci-addresses');
    };
    expect(told('HPE')).toEqual([
      ['b4:b5:2f:00:11:a0', 'b4:b5:2f:00:11:a4'],
      ['0000:04:00.0', '0000:04:03.1'],
    ]);
    expect(told('Acme')).toEqual([null, null]);
    const one = [0, 0, 0x5d, 0x01, 0x14, 0x02, 0xec, 0, 0x11, 0xb1, ...Array<number>(26).fill(0), 2];
    const { table, entryPoint } = buildSmbios(
      { ...fields, system: { ...fields.system, manufacturer: 'HPE' }, oemRecords: [{ type: 233, data: one, strings: [] }] },
      { major: 3, minor: 2 },
    );
    expect(valuesOf(read(table, entryPoint), 'nic.macs', 'nic.pci-addresses')).toEqual([['14:02:ec:00:11:b1'], ['0000:5d:00.1']]);
  });
  test('is read in the order of the version that a text of the same machine names', () => {
    const { table } = buildSmbios(fields, { major: 2, minor: 4 });
    const text = `SMBIOS 2.4 present.\nHandle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tSerial Number: SN1\n\tUUID: ${UUID}\n`;
    expect(valuesOf(read(table, text), 'system.uuid', 'system.serial')).toEqual([UUID, 'SN1']);
    expect(read(table, text).notes).toEqual([]);
  });
  test('that is cut off says so: what it lacks would be taken for what the machine lacks', () => {
    const module = { locator: 'A', sizeBytes: 8 * 2 ** 30, manufacturer: 'Acme', serial: 'M1' };
    const { entryPoint, table } = buildSmbios({ ...fields, memory: [module, module] }, { major: 3, minor: 2 });
    const cut = read(table.subarray(0, table.length - 30), entryPoint);
    expect(valuesOf(cut, 'system.serial', 'memory.modules')).toEqual(['SN1', 1]);
    expect(cut.notes.join()).toContain('the table is cut off');
    expect(read(table, entryPoint).notes).toEqual([]);
    expect(read(Buffer.concat([table, Buffer.alloc(64, 0xff)]), entryPoint).notes).toEqual([]);
  });

  const hasDmidecode = spawnSync('dmidecode', ['--version']).status === 0;
  const folder = mkdtempSync(join(tmpdir(), 'rackside-dump-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  test.each(HARDWARE_KINDS)('of %s gives the facts that the agent reads, and so does the text that dmidecode makes of it', async (kind) => {
    const { source, bootMac, architecture } = makeHardware(kind, 5);
    const inventory = await readInventory({
      source,
      listDisks: async () => [],
      trustedKeys: new Map(),
      bootMac,
      architecture,
      lldpWaitMs: 0,
    });
    const fromTable = (facts: readonly Fact[]): readonly Fact[] =>
      facts.filter((fact) => fact.source.startsWith('smbios:') || fact.source === 'rules');
    const table = (await source.readBytes('/sys/firmware/dmi/tables/DMI')) ?? new Uint8Array();
    const entryPoint = (await source.readBytes('/sys/firmware/dmi/tables/smbios_entry_point')) ?? new Uint8Array();
    const agents = fromTable(factsFrom(inventory)).filter((fact) => !fact.name.startsWith('cpu.') || fact.name === 'cpu.id');
    const recorded = (machine: RecordedMachine): readonly Fact[] =>
      fromTable(machine.facts).filter((fact) => (!fact.name.startsWith('cpu.') && fact.name !== 'architecture') || fact.name === 'cpu.id');
    const withoutSize = (facts: readonly Fact[]): readonly Fact[] => facts.filter((fact) => fact.name !== 'memory.size');
    expect(withoutSize(recorded(read(table, entryPoint)))).toEqual(withoutSize(agents));
    if (!hasDmidecode) return;
    const path = join(folder, kind);
    const head = Buffer.alloc(32);
    Buffer.from(entryPoint).copy(head);
    const isNew = String.fromCharCode(...entryPoint.subarray(0, 5)) === '_SM3_';
    head.writeUInt32LE(32, isNew ? 0x10 : 0x18);
    const fix = (at: number, start: number, end: number): void => {
      head[at] = 0;
      head[at] = (256 - (head.subarray(start, end).reduce((sum, byte) => sum + byte, 0) % 256)) % 256;
    };
    if (isNew) fix(5, 0, 24);
    else {
      fix(21, 16, 31);
      fix(4, 0, 31);
    }
    writeFileSync(path, Buffer.concat([head, table]));
    // What a string number 0 leaves out, dmidecode calls "Not Specified".
    const said = (facts: readonly Fact[]): readonly Fact[] => facts.filter((fact) => !fact.filler && !fact.name.startsWith('nic.'));
    const whole = said(read(table, entryPoint).facts);
    const text = (...options: readonly string[]): string =>
      spawnSync('dmidecode', ['--from-dump', path, ...options], { encoding: 'utf8' }).stdout;
    expect(said(read(text()).facts)).toEqual(whole);
    expect(said(read(text('-u')).facts)).toEqual(whole);
    // -q leaves processor ids and vendor records out.
    const quiet = said(read(text('-q')).facts).filter((fact) => !/^(blade|chassis\.enclosure|enclosure)/.test(fact.name));
    expect(whole).toEqual(expect.arrayContaining([...quiet]));
    expect(quiet.length).toBeGreaterThan(10);
  });
});
