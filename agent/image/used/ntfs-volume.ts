// Finding files in an NTFS volume by the number of their record, and reading their data through its runs, also where a file has
// so many of them that they fill several records.
import type { Attribute, FileRecord, Run } from './ntfs-record.ts';
import { ATTRIBUTE, parseRecord } from './ntfs-record.ts';
import type { Volume } from './volume.ts';
import { malformed } from './volume.ts';

/** An attribute of a file with all its runs, or its bytes if it is short. */
export type Stream = {
  readonly sizeBytes: number;
  readonly initialisedBytes: number;
  /** Bytes from the stream; holes are zeros. Throws beyond its runs. */
  readonly read: (offsetBytes: number, lengthBytes: number) => Promise<Buffer>;
  readonly runs: readonly Run[];
};

export type NtfsVolume = {
  readonly clusterBytes: number;
  readonly clusterCount: number;
  readonly record: (number: number) => Promise<FileRecord>;
  /** Undefined if the file has no such attribute. */
  readonly stream: (record: FileRecord, type: number, name?: string) => Promise<Stream | undefined>;
};

const MAX_LIST_BYTES = 256 * 1024;
const MAX_PARTS = 10_000;

export const openNtfs = async (volume: Volume): Promise<NtfsVolume> => {
  const boot = await volume.read(0, 512);
  const sectorBytes = boot.readUInt16LE(11);
  const perCluster = boot.readUInt8(13);
  const clusterBytes = sectorBytes * (perCluster > 128 ? 2 ** (256 - perCluster) : perCluster);
  const sectors = Number(boot.readBigUInt64LE(40));
  const recordSize = boot.readInt8(64);
  const recordBytes = recordSize > 0 ? recordSize * clusterBytes : 2 ** -recordSize;
  const fits =
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    clusterBytes >= 512 &&
    clusterBytes <= 2 * 1024 * 1024 &&
    Number.isInteger(Math.log2(clusterBytes)) &&
    sectors * sectorBytes <= volume.sizeBytes &&
    [1024, 2048, 4096].includes(recordBytes);
  if (!fits) throw malformed('the numbers in its boot sector do not fit together');
  const clusterCount = Math.floor((sectors * sectorBytes) / clusterBytes);

  const readRuns = async (runs: readonly Run[], offset: number, length: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    let start = 0;
    let at = offset;
    for (const run of runs) {
      const end = start + run.clusters * clusterBytes;
      if (at >= start && at < end && at < offset + length) {
        const count = Math.min(end, offset + length) - at;
        if (run.lcn !== null && run.lcn + run.clusters > clusterCount) throw malformed('the runs of a file leave the volume');
        parts.push(run.lcn === null ? Buffer.alloc(count) : await volume.read(run.lcn * clusterBytes + at - start, count));
        at += count;
      }
      start = end;
    }
    if (at < offset + length) throw malformed('a file is shorter than it says');
    return Buffer.concat(parts);
  };
  const openStream = (parts: readonly Attribute[]): Stream => {
    const [first] = parts;
    if (first === undefined) throw malformed('a file has lost its data');
    const runs = parts.flatMap((part) => part.runs);
    return {
      sizeBytes: first.sizeBytes,
      initialisedBytes: first.initialisedBytes,
      runs,
      read: async (offset, length) => {
        if (first.value === null) return readRuns(runs, offset, length);
        if (offset + length > first.value.length) throw malformed('a file is shorter than it says');
        return first.value.subarray(offset, offset + length);
      },
    };
  };

  // The table of files is a file itself: its first record says where the table is, or at least the part with the rest of its runs.
  let table: readonly Run[] = [{ lcn: Number(boot.readBigUInt64LE(48)), clusters: Math.ceil((16 * recordBytes) / clusterBytes) }];
  const record = async (number: number): Promise<FileRecord> => parseRecord(await readRuns(table, number * recordBytes, recordBytes));
  const partsOf = async (base: FileRecord, type: number, name: string): Promise<readonly Attribute[]> => {
    const matches = (one: Attribute): boolean => one.type === type && one.name === name;
    const lists = base.attributes.filter((one) => one.type === ATTRIBUTE.list);
    if (lists.length === 0) return base.attributes.filter(matches).slice(0, 1);
    const list = openStream(lists);
    if (list.sizeBytes > MAX_LIST_BYTES) throw malformed('the list of a file’s attributes is too long');
    const parts: Attribute[] = [];
    for (const number of recordsInList(await list.read(0, list.sizeBytes), type, name)) {
      for (const part of (await record(number)).attributes.filter(matches)) {
        if (parts.some((one) => one.lowestVcn === part.lowestVcn)) continue;
        const expected = parts.flatMap((one) => one.runs).reduce((sum, run) => sum + run.clusters, 0);
        if (part.lowestVcn !== expected || parts.length >= MAX_PARTS) throw malformed('the parts of a file do not fit together');
        parts.push(part);
        if (base === self) table = parts.flatMap((one) => one.runs);
      }
    }
    return parts;
  };
  const self = await record(0);
  const own = self.attributes.find((one) => one.type === ATTRIBUTE.data && one.name === '');
  if (own === undefined || own.value !== null) throw malformed('its table of files has no data');
  table = own.runs;
  if (self.attributes.some((one) => one.type === ATTRIBUTE.list)) await partsOf(self, ATTRIBUTE.data, '');
  return {
    clusterBytes,
    clusterCount,
    record,
    stream: async (of, type, name = '') => {
      const parts = await partsOf(of, type, name);
      return parts.length === 0 ? undefined : openStream(parts);
    },
  };
};

/** The records that an attribute's parts are in, in the order of the parts. */
const recordsInList = (list: Buffer, type: number, name: string): readonly number[] => {
  const numbers: number[] = [];
  for (let at = 0; at + 26 <= list.length;) {
    const length = list.readUInt16LE(at + 4);
    if (length < 26) throw malformed('the list of a file’s attributes is damaged');
    const nameAt = at + list.readUInt8(at + 7);
    const itsName = list.toString('utf16le', nameAt, nameAt + list.readUInt8(at + 6) * 2);
    if (list.readUInt32LE(at) === type && itsName === name) {
      const number = list.readUIntLE(at + 16, 6);
      if (numbers.at(-1) !== number) numbers.push(number);
    }
    at += length;
  }
  return numbers;
};
