// Where a blade or node sits in its enclosure, from the places vendors put it. PURE. Unknown rather than guessed: rack
// servers fill the same fields with filler.
import type { Dmi } from '../protocol/inventory.ts';
import { isFiller } from './filler.ts';

/** `slot` is the bare position (`5`, `5a`, `c2n1`); `source` names the SMBIOS field it came from. */
export type BladePosition = { readonly slot: string; readonly source: string };

/** `Slot 05`, `Slot12`, `Bay 7`, `Node 01`, `Sled-2`, `Blade 3A`. */
const NAMED_SLOT = /^(?:server )?(?:slot|bay|node|sled|blade)[\s\-_#:]*0*(\d{1,3}[a-d]?)$/i;
/** HP Moonshot: cartridge and node. */
const CARTRIDGE_NODE = /^c\d{1,2}n\d$/i;
const BARE_NUMBER = /^0*([1-9]\d?)$/;
/** Dell: `.TAG.PPID.05.` or with slashes; the last part is there on blades only. */
const DELL_BOARD_SERIAL = /^[./][^./]*[./][^./]*[./]\s*0*(\d{1,2}[a-d]?)\s*[./]?\s*$/i;
/** HPE Synergy and BladeSystem, OEM strings (structure 11); HP record 204 uses `Server Bay`. */
const OEM_BAY = /^(?:chassis )?(?:server )?bay(?: number)?\s*:\s*0*(\d{1,3}[a-d]?)$/i;

const ENCLOSING_TYPES = ['Multi-system', 'Blade', 'Blade Enclosing', 'Main Server Chassis'];

const valueAfter = (texts: readonly string[], label: string): string | null => {
  const line = texts.find((text) => text.toLowerCase().startsWith(`${label.toLowerCase()}:`));
  const value = line?.slice(label.length + 1).trim() ?? '';
  return value === '' || isFiller('serial', value) ? null : value;
};

const locatorStrings = (dmi: Dmi): readonly string[] =>
  dmi.oemRecords.filter((record) => record.type === 204).flatMap((record) => record.strings);

const fromOem = (texts: readonly string[], source: string): BladePosition | null => {
  for (const text of texts) {
    const slot = OEM_BAY.exec(text.trim())?.[1];
    if (slot !== undefined && slot !== '0') return { slot: slot.toLowerCase(), source };
  }
  return null;
};

const fromLocation = (dmi: Dmi): BladePosition | null => {
  const location = dmi.board.location?.trim() ?? '';
  if (location === '' || isFiller('location', location)) return null;
  const source = 'smbios:2.location';
  const named = NAMED_SLOT.exec(location)?.[1];
  if (named !== undefined) return named === '0' ? null : { slot: named.toLowerCase(), source };
  if (CARTRIDGE_NODE.test(location)) return { slot: location.toLowerCase(), source };
  // A bare number means a slot only where the maker or the chassis says that several machines share it.
  const bare = BARE_NUMBER.exec(location)?.[1];
  const shared = /quanta|qct/i.test(dmi.system.manufacturer ?? '') || ENCLOSING_TYPES.includes(dmi.chassis.type ?? '');
  return bare !== undefined && shared ? { slot: bare, source } : null;
};

const fromDellSerial = (dmi: Dmi): BladePosition | null => {
  const slot = /dell/i.test(dmi.system.manufacturer ?? '') ? DELL_BOARD_SERIAL.exec(dmi.board.serial ?? '')?.[1] : undefined;
  return slot === undefined || slot === '0' ? null : { slot: slot.toLowerCase(), source: 'smbios:2.serial' };
};

/** The machine's slot in its enclosure, or null for a machine that stands alone or does not say. */
export const bladePosition = (dmi: Dmi): BladePosition | null =>
  fromOem(locatorStrings(dmi), 'smbios:204.bay') ?? fromOem(dmi.oemStrings, 'smbios:11') ?? fromLocation(dmi) ?? fromDellSerial(dmi);

/** What names the enclosure itself, for a machine that has a slot: HPE's name or serial, else the chassis serial. */
export const bladeEnclosure = (dmi: Dmi): { readonly name: string; readonly source: string } | null => {
  if (bladePosition(dmi) === null) return null;
  const locator = [...locatorStrings(dmi), ...dmi.oemStrings];
  for (const label of ['Enclosure Name', 'Enclosure Serial', 'Chassis Name', 'Enclosure Serial Number', 'Chassis Serial Number']) {
    const name = valueAfter(locator, label);
    if (name !== null) return { name, source: 'smbios:oem' };
  }
  const serial = dmi.chassis.serial?.trim() ?? '';
  return serial === '' || isFiller('serial', serial) ? null : { name: serial, source: 'smbios:3.serial' };
};
