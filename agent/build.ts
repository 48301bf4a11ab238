// Constructs an image on the disk itself (docs/recipes.md): check the disk and fetch the payloads, void the old record, run the
// recipe's script, capture what it made, and write the record of it. A build that fails leaves a disk without table, or one without
// record; nothing of it is published but a whole image.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLineFeed } from './build/line-feed.ts';
import { judgeDisk } from './build/judge-disk.ts';
import { factsText, fetchPayloads } from './build/payloads.ts';
import type { BuildOptions } from './build/types.ts';
import { capture } from './capture.ts';
import { setBootEntry } from './deploy/boot-entry.ts';
import { checkConsented, checkIdentity, contentChanged } from './deploy/check-order.ts';
import { failureOf } from './deploy/failure-of.ts';
import { holdDisk } from './deploy/held-disk.ts';
import type { HeldDisk } from './deploy/held-disk.ts';
import { createJournal } from './deploy/journal.ts';
import { markAsWorkedOn, writeRecord } from './deploy/write-record.ts';
import { carry, valueOf } from './disk/carried-failure.ts';
import { orAborted } from './disk/concurrent.ts';
import { readBytes } from './disk/target-disk.ts';
import type { Range, TargetDisk } from './disk/target-disk.ts';
import { parseManifest } from './image/manifest.ts';
import type { PartitionTable } from './image/partition-table.ts';
import { PROVENANCE_BYTES, PROVENANCE_OFFSET_BYTES, isPlaceFree, provenancePlace } from './image/provenance.ts';
import type { LocalBoot } from './protocol/decision.ts';
import { success } from './protocol/failure.ts';
import type { Failure, Result } from './protocol/failure.ts';

export type Built = { readonly localBoot: LocalBoot; readonly recorded: boolean };
/** Of the part `prepare`: nothing is built yet. */
export type Prepared = { readonly prepared: true };

const MIB = 1024 * 1024;

/** Runs one build order to its end. */
export const build = (options: BuildOptions): Promise<Result<Built | Prepared>> =>
  options.scripts.withFolder(async (folder) => {
    const journal = createJournal({ ...options, now: options.now ?? (() => performance.now()) });
    const held = holdDisk(options.device);
    try {
      const { part } = options.order;
      const payloads = await journal.step('check', async ({ progress }) => {
        if (part === 'collect') return await reopen(options, held);
        await check(options, held);
        const bytes = options.order.payloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        const found = await fetchPayloads(folder, options, progress(bytes).add);
        // The time that took may have been used by somebody: the last look is the one just before the first write.
        await check(options, held);
        return found;
      });
      if (part !== 'collect') await journal.step('void-record', () => voidDisk(held.disk(), options));
      if (part === 'prepare') return success({ prepared: true });
      const { table, boot } =
        part === 'collect'
          ? await judgeDisk(held.disk(), options)
          : await journal.step('script', async ({ note }) => {
              const seconds = await held.closedFor(() => runScript(options, folder, payloads));
              note(`the script took ${seconds} s`);
              return judgeDisk(held.disk(), options);
            });
      const captured = await held.closedFor(() => captureBuilt(options));
      await journal.step('boot-entry', async ({ note }) => {
        const { device, tools, order } = options;
        if (device.kind === 'block') note(await setBootEntry(tools, device.path, boot, order.imageName));
      });
      const recorded = await journal.step('record', async ({ note }) => {
        const place = await freePlace(held.disk(), table);
        if (place === null) note('no record: what was built needs its place');
        else await record(held.disk(), { place, table }, captured.osoid, options);
        return place !== null;
      });
      return success({ localBoot: boot.localBoot, recorded });
    } catch (error) {
      const failure = options.signal.aborted ? CANCELLED : failureOf(error, options.signal);
      if (failure === null) throw error;
      return { ok: false, failure };
    } finally {
      await held.release();
    }
  });

/** The disk that somebody else has built on: it is still the one of the order, and holds what nobody has seen before. */
const reopen = async (options: BuildOptions, held: HeldDisk): Promise<string> => {
  valueOf(checkIdentity(options));
  await held.open();
  return '';
};

/** Codes: `disk.replaced`, `order.erase-ceiling`, `disk.unreadable`, `disk.content-changed`. No build goes on with a disk that it changed. */
const check = async (options: BuildOptions, held: HeldDisk): Promise<void> => {
  valueOf(checkIdentity(options));
  await held.release();
  const disk = await held.open();
  if (!valueOf(await checkConsented(disk, options))) throw carry(contentChanged(options.device.path).failure);
};

