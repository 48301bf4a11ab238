// Vendor filler: values that a factory left in place of real ones, so that thousands of machines share them. PURE.
// They are shown, and they count for nothing when machines are told apart or matched (docs/identity.md).

import { isCopiedMac, isFillerUuid } from './filler-uuid.ts';
import { REAL_NAMES, RUN_TOGETHER, WORDS } from './filler-words.ts';

/** What a value is meant to be; each kind has filler of its own. */
export type FillerField = 'serial' | 'uuid' | 'mac' | 'asset-tag' | 'name' | 'location';

/** Placeholders of firmware makers' templates, in names and in everything else. */
const TEMPLATES = [
  /^to[ _-]?be[ _-]?(filled|set|defined|assigned|programmed)/i,
  /^type\d ?- /i, // Insyde's template: `Type1 - TBD by OEM`
  /^oem[ _]?define ?\d+$/i, // the same maker's, of what has no structure of its own
  /^\$(\([\w. ]+\)|\{[\w. ]+\})$/, // an unreplaced variable of some build script
] as const;

/** Shapes of filler in any other text: keyboard runs, placeholders in brackets. */
const SHAPES = [
  ...TEMPLATES,
  /^(eui|naa)\.(.)\2+$/, // a disk's name that nobody gave
  /^(0x)?(00|ff)+(h)?$/i,
  /^0987654321$/,
  /^qm0000\d$/i, // every disk of every QEMU machine that was given none
  /^(abc|abcd|abcdef|abcdefg|qwerty|asdf|abc123|abc12345|abcd1234|a1b2c3d4)$/i,
  /^(please )?(fill|filled|enter|set|input)(ed)? (in )?(by|the) /i,
  /^(oem )?(system|chassis|board|base ?board|mother ?board|product|enclosure) ?(serial|asset)([ _-]?(number|tag|no\.?|num))?\.?#?$/i,
  /^(\w{1,12}_)?(sernum|assettagnum|partnum|modulepartnumber)\d{0,2}$/i,
  /^oem[0x]+$/i,
  /^[a-z]{1,3}0{7,}$/i,
  /^(sn|s\/n|mb|sys|bsn|csn|ssn|atn)[\s\-_#:]*0{4,}$/i,
  /^0?1234567890{2,}$/, // a count that nobody went on with
  /^(serial ?number|serial|asset ?tag)[ _#-]?(0+|x+|\*+)?$/i,
  /^\$[\w$ ]*$/,
  /^<.*>$/,
  /^\[.*\]$/,
  /^%\w*%?$/,
] as const;

/** Names, versions and places are short and repeat; only these shapes say nothing. */
const NAME_SHAPES = [
  ...TEMPLATES,
  /^0+$/,
  /^0{2,}(-0{2,})+$/,
  /^x{2,}$/,
  /^(.)\1{3,}$/,
  /^<(bad index|out of spec).*>$/i,
  /-kxxx-vyyy$/i, // Fujitsu's number of a configuration, without the numbers
  /^sku=notprovided(;|$)/i, // Dell: `SKU=NotProvided;ModelName=…`
] as const;

/** What stands before the digits where makers number a template's fields; behind other letters only ten digits are no number. */
const NUMBERED = /^(sn|s\/n|mb|sys|cs|bsn|csn|ssn|psn|atn|asset|chassis|tag|serial|board|system|bb)[\s\-_#:]*(?=\d)/i;
const ANY_LETTERS = /^[a-z]{1,5}[\s\-_#:]*(?=\d+$)/i;

/** What may come after a digit or letter that counts: `90` and `9A`, `0A` in `1234567890AB`, `F0`. */
const successors = (letter: string): string => {
  const beside: Readonly<Record<string, string>> = { 0: '1a', 9: '0a', f: 'g0', z: 'a' };
  return beside[letter] ?? String.fromCharCode(letter.charCodeAt(0) + 1);
};

/** `0123456789AB`, `12345678901234567`, `01234567890123456789AB`: nothing but counting up, and at least so much of it. */
const countsUp = (text: string, least: number): boolean =>
  text.length >= least &&
  /^[01a][0-9a-z]*$/.test(text) &&
  [...text].every((letter, at) => at === 0 || successors(text[at - 1] ?? '').includes(letter));

const isCounted = (text: string): boolean =>
  /^9876543210?$/.test(text.replace(NUMBERED, '')) ||
  countsUp(text, 7) ||
  countsUp(text.replace(/[\s\-_.:]/g, ''), 10) ||
  countsUp(text.replace(NUMBERED, ''), 8) ||
  countsUp(text.replace(ANY_LETTERS, ''), 10);

/** `' '`, `--`, a control character: no letter and no digit in any script. */
const isMute = (text: string): boolean => !/[\p{L}\p{N}]/u.test(text);

/** `0000`, `XXXX-XXXX`, `00:00:00`: one character over and over. Fewer may be somebody's first machine. */
const isOneCharacter = (text: string): boolean => /^(.)\1{2,}$/.test(text.replace(/[\s\-_.:/]/g, ''));

const tidy = (value: string): string =>
  value
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[.\s]+$/, '')
    .toLowerCase();

const isFillerMac = (mac: string): boolean => {
  const octets = mac.split(/[:-]/);
  return isCopiedMac(octets.join(':')) || (Number.parseInt(octets[0] ?? '', 16) & 1) === 1;
};

/** True when the value says nothing about this very machine. Blank counts as filler. */
export const isFiller = (field: FillerField, value: string): boolean => {
  const text = value.trim().toLowerCase();
  if (field === 'uuid') return isFillerUuid(text);
  if (field === 'mac') return isFillerMac(text);
  const tidied = tidy(value);
  const isName = field === 'location' || field === 'name';
  if (WORDS.has(tidied) || RUN_TOGETHER.has(tidied.replaceAll(' ', ''))) return !(isName && REAL_NAMES.has(tidied));
  if (isMute(tidied)) return true;
  // A slot may well be called "4", a product "X", a version "0.0.0".
  if (isName) return countsUp(tidied, 8) || NAME_SHAPES.some((shape) => shape.test(tidied));
  return isOneCharacter(tidied) || isCounted(tidied) || SHAPES.some((shape) => shape.test(tidied));
};

/** What a serial stands beside: some firmware writes the machine's name into it. */
export type SerialContext = { readonly manufacturer: string | null; readonly names: readonly (string | null)[] };

/** Dell writes a service tag or nothing, so whatever has the form of one is one, `1234567` too. */
const isServiceTag = (context: SerialContext, value: string): boolean =>
  /^dell/i.test(context.manufacturer?.trim() ?? '') && /^[0-9a-z]{7}$/i.test(value) && !/^(.)\1*$/.test(value);

const repeatsName = (context: SerialContext, value: string): boolean =>
  context.names.some((name) => name !== null && tidy(name) !== '' && tidy(name) === tidy(value));

/** `0`, `1`, `12345`: a person may well number machines like this, firmware only where nobody gave it a serial. */
const isTooShort = (serial: string): boolean => /^(0+|[0-9a-z])$/i.test(serial) || countsUp(serial, 5);

/** {@link isFiller} of an asset tag: some firmware writes one word into every field. Short ones may well be a version's number too. */
export const isFillerAssetTag = (context: SerialContext, value: string): boolean =>
  isFiller('asset-tag', value) || (/^(?=.*[a-z]).{4,}$/i.test(value.trim()) && repeatsName(context, value));

/** {@link isFiller} of a serial, told with the machine's names beside it: a serial that repeats one of them is filler too. */
export const isFillerSerial = (context: SerialContext, value: string): boolean => {
  if (isServiceTag(context, value.trim())) return WORDS.has(tidy(value));
  if (isFiller('serial', value) || isTooShort(value.trim())) return true;
  return repeatsName(context, value);
};
