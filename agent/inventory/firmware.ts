// Firmware kind and UEFI variables (UEFI 2.10 §3.3, §32.3) from /sys/firmware/efi, and the TPM that the kernel found.
import type { Inventory } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';

export type FirmwareReading = NonNullable<Inventory['firmware']>;

const EFIVARS = '/sys/firmware/efi/efivars';
const GLOBAL_VARIABLE = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
/** efivarfs puts the variable's attributes before its value. */
const ATTRIBUTE_BYTES = 4;

const variable = async (source: HardwareSource, name: string): Promise<Uint8Array | null> => {
  const bytes = await source.readBytes(`${EFIVARS}/${name}-${GLOBAL_VARIABLE}`);
  return bytes === null || bytes.length < ATTRIBUTE_BYTES ? null : bytes.subarray(ATTRIBUTE_BYTES);
};

const flag = (value: Uint8Array | null): boolean | null => (value === null || value.length < 1 ? null : value[0] === 1);

/** UINT16 list as `Boot####` numbers, four upper-case hex digits. */
const bootNumbers = (value: Uint8Array | null): readonly string[] => {
  const numbers: string[] = [];
  for (let at = 0; value !== null && at + 1 < value.length && numbers.length < 256; at += 2) {
    numbers.push((((value[at + 1] ?? 0) << 8) | (value[at] ?? 0)).toString(16).padStart(4, '0').toUpperCase());
  }
  return numbers;
};

/** The kernel tells the major version alone; 1.2 is the only one of its kind that was built into machines. */
const tpmVersion = async (source: HardwareSource): Promise<{ readonly tpmVersion?: string }> => {
  const major = await source.readText('/sys/class/tpm/tpm0/tpm_version_major');
  return major === '2' ? { tpmVersion: '2.0' } : major === '1' ? { tpmVersion: '1.2' } : {};
};

/** BIOS unless the kernel was started by UEFI. Secure Boot is null on UEFI when its variable cannot be read, false on BIOS. */
export const readFirmware = async (source: HardwareSource): Promise<FirmwareReading> => {
  const tpm = await tpmVersion(source);
  if (!(await source.exists('/sys/firmware/efi'))) {
    return { kind: 'bios', secureBoot: false, setupMode: null, bootCurrent: null, bootOrder: [], ...tpm };
  }
  return {
    kind: 'uefi',
    secureBoot: flag(await variable(source, 'SecureBoot')),
    setupMode: flag(await variable(source, 'SetupMode')),
    bootCurrent: bootNumbers(await variable(source, 'BootCurrent'))[0] ?? null,
    bootOrder: [...bootNumbers(await variable(source, 'BootOrder'))],
    ...tpm,
  };
};