/** The record goes, and with it table and labels at both ends: a machine that is cut off boots the network, and the script finds a blank disk. */
const voidDisk = async (disk: TargetDisk, { order }: BuildOptions): Promise<void> => {
  const place: Range = { offsetBytes: PROVENANCE_OFFSET_BYTES, lengthBytes: PROVENANCE_BYTES };
  const begin = Math.min(disk.sizeBytes, place.offsetBytes);
  if (disk.sizeBytes >= place.offsetBytes + place.lengthBytes) {
    const { jobId, consentId, recipe } = order;
    await markAsWorkedOn(disk, place, { order: { jobId, consentId, osoid: recipe.sha256 } }, null);
  }
  await disk.zero(0, begin);
  if (disk.sizeBytes >= 4 * MIB) await disk.zero(disk.sizeBytes - MIB, MIB);
  await disk.flush();
};

/** Seconds it took. Codes: `build.script-failed`, `build.timed-out`; thrown, carried. */
const runScript = async (options: BuildOptions, folder: string, payloads: string): Promise<number> => {
  const { order, device, firmware, scripts, signal } = options;
  const script = join(folder, 'script');
  const facts = join(folder, 'facts.json');
  await writeFile(script, order.script, { mode: 0o700 });
  await writeFile(facts, factsText(order.facts));
  const lent = valueOf(await device.lend());
  const feed = createLineFeed(options.onLog);
  const startedAtMs = performance.now();
  try {
    const end = await scripts.run({
      script,
      folder,
      disk: lent.path,
      variables: { RACKSIDE_DISK: lent.path, RACKSIDE_FACTS: facts, RACKSIDE_PAYLOADS: payloads, RACKSIDE_FIRMWARE: firmware },
      timeLimitMs: order.timeLimitMinutes * 60_000,
      signal,
      onLine: feed.add,
    });
    signal.throwIfAborted();
    const name = `The script of recipe "${order.recipe.id}" version ${order.recipe.version}`;
    const said = feed.last().length === 0 ? '' : ` It said last: ${feed.last().join(' | ')}`;
    const next = 'Read its lines in the log, mend the recipe, add it with a higher version, and let the machine try again.';
    if (end.kind === 'timed-out')
      throw carry({ code: 'build.timed-out', message: `${name} was ended after ${order.timeLimitMinutes} minutes.${said}`, next });
    if (end.kind === 'exited' && end.code !== 0)
      throw carry({ code: 'build.script-failed', message: `${name} ended with exit code ${end.code}.${said}`, next });
    return Math.round((performance.now() - startedAtMs) / 1000);
  } finally {
    feed.stop();
    await lent.release();
  }
};

const captureBuilt = async (options: BuildOptions) => {
  const { order, device, onStep } = options;
  const { jobId, disk, imageName } = order;
  const captured = await capture({
    ...options,
    order: { kind: 'capture', jobId, disk, imageName },
    open: () => device.openSource(),
    openOverlay: device.openOverlay,
    // The disk was checked when the job began.
    onStep: (step, state, note) => (step === 'check' ? undefined : onStep(step, state, note)),
  });
  return valueOf(captured);
};

const freePlace = async (disk: TargetDisk, table: PartitionTable): Promise<Range | null> => {
  const place = provenancePlace(table);
  return place !== null && isPlaceFree(await readBytes(disk, place.offsetBytes, place.lengthBytes)) ? place : null;
};

const record = async (
  disk: TargetDisk,
  where: { readonly place: Range; readonly table: PartitionTable },
  osoid: string,
  options: BuildOptions,
): Promise<void> => {
  const bytes = valueOf(await orAborted(options.fetchManifest(osoid), options.signal));
  const manifest = valueOf(parseManifest(bytes));
  if (manifest.osoid !== osoid)
    throw carry({
      code: 'build.other-manifest',
      message: 'The station sent the manifest of another image.',
      next: 'Let the machine try again.',
    });
  const image = { osoid, manifestSha256: createHash('sha256').update(bytes).digest('hex') };
  valueOf(
    await writeRecord(disk, where, {
      ...options,
      order: image,
      requestRecord: (identity, table) => orAborted(options.requestRecord(image, identity, table), options.signal),
    }),
  );
};

const CANCELLED: Failure = {
  code: 'build.cancelled',
  message: 'The build was stopped before it was complete.',
  next: 'Its disk does not boot as it is. Let the machine try again, or choose an image.',
};
