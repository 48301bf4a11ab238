// Makes an image of a disk (docs/operating.md, "Capture"): look at it, read what is used, send what the library lacks, and have the
// station publish it. Nothing is written to the disk, and a capture that was cut is simply run again.
import { createHash } from 'node:crypto';
import { carry, valueOf } from './disk/carried-failure.ts';
import { orAborted } from './disk/concurrent.ts';
import type { SourceDisk } from './disk/source-disk.ts';
import { SLOT_BYTES } from './disk/workbench.ts';
import { createJournal } from './deploy/journal.ts';
import { encodeChunkTable } from './image/chunk-table.ts';
import { chunkSizeFor } from './image/chunk.ts';
import { captureFailureOf, gaveUp } from './capture/failure-of.ts';
import { dealWithIdentity } from './capture/identity-step.ts';
import type { Captured } from './capture/identity-step.ts';
import { tableOf, usedPieces } from './capture/pieces.ts';
import type { NamedPiece } from './capture/pieces.ts';
import { createSender } from './capture/read-send.ts';
import type { Sender } from './capture/read-send.ts';
import { surveyDisk } from './capture/survey.ts';
import type { CaptureOptions } from './capture/types.ts';
import type { Failure, Result } from './protocol/failure.ts';
import { success } from './protocol/failure.ts';
import { CAPTURE_TABLE_MOST_BYTES } from './protocol/capture.ts';
import type { CapturePublish, CaptureResult } from './protocol/capture.ts';

export type { CaptureOptions } from './capture/types.ts';

/** A station that is killed again and again while it publishes is not waited for for ever. */
const ROUNDS_MAX = 5;
const LOST: ReadonlySet<string> = new Set(['capture.incomplete', 'capture.table-missing']);
const CANNOT_NEUTRALISE: Failure = {
  code: 'identity.unavailable',
  message: 'The system on this disk cannot be looked into here, so that nothing can be taken out of its image.',
  next: 'Capture it without --neutralise, and take its identity out on the machine itself.',
};
const MIB = 1024 * 1024;
const TABLE_PART_BYTES = 4 * MIB;
/** docs/FORMAT.md "Used blocks": 2^30 blocks at most, one bit each. */
const BITMAP_MOST_BYTES = 129 * MIB;

/** Runs one capture order to its end. Failures are values; the disk is as it was in any case. */
export const capture = async (options: CaptureOptions): Promise<Result<CaptureResult>> => {
  const now = options.now ?? (() => performance.now());
  const startedAtMs = now();
  const journal = createJournal({ ...options, now });
  let disk: SourceDisk | undefined;
  let sender: Sender | undefined;
  let looked: Captured | undefined;
  try {
    const opened = await journal.step('check', async () => valueOf(await options.open()));
    disk = opened;
    const surveyed = await journal.step('survey', async ({ note }) => {
      const found = await surveyDisk(opened, options.logicalSectorBytes, options.signal);
      refuseTooLarge(found.used.usedBytes, options.chunkSizeBytes ?? chunkSizeFor(found.used.usedBytes));
      note([`${Math.round(found.used.usedBytes / MIB)} MiB in use`, ...found.notes].join('; '));
      return found;
    });
    const { openOverlay } = options;
    if (openOverlay === undefined && (options.order.neutralise ?? []).length > 0) throw carry(CANNOT_NEUTRALISE);
    if (openOverlay !== undefined)
      looked = await journal.step('identity', async ({ note }) => {
        const found = await dealWithIdentity(options, { disk: opened, survey: surveyed }, openOverlay);
        note(found.note);
        return found;
      });
    const { disk: source, survey } = looked ?? { disk: opened, survey: surveyed };
    const layout = { diskSizeBytes: source.sizeBytes, chunkSizeBytes: options.chunkSizeBytes ?? chunkSizeFor(survey.used.usedBytes) };
    const running = createSender(options, { disk: source, survey, chunkSizeBytes: layout.chunkSizeBytes });
    sender = running;
    const pieces = () => usedPieces(survey.used.ranges(), layout, SLOT_BYTES);
    const named = await journal.step('read-send', async ({ note, progress }) => {
      let bytesTotal = 0;
      for (const { lengthBytes } of pieces()) bytesTotal += lengthBytes;
      const found = await running.run(pieces(), progress(bytesTotal).add);
      note(`${running.sent().chunks} chunks sent`);
      return found;
    });
    const boot = await options.boot?.();
    const result = await journal.step('publish', () => {
      const { table, extents } = tableOf(named, layout, survey.used.bitmap());
      const tableBytes = encodeChunkTable(table);
      const image = {
        chunkTable: { sizeBytes: tableBytes.length, sha256: createHash('sha256').update(tableBytes).digest('hex') },
        logicalSectorBytes: survey.sectorBytes,
        extents: { ...extents, blockSizeBytes: 256 * 1024 } as CapturePublish['extents'],
        usedBytes: survey.used.usedBytes,
        filesystems: survey.filesystems,
        ...(looked === undefined ? {} : { identity: looked.identity }),
        ...(boot === undefined ? {} : { boot }),
      };
      return publish(options, { sender: running, named, tableBytes }, () => ({
        ...image,
        sent: running.sent(),
        seconds: (now() - startedAtMs) / 1000,
      }));
    });
    return success(result);
  } catch (error) {
    const failure = captureFailureOf(error, options.signal);
    if (failure === null) throw error;
    return { ok: false, failure };
  } finally {
    await sender?.stop();
    await looked?.close();
    await disk?.close();
  }
};

/** Said before anything is read: hours later the station could only refuse the table. */
const refuseTooLarge = (usedBytes: number, chunkSizeBytes: number): void => {
  const mostChunks = (CAPTURE_TABLE_MOST_BYTES - BITMAP_MOST_BYTES) / 32;
  if (usedBytes <= mostChunks * chunkSizeBytes) return;
  throw carry({
    code: 'capture.disk-too-full',
    message: `${Math.round(usedBytes / 1e12)} TB are in use on this disk; one image takes at most ${Math.floor((mostChunks * chunkSizeBytes) / 1e12)} TB.`,
    next: 'Move data off it that belongs in no image, then capture it again.',
  });
};

type Read = { readonly sender: Sender; readonly named: readonly NamedPiece[]; readonly tableBytes: Uint8Array };

/** What the station held in memory when it was killed is sent again, and nothing else. */
const publish = async ({ sink, signal }: CaptureOptions, read: Read, image: () => CapturePublish): Promise<CaptureResult> => {
  for (let round = 1; ; round++) {
    for (let at = 0; at < read.tableBytes.length; at += TABLE_PART_BYTES) {
      const sent = await orAborted(sink.table(Uint8Array.from(read.tableBytes.subarray(at, at + TABLE_PART_BYTES)), at), signal);
      if (!sent.ok && sent.failure.code !== 'capture.table-missing') throw carry(sent.failure);
    }
    const published = await orAborted(sink.publish(image()), signal);
    if (published.ok) return published.value;
    if (!LOST.has(published.failure.code)) throw carry(published.failure);
    if (round > ROUNDS_MAX) throw carry(gaveUp(published.failure));
    await read.sender.complete(read.named);
  }
};
