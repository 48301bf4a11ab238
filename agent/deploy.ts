// Puts an image on a disk (docs/operating.md, "Deploy"): void the old record, compare, fetch and write what differs, wipe, read
// everything back, then table, growth, boot entry and the new record last. The same path resumes a cut job and repairs a drift.
import { compare } from './disk/compare.ts';
import { orAborted } from './disk/concurrent.ts';
import { valueOf } from './disk/carried-failure.ts';
import { fetchAndWrite, zeroAround } from './disk/fetch-write.ts';
import { planFetch } from './disk/fetch-plan.ts';
import { bytesOf } from './disk/pieces.ts';
import { intersectRanges } from './disk/ranges.ts';
import { readBack } from './disk/read-back.ts';
import { partitionRanges, wipeFreeSpace, wipeOldLabels, wipeOldSettings } from './disk/wipe.ts';
import { openWorkbench } from './disk/workbench.ts';
import type { Workbench } from './disk/workbench.ts';
import type { Result } from './protocol/failure.ts';
import { success } from './protocol/failure.ts';
import type { JobResult } from './protocol/messages.ts';
import { setBootEntry } from './deploy/boot-entry.ts';
import { checkDisk, checkIdentity } from './deploy/check-order.ts';
import type { CheckedDisk } from './deploy/check-order.ts';
import { checkFit, checkImage } from './deploy/check-image.ts';
import type { CheckedImage } from './deploy/check-image.ts';
import { failureOf } from './deploy/failure-of.ts';
import { growFilesystem } from './deploy/grow/grow.ts';
import { holdDisk } from './deploy/held-disk.ts';
import type { HeldDisk } from './deploy/held-disk.ts';
import { checkFitting, fitTable } from './deploy/fit-table.ts';
import type { FittedTable, Fitting } from './deploy/fit-table.ts';
import { installTable } from './deploy/install-table.ts';
import { createJournal } from './deploy/journal.ts';
import type { Journal } from './deploy/journal.ts';
import { findBootPath } from './deploy/local-boot.ts';
import { copyMoved, writeSeed } from './deploy/place-contents.ts';
import { findRecordPlace } from './deploy/record-place.ts';
import { endingAtAbort } from './deploy/patience.ts';
import type { RecordPlace } from './deploy/record-place.ts';
import { changedWithin, named } from './deploy/rewritten.ts';
import { sealDisk } from './deploy/seal.ts';
import { TABLE_CHUNK, findHead, isTableChunkData } from './deploy/table-chunk.ts';
import type { DeployOptions } from './deploy/types.ts';
import { markAsWorkedOn, writeRecord } from './deploy/write-record.ts';

export type { DeployOptions, ImageSource } from './deploy/types.ts';

/** Runs one deploy order to its end. Failures leave the disk either untouched (`check`) or marked as this job's unfinished work. */
export const deploy = async (given: DeployOptions): Promise<Result<JobResult>> => {
  const options: DeployOptions = {
    ...given,
    source: endingAtAbort(given.source, given.signal),
    requestRecord: (disk, table) => orAborted(given.requestRecord(disk, table), given.signal),
  };
  const now = options.now ?? (() => performance.now());
  const startedAtMs = now();
  const journal = createJournal({ ...options, now });
  const held = holdDisk(options.device);
  let bench: Workbench | undefined;
  try {
    const checked = await journal.step('check', ({ note }) => check(options, held, note));
    bench = openWorkbench(held.disk(), checked.image.table, checked.place === null ? [] : [checked.place], options);
    const result = await perform(journal, options, { ...checked, held, bench });
    return success({ ...result, seconds: (now() - startedAtMs) / 1000 });
  } catch (error) {
    const failure = failureOf(error, options.signal);
    if (failure === null) throw error;
    return { ok: false, failure };
  } finally {
    await bench?.pool.stop();
    await held.release();
  }
};

type Checked = RecordPlace & CheckedDisk & { readonly image: CheckedImage };

const check = async (options: DeployOptions, held: HeldDisk, note: (text: string) => void): Promise<Checked> => {
  valueOf(checkIdentity(options));
  const image = valueOf(await checkImage(options));
  const disk = await held.open();
  const { resumes } = valueOf(await checkDisk(disk, image, options));
  valueOf(checkFit(image.content, disk, options.firmware));
  valueOf(checkFitting(fittingOf(image, options), disk.sizeBytes));
  const found = valueOf(await findRecordPlace(disk, image.content, image.table, options.source.chunks, options.signal));
  const notes = [
    resumes !== null ? 'continues an earlier attempt of this job' : '',
    found.place === null ? 'the image leaves no place for a record' : '',
  ];
  note(notes.filter((text) => text !== '').join('; '));
  return { image, resumes, ...found };
};

type Job = Checked & { readonly held: HeldDisk; readonly bench: Workbench };

