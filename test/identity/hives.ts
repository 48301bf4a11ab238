// Hives of the Windows registry, made and read by hivexsh (libhivex). It changes hives and makes none: the empty one that it begins with is
// laid out here as the format's description has it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const BIN = 4096;
const NOTHING = 0xffff_ffff;

/** A base block, and one bin with a root key, its security and a free cell. */
export const emptyHive = (): Buffer => {
  const hive = Buffer.alloc(2 * BIN);
  hive.write('regf');
  const header = [[4, 1], [8, 1], [20, 1], [24, 3], [32, 1], [36, 32], [40, BIN], [44, 1]] as const; // prettier-ignore
  for (const [at, value] of header) hive.writeUInt32LE(value, at);
  hive.write('hbin', BIN);
  hive.writeUInt32LE(BIN, BIN + 8);
  const [root, security, free] = [32, 32 + 88, 32 + 88 + 48];
  hive.writeInt32LE(-88, BIN + root);
  const key = BIN + root + 4;
  hive.write('nk', key);
  hive.writeUInt16LE(0x2c, key + 2);
  for (const at of [16, 28, 32, 40, 48]) hive.writeUInt32LE(NOTHING, key + at);
  hive.writeUInt32LE(security, key + 44);
  hive.writeUInt16LE(4, key + 72);
  hive.write('ROOT', key + 76);
  hive.writeInt32LE(-48, BIN + security);
  const descriptor = BIN + security + 4;
  hive.write('sk', descriptor);
  const fields = [[4, security], [8, security], [12, 1], [16, 20], [20, 0x8000_0001]] as const; // prettier-ignore
  for (const [at, value] of fields) hive.writeUInt32LE(value, descriptor + at);
  hive.writeInt32LE(BIN - free, BIN + free);
  return withChecksum(hive);
};

/** As one who changed the base block on purpose would leave it. */
export const withChecksum = (hive: Buffer): Buffer => {
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum ^= hive.readUInt32LE(at);
  hive.writeUInt32LE(sum >>> 0, 508);
  return hive;
};

export type Value = readonly [name: string, value: string];
/** Paths to the values at them; a value is written as `hivexsh` reads it. */
export type Keys = Readonly<Record<string, readonly Value[]>>;

export const utf16 = (text: string): string => `hex:1:${Buffer.from(`${text}\0`, 'utf16le').toString('hex')}`;

/** Adds keys and values to a hive in a file, each key with those above it. */
export const addKeys = (path: string, keys: Keys): void => {
  const made = new Set<string>();
  const lines: string[] = [];
  for (const [key, values] of Object.entries(keys)) {
    const parts = key.split('\\');
    parts.forEach((part, n) => {
      const full = parts.slice(0, n + 1).join('\\');
      if (made.has(full.toLowerCase())) return;
      made.add(full.toLowerCase());
      // The blank keeps the shell from taking the backslash for "goes on in the next line".
      lines.push(n === 0 ? 'cd \\ ' : `cd \\${parts.slice(0, n).join('\\')}`, `add ${part}`);
    });
    if (values.length > 0) lines.push(`cd \\${key}`, `setval ${values.length}`, ...values.flat());
  }
  const { status, stderr } = hivexsh(['-w'], path, [...lines, 'commit']);
  if (status !== 0) throw new Error(stderr);
};

const hivexsh = (options: readonly string[], path: string, lines: readonly string[]) =>
  spawnSync('hivexsh', [...options, path], { input: `${lines.join('\n')}\n`, encoding: 'utf8', timeout: 30_000 });

/** A new hive in a file. */
export const makeHive = (path: string, keys: Keys): void => {
  writeFileSync(path, emptyHive());
  addKeys(path, keys);
};

/** What hivex finds, as `.reg` files have it (`"text"`, `dword:00000001`, `hex(3):01,02`); null where it refuses the hive or has no such value. */
export const toldByHivex = (path: string, key: string, name: string): string | null => {
  const options = { encoding: 'utf8', timeout: 30_000, env: { ...process.env, LC_ALL: 'C.UTF-8' } } as const;
  const { status, stdout } = spawnSync('hivexget', [path, key], options);
  if (status !== 0) return null;
  const line = stdout.split('\n').find((one) => one.toLowerCase().startsWith(`"${name.toLowerCase()}"=`));
  return line === undefined ? null : line.slice(name.length + 3);
};
