// CRC-32C (Castagnoli, RFC 3720 §B.4), which ext4, XFS and Btrfs check their metadata with; Node has only the other polynomial.
const POLYNOMIAL = 0x82f63b78;

/** Eight tables: eight bytes a step ("slicing by 8"), since the bitmaps of a large disk are tens of megabytes. */
const TABLES: readonly Uint32Array[] = (() => {
  const first = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
    first[byte] = value;
  }
  const tables = [first];
  for (let previous = first; tables.length < 8; previous = tables.at(-1) ?? first)
    tables.push(previous.map((value) => (value >>> 8) ^ (first[value & 0xff] ?? 0)));
  return tables;
})();
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/** The bare register, neither inverted before nor after: `~crc32c(0xffffffff, bytes)` is the usual checksum. */
export const crc32c = (seed: number, bytes: Uint8Array): number => {
  let crc = seed >>> 0;
  let at = 0;
  const b = (index: number): number => bytes[index] ?? 0;
  for (; at + 8 <= bytes.length; at += 8) {
    crc ^= b(at) | (b(at + 1) << 8) | (b(at + 2) << 16) | (b(at + 3) << 24);
    crc =
      (T7[crc & 0xff] ?? 0) ^
      (T6[(crc >>> 8) & 0xff] ?? 0) ^
      (T5[(crc >>> 16) & 0xff] ?? 0) ^
      (T4[crc >>> 24] ?? 0) ^
      (T3[b(at + 4)] ?? 0) ^
      (T2[b(at + 5)] ?? 0) ^
      (T1[b(at + 6)] ?? 0) ^
      (T0[b(at + 7)] ?? 0);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (T0[(crc ^ b(at)) & 0xff] ?? 0);
  return crc >>> 0;
};
