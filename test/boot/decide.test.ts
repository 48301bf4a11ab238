import { describe, expect, test } from 'vitest';
import { architectureName } from '../../main/boot/architecture.ts';
import { decideBoot } from '../../main/boot/decide.ts';
import type { BootSituation } from '../../main/boot/situation.ts';
import type { BootClient, BootFirmware } from '../../main/dhcp/boot-client.ts';

const mac = '52:54:00:77:01:01';
const client = (firmware: BootFirmware, architecture: number | null): BootClient => ({
  mac,
  architecture,
  firmware,
  vendorClass: null,
  userClass: null,
  uuid: null,
  address: null,
});
const situation: BootSituation = { listening: true, kitPresent: true, localBoot: null, station: { address: '10.77.0.1', httpPort: 8067 } };
const decide = (who: BootClient, now: Partial<BootSituation> = {}) => decideBoot(who, { ...situation, ...now }, () => 'rackside.words');

const shim = { kind: 'pxe', bootFile: 'efi/shimx64.efi', server: '10.77.0.1' };
const undionly = { kind: 'pxe', bootFile: 'bios/undionly.kpxe', server: '10.77.0.1' };
const script = { kind: 'pxe', bootFile: `http://10.77.0.1:8067/boot/ipxe/${mac}`, server: '10.77.0.1' };
const uefiScript = { kind: 'pxe', bootFile: `http://10.77.0.1:8067/boot/ipxe-uefi/${mac}`, server: '10.77.0.1' };
const image = { kind: 'http', url: `http://10.77.0.1:8067/boot/http/${mac}/http-boot.img` };

test.each([
  ['bios', 0, undionly],
  ['bios', null, undionly],
  ['ipxe', 0, script],
  ['ipxe', null, script],
  ['ipxe', 7, uefiScript],
  ['ipxe', 9, uefiScript],
  ['uefi', 7, shim],
  ['uefi', 9, shim],
  ['uefi-http', 16, image],
  ['uefi-http', 7, image],
  ['agent', null, { kind: 'agent', words: 'rackside.words' }],
  ['agent', 11, { kind: 'agent', words: 'rackside.words' }],
] as const)('%s with architecture %s', (firmware, architecture, answer) => expect(decide(client(firmware, architecture))).toEqual(answer));

describe('not to be booted, with the reason', () => {
  test.each([
    ['uefi', 11, '64-bit ARM UEFI (11)'],
    ['uefi-http', 19, '64-bit ARM UEFI, HTTP boot (19)'],
    ['uefi', 6, '32-bit x86 UEFI (6)'],
    ['uefi', 2, 'Itanium (2)'],
    ['uefi-http', 15, '32-bit x86 UEFI, HTTP boot (15)'],
    ['uefi', 27, '64-bit RISC-V UEFI (27)'],
    ['bios', 1, 'NEC PC-98 (1)'],
    ['ipxe', 11, '64-bit ARM UEFI (11)'],
    ['u-boot', 22, '64-bit ARM U-Boot (22)'],
    ['uefi', 999, 'unknown (999)'],
  ] as const)('%s %i', (firmware, architecture, name) => {
    expect(decide(client(firmware, architecture))).toEqual({
      kind: 'none',
      silence: { code: 'no-loader', text: `the boot kit has nothing for the architecture ${name}` },
    });
  });
  test('U-Boot of a machine whose processor the kit has', () =>
    expect(decide(client('u-boot', 0))).toMatchObject({
      kind: 'none',
      silence: { code: 'no-loader', text: expect.stringContaining('U-Boot') },
    }));
  test('an operating system', () => expect(decide(client('other', null))).toMatchObject({ kind: 'none', silence: { code: 'protocol' } }));
  test('not listening, whoever asks', () => {
    for (const firmware of ['bios', 'uefi', 'uefi-http', 'ipxe', 'agent'] as const)
      expect(decide(client(firmware, firmware === 'uefi' ? 7 : 0), { listening: false })).toMatchObject({
        kind: 'none',
        silence: { code: 'not-listening', text: expect.stringContaining('not listening') },
      });
  });
  test('no boot kit', () =>
    expect(decide(client('uefi', 7), { kitPresent: false })).toMatchObject({
      kind: 'none',
      silence: { code: 'no-kit', text: expect.stringContaining('boot kit') },
    }));
});

test('words are made only for an agent', () => {
  const never = (): string => {
    throw new Error('a token was spent');
  };
  expect(decideBoot(client('uefi', 7), situation, never)).toEqual(shim);
  expect(() => decideBoot(client('agent', null), situation, never)).toThrow('spent');
});

test('a waiting local boot changes nothing at this step', () =>
  expect(decide(client('bios', 0), { localBoot: { kind: 'bios' } })).toEqual(undionly));

test('names of architectures', () =>
  expect([architectureName(7), architectureName(null), architectureName(4711)]).toEqual(['x64 UEFI (7)', 'unnamed', 'unknown (4711)']));
