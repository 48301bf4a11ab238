// Damaged recordings: ten thousand mutations of every kind of file give facts or a reason, never a throw, and in no time.
import { describe, expect, test } from 'vitest';
import { recordedFacts } from '../../../agent/facts/dump/recorded-facts.ts';
import { parseDmidecode } from '../../../agent/facts/smbios/dmidecode.ts';
import { factDefinition, factSchema } from '../../../agent/protocol/facts.ts';
import { failureSchema } from '../../../agent/protocol/failure.ts';
import { makeHardware } from '../../rack/hardware.ts';
import { DESKTOP, GEN10_BLADE, OLD_TEXT, REDACTED, UNDECODED } from './texts.ts';
import { expectBounded } from '../../bounded-work.ts';

/** A small generator with a seed, so that a failure can be repeated (mulberry32). */
const randomFrom = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

const XML = `<?xml version="1.0"?><!-- lshw --><list><node id="a" class="system"><vendor>V</vendor><configuration><setting id="uuid" value="x"/></configuration>
<node id="network" class="network"><serial>00:11:22:33:44:56</serial><businfo>pci@0000:01:00.0</businfo></node></node></list>`;
const JSONS = [
  '{"blockdevices":[{"name":"sda","type":"disk","size":480103981056,"rota":false,"serial":"S1","children":[{"name":"sda1"}]}]}',
  '[{"id":"a","class":"system","vendor":"V","configuration":{"uuid":"u"},"children":[{"id":"bank:0","class":"memory","size":1024}]}]',
];

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const machine = makeHardware('hp-bl460c', 5).machine.files;
const table = machine['/sys/firmware/dmi/tables/DMI'] as Uint8Array;
const entryPoint = machine['/sys/firmware/dmi/tables/smbios_entry_point'] as Uint8Array;
const dumpBin = new Uint8Array([...entryPoint, ...Array.from({ length: 32 - entryPoint.length }, () => 0), ...table]);
const SEEDS = [GEN10_BLADE, OLD_TEXT, REDACTED, UNDECODED, DESKTOP, XML, ...JSONS].map(text).concat([table, dumpBin, entryPoint]);

/** One to eight damages: bytes changed, cut out, doubled, filled in, or the tail of another file. */
const damaged = (seed: Uint8Array, random: (below: number) => number): Uint8Array => {
  const bytes = [...seed];
  for (let count = 1 + random(8); count > 0 && bytes.length > 0; count--) {
    const at = random(bytes.length);
    const length = 1 + random(Math.min(64, bytes.length - at));
    const kind = random(6);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes.splice(at, length);
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + length));
    else if (kind === 3) bytes.splice(at, 0, ...Array.from({ length }, () => [0, 0x20, 0x0a, 0xff, 0x3a, 0x22][random(6)] ?? 0));
    else if (kind === 4) bytes.length = at;
    else bytes.splice(at, length, ...(SEEDS[random(SEEDS.length)] ?? []).slice(0, 200));
  }
  return Uint8Array.from(bytes);
};

describe('ten thousand damaged recordings', () => {
  test('give facts of the catalogue or a reason', () => {
    const random = randomFrom(20_260_814);
    let read = 0;
    for (let round = 0; round < 10_000; round++) {
      const seed = SEEDS[round % SEEDS.length] ?? table;
      const files = [{ name: 'a', bytes: damaged(seed, random) }];
      if (random(4) === 0) files.push({ name: 'b', bytes: SEEDS[random(SEEDS.length)] ?? table });
      const recorded = recordedFacts(files);
      if (!recorded.ok) {
        failureSchema.parse(recorded.failure);
        continue;
      }
      read += 1;
      const wrong = recorded.value.facts.filter((fact) => !factSchema.safeParse(fact).success || factDefinition(fact.name) === null);
      expect(wrong).toEqual([]);
    }
    // Were everything refused, nothing would have been tested.
    expect(read).toBeGreaterThan(3000);
  });

  test.each([
    ['blanks', ' '.repeat(1_000_000)],
    ['one long line', `Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\t${' '.repeat(500_000)}x`],
    ['colons', `Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n${'\t:::::\n'.repeat(100_000)}`],
    ['open comments', `<${'!--<'.repeat(200_000)}`],
    ['open declarations', '<?<!<a '.repeat(100_000)],
    ['a deep tree', '<a>'.repeat(100_000)],
    ['deep JSON', `${'[{"children":'.repeat(3000)}1`],
    ['handles', 'Handle 0x0001, DMI type 1, 27 bytes\n'.repeat(50_000)],
  ])('%s without end are read in bounded work', (_what, content) => {
    expectBounded(3, () => recordedFacts([{ name: 'a', bytes: text(content) }]));
  });
});

test('names from a file reach nothing but the file', () => {
  const hostile = 'Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\t__proto__: x\n\tconstructor: y\n\tManufacturer: Acme\n';
  expect(parseDmidecode(hostile).records[0]?.fields.get('Manufacturer')).toBe('Acme');
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  const json = '{"blockdevices":[{"name":"sda","type":"disk","size":1000,"__proto__":{"serial":"P"}}]}';
  const recorded = recordedFacts([{ name: 'a', bytes: text(json) }]);
  expect(recorded.ok && recorded.value.facts.some((fact) => fact.name === 'disk.serials')).toBe(false);
});
