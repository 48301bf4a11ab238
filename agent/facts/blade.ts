// Where a blade or node sits in its enclosure, from the places vendors put it (docs/facts.md, "Blade slots"). PURE. Unknown rather
// than guessed: rack servers fill the same fields with filler.
import type { Dmi } from '../protocol/inventory.ts';
import { isFiller } from './filler.ts';
import { machineKind } from './machine-kind.ts';

/** `slot` is the bare position (`5`, `5a`, `c2n1`); `raw` as the maker wrote it; `source` names the SMBIOS field it came from. */
export type BladePosition = { readonly slot: string; readonly raw: string; readonly source: string };

/** `Slot 05`, `Slot12`, `Bay 7`, `Server Bay: 1`, `Chassis Bay Number: 7`, `Node 01`, `Sled-2`, `Blade 3A`, `Chassis Slot ID 4`. */
const NAMED_SLOT =
  /^(?:chassis |server |blade |compute |system |physical |logical )?(?:slot|bay|node|sled|blade|tray|cartridge)(?: (?:number|no\.?|id|position))?[\s\-_#:=.]*0*(\d{1,3}[a-d]?)$/i;
/** `Node 1, Lower right`: which, and where in the box. IBM's scalable rack servers tell so where a processor board is in them. */
const NAMED_SLOT_THEN_PLACE = /^(?:node|slot|bay|blade)[\s\-_#:]*0*(\d{1,3}),\s*\D+$/i;
/** Nodes of a twin are lettered on the outside: `Node A`. */
const NAMED_LETTER = /^(?:node|sled|slot|tray|blade|bay)[\s\-_#:]*([a-h])$/i;
/** `Enclosure 1, Bay 3`, `Chassis OA-1 Slot 5`, Oracle's `/CH/BL3`. */
const PLACE_IN_ENCLOSURE =
  /^(?:(?:chassis|enclosure|frame)\s*[\w-]*[,;:]?\s+(?:slot|bay|blade|node)[\s#:]*|\/CH\/(?:BL|NODE))0*(\d{1,3}[a-d]?)$/i;
/** HP Moonshot: cartridge and node. */
const CARTRIDGE_NODE = /^c0*(\d{1,2})n0*(\d)$/i;
/** HP SL: `Tray 6 - Node 2`. */
const TRAY_NODE = /^tray[\s#:]*0*(\d{1,2})[\s,;:/-]+node[\s#:]*0*(\d{1,2})$/i;
/** Cisco: `chassis-1/blade-3`, `1/3`. */
const CHASSIS_AND_BLADE = /^(?:sys\/)?(?:chassis-?)?\d{1,3}\/(?:blade-?|slot-?)?0*(\d{1,2})$/i;
const BARE_NUMBER = /^0*([1-9]\d?)$/;
const BARE_LETTER = /^[a-h]$/i;
/** Dell: `.TAG.PPID.05.` or with slashes; the last part is there on blades only. */
const DELL_BOARD_SERIAL = /^[./][^./]*[./][^./]*[./]\s*0*(\d{1,2}[a-d]?)\s*[./]?\s*$/i;

const ENCLOSING_TYPES = ['Multi-system', 'Blade', 'Blade Enclosing'];
/** Makers whose boards name their place by a number alone. */
const BARE_NUMBER_MAKERS = /quanta|qct/i;

const valueAfter = (texts: readonly string[], label: string): string | null => {
  const line = texts.find((text) => text.trim().toLowerCase().startsWith(`${label.toLowerCase()}:`));
  const value =
    line
      ?.trim()
      .slice(label.length + 1)
      .trim() ?? '';
  return value === '' || isFiller('serial', value) ? null : value;
};

const locatorStrings = (dmi: Dmi): readonly string[] =>
  dmi.oemRecords.filter((record) => record.type === 204).flatMap((record) => record.strings);

const PATTERNS = [NAMED_SLOT, NAMED_SLOT_THEN_PLACE, PLACE_IN_ENCLOSURE, CHASSIS_AND_BLADE, NAMED_LETTER] as const;

/** The bare slot in a text that names itself one; null for any other text, and for slot 0, which is filler. */
export const slotIn = (text: string): string | null => {
  const trimmed = text.trim();
  const cartridge = CARTRIDGE_NODE.exec(trimmed);
  if (cartridge !== null) return `c${cartridge[1]}n${cartridge[2]}`;
  const tray = TRAY_NODE.exec(trimmed);
  if (tray !== null) return `t${tray[1]}n${tray[2]}`;
  const slot = PATTERNS.map((pattern) => pattern.exec(trimmed)?.[1]).find((found) => found !== undefined);
  return slot === undefined || slot === '0' ? null : slot.toLowerCase();
};

/** OEM strings and the locator put a label before the slot; only whole lines that name a slot count. */
const fromOem = (texts: readonly string[], source: string): BladePosition | null => {
  for (const text of texts) {
    const labelled = /^\s*(chassis )?(server |blade )?(bay|slot|node)( number)?\s*:/i.test(text);
    const slot = labelled ? slotIn(text) : null;
    if (slot !== null) return { slot, raw: text.trim(), source };
  }
  return null;
};

const fromLocation = (dmi: Dmi): BladePosition | null => {
  const raw = dmi.board.location?.trim() ?? '';
  if (raw === '' || isFiller('location', raw)) return null;
  const source = 'smbios:2.location';
  const kind = machineKind(dmi, false);
  const isShared = ENCLOSING_TYPES.includes(dmi.chassis.type ?? '') || kind === 'blade' || kind === 'node';
  const named = isShared || !NAMED_SLOT_THEN_PLACE.test(raw) ? slotIn(raw) : null;
  if (named !== null) return { slot: named, raw, source };
  // A bare number or letter means a slot only where the maker or the chassis says that several machines share it.
  const isMaker = BARE_NUMBER_MAKERS.test(dmi.system.manufacturer ?? '');
  const bare = BARE_NUMBER.exec(raw)?.[1];
  if (bare !== undefined && (isShared || isMaker)) return { slot: bare, raw, source };
  return isShared && BARE_LETTER.test(raw) ? { slot: raw.toLowerCase(), raw, source } : null;
};

const fromDellSerial = (dmi: Dmi): BladePosition | null => {
  const serial = dmi.board.serial?.trim() ?? '';
  const slot = /dell/i.test(dmi.system.manufacturer ?? '') ? DELL_BOARD_SERIAL.exec(serial)?.[1] : undefined;
  return slot === undefined || slot === '0' ? null : { slot: slot.toLowerCase(), raw: serial, source: 'smbios:2.serial' };
};

/** The machine's slot in its enclosure, or null for a machine that stands alone or does not say. */
export const bladePosition = (dmi: Dmi): BladePosition | null =>
  fromOem(locatorStrings(dmi), 'smbios:204.bay') ?? fromOem(dmi.oemStrings, 'smbios:11') ?? fromLocation(dmi) ?? fromDellSerial(dmi);

export type Named = { readonly name: string; readonly source: string };
export type BladeEnclosure = { readonly name: Named | null; readonly serial: Named | null; readonly model: Named | null };

const named = (text: string | null | undefined, source: string): Named | null => {
  const name = text?.trim() ?? '';
  return name === '' || isFiller('serial', name) ? null : { name, source };
};

const firstOf = (texts: readonly string[], labels: readonly string[]): Named | null => {
  for (const label of labels) {
    const name = named(valueAfter(texts, label), 'smbios:oem');
    if (name !== null) return name;
  }
  return null;
};

/** What names the enclosure itself: HPE's name or serial, else the chassis serial. Null for a machine that is in none. */
export const bladeEnclosure = (dmi: Dmi): BladeEnclosure | null => {
  const hasSlot = bladePosition(dmi) !== null;
  const kind = machineKind(dmi, hasSlot);
  if (!hasSlot && kind !== 'blade' && kind !== 'node') return null;
  const texts = [...locatorStrings(dmi), ...dmi.oemStrings];
  // Supermicro gives the system's serial and product to the enclosure, and the board's to the node: save where that product is a
  // blade's own name or a board's. Then nothing tells of the enclosure.
  if (/supermicro/i.test(dmi.system.manufacturer ?? '')) {
    const product = dmi.system.product?.trim() ?? '';
    if (kind === 'blade' || product === dmi.board.product?.trim()) return { name: null, serial: null, model: null };
    const whole = named(dmi.system.serial, 'smbios:1.serial');
    return { name: whole, serial: whole, model: named(dmi.system.product, 'smbios:1.product') };
  }
  const ownSerial = dmi.system.serial?.trim() ?? '';
  // With a structure for the enclosure, and where it bears the machine's serial, the chassis structure tells of the blade itself.
  const isEnclosure = dmi.enclosure === undefined && dmi.chassis.serial?.trim() !== ownSerial;
  const chassisSerial = isEnclosure ? named(dmi.chassis.serial, 'smbios:3.serial') : null;
  const serial =
    firstOf(texts, ['Enclosure Serial', 'Enclosure Serial Number', 'Chassis Serial Number']) ??
    named(dmi.enclosure?.serial, 'smbios:3.enclosing') ??
    chassisSerial;
  const model =
    firstOf(texts, ['Enclosure Model', 'CPN']) ??
    named(dmi.enclosure?.version, 'smbios:3.enclosing') ??
    (chassisSerial === null ? null : named(dmi.chassis.version, 'smbios:3.version'));
  return { name: firstOf(texts, ['Enclosure Name', 'Chassis Name']) ?? serial, serial, model };
};
