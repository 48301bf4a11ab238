// Values out of a hive of the Windows registry (the `regf` format: a base block, then bins of cells). Reads any bytes: a hive that is cut
// short or contradicts itself is a failure, and never a name that it does not hold.
import type { Result } from '../protocol/failure.ts';
import { failed, success } from '../protocol/failure.ts';

const BINS = 4096;
/** Of all keys and values that one look at a hive passes; lists that lead into each other would have no end. */
const MOST_STEPS = 100_000;

export type Hive = {
  /** Null where there is no such key or value, or one that is no text. Codes: `identity.hive-unreadable`. */
  text(path: string, name: string): Result<string | null>;
  /** A value's bytes; null where there is no such key or value. Codes: `identity.hive-unreadable`. */
  bytes(path: string, name: string): Result<Buffer | null>;
};

/** Keys are parted by backslashes, and found whatever their case. Codes: `identity.hive-unreadable`. */
export const readHive = (content: Uint8Array): Result<Hive> => {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < BINS || bytes.toString('latin1', 0, 4) !== 'regf') return unreadable('it is no hive');
  if (checksumOf(bytes) !== bytes.readUInt32LE(508)) return unreadable('the checksum of its base block is wrong');
  const look = <T>(path: string, name: string, of: (found: Value) => T): Result<T | null> => {
    try {
      const walk: Walk = { bytes, steps: 0 };
      const key = path.split('\\').reduce<number | null>((at, part) => subkey(walk, at, part), cell(bytes, bytes.readUInt32LE(36), 'nk'));
      const found = value(walk, key, name);
      return success(found === null ? null : of(found));
    } catch (error) {
      if (error instanceof RangeError) return unreadable(error instanceof Contradiction ? error.message : 'it is cut short');
      throw error;
    }
  };
  return success({
    text: (path, name) => look(path, name, ({ type, data }) => (TEXTS.has(type) ? data.toString('utf16le').replace(/\0.*$/s, '') : null)),
    bytes: (path, name) => look(path, name, ({ data }) => Buffer.from(data)),
  });
};

/** What no sound hive says; where a read leaves its bytes, Node throws the RangeError that this is one of. */
class Contradiction extends RangeError {}

/** REG_SZ, REG_EXPAND_SZ. */
const TEXTS: ReadonlySet<number> = new Set([1, 2]);
type Value = { readonly type: number; readonly data: Buffer };

type Walk = { readonly bytes: Buffer; steps: number };

const step = (walk: Walk): void => {
  walk.steps += 1;
  if (walk.steps > MOST_STEPS) throw new Contradiction('its keys have no end');
};

const unreadable = (why: string): Result<never> =>
  failed('identity.hive-unreadable', `It cannot be read: ${why}.`, 'Start Windows on the machine once and shut it down, then try again.');

/** All words before it, combined. */
const checksumOf = (bytes: Buffer): number => {
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= bytes.readUInt32LE(at);
  sum >>>= 0;
  return sum === 0 ? 1 : sum === 0xffff_ffff ? 0xffff_fffe : sum;
};

/** Where a cell's content begins; offsets count from the first bin. The size before it is negative while the cell is in use. */
const cell = (bytes: Buffer, offset: number, signature: string | null, leastBytes = 4): number => {
  const at = BINS + offset;
  const size = -bytes.readInt32LE(at);
  if (size < leastBytes + 4 || at + size > bytes.length) throw new Contradiction('a cell is free or leads out of it');
  if (signature !== null && signatureOf(bytes, at + 4) !== signature) throw new Contradiction(`a cell is no ${signature}`);
  return at + 4;
};

const signatureOf = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + 2);

const nameAt = (bytes: Buffer, at: number, length: number, isLatin: boolean): string => {
  if (at + length > bytes.length) throw new Contradiction('a name leads out of it');
  return bytes.toString(isLatin ? 'latin1' : 'utf16le', at, at + length);
};

const isNamed = (name: string, wanted: string): boolean => name.toLowerCase() === wanted.toLowerCase();

/** nk: flags at 2, count of subkeys at 20, their list at 28, count of values at 36, their list at 40, length of the name at 72, name at 76. */
const subkey = (walk: Walk, key: number | null, name: string): number | null => {
  const { bytes } = walk;
  if (key === null || bytes.readUInt32LE(key + 20) === 0) return null;
  for (const at of subkeysIn(walk, bytes.readUInt32LE(key + 28), true)) {
    const isLatin = (bytes.readUInt16LE(at + 2) & 0x20) !== 0;
    if (isNamed(nameAt(bytes, at + 76, bytes.readUInt16LE(at + 72), isLatin), name)) return at;
  }
  return null;
};

/** lf and lh: offsets with hints; li: offsets; ri: offsets of such lists. */
function* subkeysIn(walk: Walk, list: number, mayBeList: boolean): Generator<number> {
  const { bytes } = walk;
  const at = cell(bytes, list, null);
  const kind = signatureOf(bytes, at);
  if (!['lf', 'lh', 'li'].includes(kind) && !(kind === 'ri' && mayBeList)) throw new Contradiction('a list of keys is none');
  const count = bytes.readUInt16LE(at + 2);
  const entryBytes = kind === 'lf' || kind === 'lh' ? 8 : 4;
  cell(bytes, list, kind, 4 + count * entryBytes);
  for (let n = 0; n < count; n++) {
    step(walk);
    const offset = bytes.readUInt32LE(at + 4 + n * entryBytes);
    if (kind === 'ri') yield* subkeysIn(walk, offset, false);
    else yield cell(bytes, offset, 'nk', 76);
  }
}

/** vk: length of the name at 2, length of the data at 4 (top bit: the data is in the offset), offset at 8, type at 12, flags at 16, name at 20. */
const value = (walk: Walk, key: number | null, name: string): Value | null => {
  const { bytes } = walk;
  if (key === null) return null;
  const count = bytes.readUInt32LE(key + 36);
  if (count === 0) return null;
  const list = cell(bytes, bytes.readUInt32LE(key + 40), null, count * 4);
  for (let n = 0; n < count; n++) {
    step(walk);
    const at = cell(bytes, bytes.readUInt32LE(list + n * 4), 'vk', 20);
    const isLatin = (bytes.readUInt16LE(at + 16) & 1) !== 0;
    if (!isNamed(nameAt(bytes, at + 20, bytes.readUInt16LE(at + 2), isLatin), name)) continue;
    const [size, type] = [bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 12)];
    if ((size & 0x8000_0000) !== 0) return { type, data: bytes.subarray(at + 8, at + 8 + Math.min(4, size & 0x7fff_ffff)) };
    const data = cell(bytes, bytes.readUInt32LE(at + 8), null, size);
    return { type, data: bytes.subarray(data, data + size) };
  }
  return null;
};
