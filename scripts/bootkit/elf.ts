// Reads which shared libraries a 64-bit little-endian ELF file needs (System V ABI, chapter 5, "Dynamic Section"), so that
// the kit takes programs with exactly their libraries, without running anything.

export type ElfNeeds = {
  /** DT_NEEDED names, in file order. */
  readonly libraries: readonly string[];
  /** DT_RUNPATH or DT_RPATH folders, `$ORIGIN` not yet replaced. */
  readonly runPath: readonly string[];
  /** PT_INTERP: the dynamic loader, absent for libraries and static programs. */
  readonly interpreter: string | undefined;
};

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

type Segment = { readonly type: number; readonly offset: number; readonly address: number; readonly size: number };

const readSegments = (data: Buffer): Segment[] => {
  const start = Number(data.readBigUInt64LE(32));
  const entrySize = data.readUInt16LE(54);
  return Array.from({ length: data.readUInt16LE(56) }, (_, index) => {
    const at = start + index * entrySize;
    return {
      type: data.readUInt32LE(at),
      offset: Number(data.readBigUInt64LE(at + 8)),
      address: Number(data.readBigUInt64LE(at + 16)),
      size: Number(data.readBigUInt64LE(at + 32)),
    };
  });
};

const textAt = (data: Buffer, offset: number): string => data.toString('latin1', offset, data.indexOf(0, offset));

/** What an ELF file needs to run; `undefined` when the bytes are not a 64-bit little-endian ELF file. */
export const readElfNeeds = (data: Buffer): ElfNeeds | undefined => {
  if (data.length < 64 || data.readUInt32BE(0) !== 0x7f454c46 || data[4] !== 2 || data[5] !== 1) return undefined;
  const segments = readSegments(data);
  const loader = segments.find((segment) => segment.type === PT_INTERP);
  const interpreter = loader === undefined ? undefined : textAt(data, loader.offset);
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (dynamic === undefined) return { libraries: [], runPath: [], interpreter };

  const tags: { readonly tag: number; readonly value: number }[] = [];
  for (let at = dynamic.offset; at + 16 <= dynamic.offset + dynamic.size; at += 16) {
    const tag = Number(data.readBigInt64LE(at));
    if (tag === 0) break;
    tags.push({ tag, value: Number(data.readBigUInt64LE(at + 8)) });
  }
  // The string table is given by address in memory; the load segment that holds it gives its place in the file.
  const address = tags.find((one) => one.tag === DT_STRTAB)?.value ?? 0;
  const home = segments.find((one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size);
  const strings = home === undefined ? 0 : address - home.address + home.offset;
  const named = (tag: number): string[] => tags.filter((one) => one.tag === tag).map((one) => textAt(data, strings + one.value));
  const runPath = [...named(DT_RUNPATH), ...named(DT_RPATH)].flatMap((value) => value.split(':'));
  return { libraries: named(DT_NEEDED), runPath, interpreter };
};
