// The deep check (docs/operating.md, "Deep check"): is every chunk on the disk still the one that the image names in this disk's record
// has there? Reads only; a check that was cut is simply run again. Where the order says so, the library gets back what it lacks of the image.
import { carry, valueOf } from './disk/carried-failure.ts';
import { orAborted } from './disk/concurrent.ts';
import { freeBlocksOf } from './disk/free-blocks.ts';
import { bytesOf } from './disk/pieces.ts';
import { piecesFor, scan } from './disk/scan.ts';
import type { SourceDisk } from './disk/source-disk.ts';
import { readBytes } from './disk/target-disk.ts';
import { readerOf } from './disk/wipe.ts';
import { openWorkbench } from './disk/workbench.ts';
import type { ReadableDisk, ReadBench } from './disk/workbench.ts';
import { checkImage, checkSize } from './deploy/check-image.ts';
import type { CheckedImage } from './deploy/check-image.ts';
import { checkIdentity } from './deploy/check-order.ts';
import { createJournal } from './deploy/journal.ts';
import { endingAtAbort } from './deploy/patience.ts';
import { TABLE_CHUNK, headOnDisk, isTableChunkData } from './deploy/table-chunk.ts';
import type { SectorBytes } from './image/partition-table.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES, readProvenance } from './image/provenance.ts';
import type { ProvenanceRecord } from './image/provenance.ts';
import { readPartitionTable } from './image/read-table.ts';
import type { Result } from './protocol/failure.ts';
import { success } from './protocol/failure.ts';
import { VERIFY_RANGES_MOST, hasDrifted } from './protocol/verify.ts';
import type { VerifyResult } from './protocol/verify.ts';
import { healStep } from './verify/heal.ts';
import { sumUp } from './verify/sum-up.ts';
import { ownPlaces, tableChanges } from './verify/table-changes.ts';
import { DIFFERENT, SAME, marksFor, tellApart } from './verify/tell-apart.ts';
import type { VerifyOptions } from './verify/types.ts';
import { verifyFailureOf } from './verify/failure-of.ts';

const RECORD_PLACE = { offsetBytes: PROVENANCE_OFFSET_BYTES, lengthBytes: PROVENANCE_BYTES };

/** Runs one order to its end. Failures are values; the disk is as it was in any case. */
export const verify = async (given: VerifyOptions): Promise<Result<VerifyResult>> => {
  const options = { ...given, source: endingAtAbort(given.source, given.signal) };
  const now = options.now ?? (() => performance.now());
  const startedAtMs = now();
  const journal = createJournal({ ...options, now });
  let source: SourceDisk | undefined;
  let bench: ReadBench | undefined;
  try {
    const checked = await journal.step('check', async () => {
      valueOf(checkIdentity(options));
      const image = valueOf(await checkImage(options));
      source = valueOf(await options.device.openSource());
      const disk: ReadableDisk = { ...source, logicalSectorBytes: options.logicalSectorBytes };
      valueOf(checkSize(image.content, disk));
      return { image, disk, record: await recordOf(disk, options) };
    });
    const open = openWorkbench(checked.disk, checked.image.table, [RECORD_PLACE], options);
    bench = open;
    // First: where two chunks are lost the library is whole again in seconds, and the comparison finds them there.
    const healed = options.order.heal === true ? { heal: await healStep(open, checked.image.content, options, journal) } : {};
    const result = await journal.step('compare', async ({ note, progress }) => {
      const found = await hold(open, checked, options, progress(bytesOf(open.table, ['data', 'zero'])).add);
      note(hasDrifted(found) ? `${found.chunks.different} chunks differ from the image` : 'as the image has it');
      return found;
    });
    return success({ ...result, ...healed, seconds: (now() - startedAtMs) / 1000 });
  } catch (error) {
    const failure = verifyFailureOf(error, options.signal);
    if (failure === null) throw error;
    return { ok: false, failure };
  } finally {
    await bench?.pool.stop();
    await source?.close();
  }
};

/** Read again: what was ordered for one record says nothing of another. */
const recordOf = async (disk: ReadableDisk, { order, device, trustedKeys, signal }: VerifyOptions): Promise<ProvenanceRecord> => {
  const isThere = disk.sizeBytes >= PROVENANCE_OFFSET_BYTES + PROVENANCE_BYTES;
  const sector = isThere
    ? await orAborted(readBytes(disk, PROVENANCE_OFFSET_BYTES, PROVENANCE_BYTES), signal)
    : Buffer.alloc(PROVENANCE_BYTES);
  const { verdict, record } = readProvenance(sector, { disk: device.identity, trustedKeys });
  if (verdict === 'trusted' && record?.osoid === order.osoid) return record;
  throw carry({
    code: 'verify.record-changed',
    message: `${device.path} no longer carries the record that the check was ordered for.`,
    next: 'Scan this machine again and look at its disks.',
  });
};

type Checked = { readonly image: CheckedImage; readonly disk: ReadableDisk; readonly record: ProvenanceRecord };

const hold = async (
  bench: ReadBench,
  { image, disk, record }: Checked,
  { order, source }: VerifyOptions,
  onBytes: (bytes: number) => void,
): Promise<Omit<VerifyResult, 'seconds'>> => {
  const { table, content, manifest } = image;
  const marks = marksFor(bench);
  let fetchBytes = 0;
  let remainsBytes = 0;
  await scan(
    bench,
    piecesFor(bench, ['data', 'zero']),
    (piece, wrong, remains) => {
      for (const n of wrong) marks[piece.firstChunk + n] = DIFFERENT;
      if (piece.kind === 'data') fetchBytes += wrong.reduce((sum, n) => sum + chunkBytes(table, piece.firstChunk + n), 0);
      remainsBytes += remains.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
      onBytes(piece.lengthBytes);
    },
    freeBlocksOf(table),
  );
  if (isTableChunkData(table) && marks[TABLE_CHUNK] === DIFFERENT && (await headOnDisk(bench, content)) !== null) {
    marks[TABLE_CHUNK] = SAME;
    fetchBytes -= chunkBytes(table, TABLE_CHUNK);
  }
  const read = readerOf(disk);
  const { sizeBytes, logicalSectorBytes } = disk;
  const found = await readPartitionTable(read, { sizeBytes, logicalSectorBytes: logicalSectorBytes as SectorBytes });
  const onDisk = found.ok ? found.value : null;
  const changes = await tableChanges(content, onDisk, read);
  const own =
    order.own ??
    ownPlaces(content, onDisk, changes, { filesystems: manifest.filesystems, hasSettings: record.settingsSha256 !== undefined });
  await tellApart(bench, marks, own, { source, mayLack: order.heal === true });
  return {
    osoid: order.osoid,
    chunkSizeBytes: table.chunkSizeBytes,
    ...sumUp(table, content, marks),
    fetchBytes,
    remainsBytes,
    ownRanges: [
      { ...RECORD_PLACE, why: 'provenance record' },
      ...own.filter(({ offsetBytes }) => offsetBytes !== PROVENANCE_OFFSET_BYTES),
    ].slice(0, VERIFY_RANGES_MOST),
    ownFrom: order.own === undefined ? 'disk' : 'job',
    table: changes.slice(0, VERIFY_RANGES_MOST),
  };
};

const chunkBytes = ({ diskSizeBytes, chunkSizeBytes }: CheckedImage['table'], chunk: number): number =>
  Math.min(chunkSizeBytes, diskSizeBytes - chunk * chunkSizeBytes);