const perform = async (
  journal: Journal,
  options: DeployOptions,
  { image, place, resumes, held, bench, ...job }: Job,
): Promise<Omit<JobResult, 'seconds'>> => {
  const { order, device, tools } = options;
  const { table, content } = image;
  const bytesTotal = bytesOf(table, ['data', 'zero']);

  await journal.step('void-record', async ({ note }) => {
    if (place !== null && (await markAsWorkedOn(held.disk(), place, options, resumes))) note('the earlier record is void');
  });

  const { difference, head: knownHead } = await journal.step('compare', async ({ note, progress }) => {
    const found = await compare(bench, progress(bytesTotal).add);
    if (found.sampledOnly) note('the disk holds something else; everything is written');
    return findHead(bench, content, found);
  });

  const wrongZeroBytes = difference.wrongZeros.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const isSame = difference.wrongDataBytes + wrongZeroBytes === 0;
  const written = await journal.step('fetch-write', async ({ note, progress }) => {
    await wipeOldSettings(bench);
    if (isSame) return { bytesFetched: 0, bytesWritten: 0, held: knownHead };
    const meter = progress(difference.wrongDataBytes + wrongZeroBytes);
    await wipeOldLabels(bench);
    await sealDisk(bench);
    for (const range of difference.wrongZeros) {
      options.signal.throwIfAborted();
      await zeroAround(bench, range.offsetBytes, range.lengthBytes);
      meter.add(range.lengthBytes);
    }
    const plan = planFetch(table, difference.wrongData, bench.arena.slotBytes);
    note(`${plan.chunks} chunks to fetch`);
    const heldChunk = isTableChunkData(table) ? TABLE_CHUNK : -1;
    const done = await fetchAndWrite(bench, plan, { fetchChunks: options.source.chunks, heldChunk, onBytes: meter.add });
    return { ...done, held: knownHead ?? done.held };
  });
  const head = written.held;

  const fitted = await journal.step('wipe', async ({ note }) => {
    const fits = valueOf(await fitTable(held.disk(), fittingOf(image, options), head));
    const zeroedBytes = await wipeFreeSpace({ ...bench, reserved: [...bench.reserved, ...fits.places] }, [
      ...partitionRangesOf(image),
      ...partitionRanges(fits.table),
    ]);
    note(`${Math.round(zeroedBytes / 1024)} KiB of places for old labels zeroed`);
    await held.disk().flush();
    return fits;
  });

  await journal.step('read-back', ({ progress }) =>
    readBack(bench, { exceptChunk: head === null ? -1 : TABLE_CHUNK, onBytes: progress(bytesTotal).add }),
  );

  const { seed } = order;
  if (seed !== undefined)
    await journal.step('settings', async ({ note }) => {
      await writeSeed(bench, fitted, seed);
      note(`settings for this machine, instance ${seed.instanceId}`);
    });

  const tableBytes = await journal.step('table', async ({ note }) => {
    await copyMoved(bench, fitted);
    note(fitted.rewritten.length > 0 ? 'fitted to the size of this disk' : '');
    return installTable(bench, head, fitted);
  });
  const boot = await findBootPath(held.disk(), fitted.table, options);

  const grownRanges = await journal.step('grow', async ({ note }) => {
    const { grown, whyNotGrown } = fitted;
    if (grown === null) {
      note(whyNotGrown === null ? '' : `not grown: ${whyNotGrown}`);
      return [];
    }
    note(valueOf(await held.closedFor(() => growFilesystem(device, fitted.table, grown, tools))));
    const partitions = fitted.table.partitions.filter(({ number }) => number === grown.number);
    const [range] = partitionRanges({ ...fitted.table, partitions });
    return range === undefined ? [] : changedWithin({ ...bench, disk: held.disk() }, range);
  });

  await journal.step('boot-entry', async ({ note }) => {
    if (device.kind === 'block') note(await setBootEntry(tools, device.path, boot, image.manifest.name));
  });

  await journal.step('record', async ({ note }) => {
    if (place === null) return note('no record: the image needs its place');
    valueOf(await writeRecord(held.disk(), { place, table: fitted.table }, options));
  });

  return {
    osoid: order.osoid,
    bytesTotal,
    bytesInPlace: difference.bytesInPlace,
    bytesFetched: job.bytesFetched + written.bytesFetched,
    bytesWritten: written.bytesWritten + wrongZeroBytes + tableBytes,
    // The read-back and, for the table's own chunk, the table step have seen every one of them.
    bytesVerified: bytesTotal,
    rewrittenRanges: [
      ...named(place === null ? [] : [place], 'provenance record'),
      ...named(fitted.rewritten, 'partition table fitted to this disk'),
      ...named(grownRanges, 'filesystem grown'),
      ...named(placesInImage(fitted, content), 'moved to make room, or settings of this machine'),
    ],
    localBoot: boot.localBoot,
    recorded: place !== null,
  };
};

const fittingOf = ({ content, manifest }: CheckedImage, { order }: DeployOptions): Fitting => ({
  content,
  filesystems: manifest.filesystems,
  order,
});

const placesInImage = ({ copies, seedPlace }: FittedTable, { sizeBytes }: CheckedImage['content']) =>
  [
    ...copies.map(({ from, toBytes }) => ({ offsetBytes: toBytes, lengthBytes: from.lengthBytes })),
    ...(seedPlace === null ? [] : [seedPlace]),
  ].flatMap((range) => intersectRanges(range, { offsetBytes: 0, lengthBytes: sizeBytes }) ?? []);

const partitionRangesOf = ({ content }: CheckedImage) =>
  content.table.partitions.map(({ startLba, sectors }) => ({
    offsetBytes: startLba * content.logicalSectorBytes,
    lengthBytes: sectors * content.logicalSectorBytes,
  }));
