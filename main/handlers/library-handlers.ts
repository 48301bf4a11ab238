// The calls about the library as a whole and about whom it is believed from: trust, scrub, repair, collection, merge, export.
import { resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { LIBRARY_CALLS } from '../../preload/contract/library-calls.ts';
import type { DocumentCopyView, LibraryView, VerifyReportView } from '../../preload/contract/library-views.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import type { PackChecks } from '../database/pack-checks.ts';
import { createImageHandlers } from './image-handlers.ts';
import type { ImageParts } from './image-handlers.ts';
import type { DocumentCopy } from '../library/copy-documents.ts';
import type { CopyReport } from '../library/copy-images.ts';
import type { ShelfMember } from '../library/shelf.ts';
import type { VerifyReport } from '../library/verify-library.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import type { Recipes } from '../recipes/recipes.ts';
import type { Keeping } from '../station/kept.ts';
import type { Trust } from '../trust/trust.ts';

export type LibraryParts = ImageParts & {
  readonly trust: Trust;
  readonly packChecks: PackChecks;
  readonly recipes: Pick<Recipes, 'payloads'>;
  readonly keeping: Pick<Keeping, 'library'>;
  /** Once this station's policies and recipes are in the library as they are, or cannot be. */
  settled(): Promise<unknown>;
  readonly now: () => number;
  publish(event: StationEvent): void;
};
type Operation = Extract<StationEvent, { name: 'library.progressed' }>['payload']['operation'];

/** At most 4 times a second, and the last. */
const PROGRESS_EVERY_MS = 250;

export const createLibraryHandlers = (parts: LibraryParts): Pick<CallHandlers, keyof typeof LIBRARY_CALLS> => {
  const { library, catalogue, trust, events, packChecks, now } = parts;
  const progress = (operation: Operation) => {
    let shownAtMs = 0;
    return (donePacks: number, totalPacks: number): void => {
      if (now() - shownAtMs < PROGRESS_EVERY_MS && donePacks < totalPacks) return;
      shownAtMs = now();
      parts.publish({ name: 'library.progressed', payload: { operation, donePacks, totalPacks } });
    };
  };
  const views = () => Promise.all(library.members().map((member) => libraryView(member, packChecks)));
  const atWork = (): boolean => parts.jobs.list().some(({ state }) => state === 'queued' || state === 'running');
  /** Logs how it ended, and shows the images as they are now. */
  const ended = async <T>(kind: string, result: Result<T>, words: (value: T) => string): Promise<Result<T>> => {
    if (result.ok) events.log({ kind: `library.${kind}`, text: words(result.value) });
    else events.log({ kind: `library.${kind}-failed`, text: `${result.failure.message} (${result.failure.code})`, level: 'warn' });
    const refreshed = await catalogue.refresh();
    return refreshed.ok || !result.ok ? result : refreshed;
  };
  /** All that are there, one after the other; the laptop remembers when each pack was read. */
  const verify = async (signal: AbortSignal): Promise<Result<VerifyReport>> => {
    const onProgress = progress('verify');
    const reports: VerifyReport[] = [];
    for (const { library: one, failure } of library.members()) {
      if (one === null || failure !== null) continue;
      const startedAtMs = now();
      const { libraryId } = await one.state();
      const report = await one.verify({
        signal,
        onProgress: ({ donePacks, totalPacks }) => onProgress(donePacks, totalPacks),
        onPack: ({ packId, isSound, badChunks }) => packChecks.record(libraryId, packId, badChunks.length + (isSound ? 0 : 1)),
      });
      if (!report.ok) return report;
      packChecks.forgetBefore(libraryId, startedAtMs);
      reports.push(report.value);
    }
    return success(together(reports));
  };

  return {
    ...createImageHandlers(parts),
    'trust.list': () => Promise.resolve(success(trust.list())),
    'trust.add': ({ key, name }) => trust.add(key, name),
    'trust.remove': ({ keyId }) => trust.remove(keyId),
    'library.list': async () => success(await views()),
    'library.open': async ({ path }) => {
      const added = await library.add(path);
      if (!added.ok) return added;
      parts.keeping.library(path, true);
      events.log({ kind: 'library.opened', text: `The library in ${path} is read as well.` });
      const refreshed = await catalogue.refresh();
      return refreshed.ok ? success(await views()) : refreshed;
    },
    'library.close': async ({ path }) => {
      if (atWork())
        return failed('library.busy', 'A machine is being written just now.', 'Wait until all jobs have ended, then try again.');
      const removed = await library.remove(path);
      if (!removed.ok) return removed;
      parts.keeping.library(path, false);
      events.log({ kind: 'library.closed', text: `The library in ${path} is not read any more.` });
      const refreshed = await catalogue.refresh();
      return refreshed.ok ? success(await views()) : refreshed;
    },
    'library.verify': async (_none, { signal }) => {
      const report = await ended('verified', await verify(signal), verifiedWords);
      return report.ok ? success(reportView(report.value)) : report;
    },
    'library.gc': async ({ emptyTrash, dryRun }, { signal }) => {
      if (dryRun) {
        const preview = await library.collectPreview({ emptyTrash, keepPayloads: parts.recipes.payloads(), signal });
        if (!preview.ok) return preview;
        const trash = await library.deletedImages();
        return success({ ...preview.value, deleted: (trash.ok ? trash.value.length : 0) - preview.value.emptied });
      }
      const job = parts.jobs.list().find(({ state }) => state === 'queued' || state === 'running');
      if (job !== undefined)
        return failed('library.busy', `${job.machineName} is being written just now.`, 'Wait until all jobs have ended, then try again.');
      const freed = await ended(
        'collected',
        await library.collect({ emptyTrash, keepPayloads: parts.recipes.payloads(), signal, onProgress: progress('gc') }),
        ({ freedBytes, emptied }) =>
          `${freedBytes} bytes of the library were freed${emptied === 0 ? '' : `, ${emptied} deleted images are gone for ever`}.`,
      );
      if (!freed.ok) return freed;
      const deleted = await library.deletedImages();
      return success({ ...freed.value, deleted: deleted.ok ? deleted.value.length : 0 });
    },
    'library.repair': async ({ path }, { signal }) => {
      const repaired = await ended(
        'repaired',
        await library.repair(resolve(path), { signal, onProgress: progress('repair') }),
        ({ healedChunks, healedImages, healedFiles, left }) =>
          `${healedChunks} chunks, ${healedImages} images and ${healedFiles} other files were healed from ${path}; ${left.problems.length} problems are left.`,
      );
      return repaired.ok ? success({ ...repaired.value, left: reportView(repaired.value.left) }) : repaired;
    },
    'library.merge': async ({ path }, { signal }) => {
      const merged = await ended(
        'merged',
        await library.merge(resolve(path), { signal, onProgress: progress('merge') }),
        ({ added, skipped, conflicts, documents, documentConflicts }) =>
          `${added.length} images and ${documents.added.length} documents came from ${path}, ${skipped.length + documents.skipped.length} could not; ${conflicts.length + documentConflicts.length} names are in conflict.`,
      );
      if (!merged.ok) return merged;
      const { edits, conflicts, documents, documentConflicts } = merged.value;
      const shown = conflicts.map(({ kind, names, osoids }) => ({ kind, names: [...names], osoids: [...osoids] }));
      return success({
        ...copyView(merged.value),
        edits,
        conflicts: shown,
        documents: documentCopyView(documents),
        documentConflicts: documentConflicts.map((one) => ({ ...one, stations: [...one.stations] })),
      });
    },
    'library.export': async ({ path, osoids, documents }, { signal }) => {
      await parts.settled();
      const exported = await ended(
        'exported',
        await library.exportTo(resolve(path), { osoids, documents }, { signal, onProgress: progress('export') }),
        ({ added, bytes }) => `${added.length} images (${bytes} bytes of chunks) were exported to ${path}.`,
      );
      if (!exported.ok) return exported;
      const { path: to, documents: copied } = exported.value;
      return success({ ...copyView(exported.value), path: to, documents: documentCopyView(copied) });
    },
  };
};

const libraryView = async ({ folder, writable, library, failure }: ShelfMember, packChecks: PackChecks): Promise<LibraryView> => {
  const none = { images: 0, chunks: 0, policies: 0, recipes: 0, freeBytes: null, deleted: 0 };
  const away = { folder, libraryId: null, writable, state: 'away' as const, ...none };
  if (library === null || failure !== null) return { ...away, lastVerifiedAtMs: null, problem: failure };
  const [state, images, deleted] = [await library.state(), await library.list(), await library.deletedImages()];
  const documents = await library.documents();
  const said = documents.ok ? documents.value.documents : [];
  const { libraryId, chunkCount, freeBytes, problems } = state;
  return {
    folder,
    libraryId,
    writable,
    state: 'open',
    images: images.ok ? images.value.images.length : 0,
    chunks: chunkCount,
    policies: said.reduce((sum, { kind, items }) => sum + (kind === 'policies' ? items.length : 0), 0),
    recipes: said.filter(({ kind, isWithdrawn }) => kind === 'recipe' && !isWithdrawn).length,
    freeBytes,
    deleted: deleted.ok ? deleted.value.length : 0,
    lastVerifiedAtMs: packChecks.oldest(libraryId),
    problem: problems[0] ?? null,
  };
};

const together = (reports: readonly VerifyReport[]): VerifyReport => ({
  packs: reports.reduce((sum, one) => sum + one.packs, 0),
  chunks: reports.reduce((sum, one) => sum + one.chunks, 0),
  images: reports.reduce((sum, one) => sum + one.images, 0),
  problems: reports.flatMap((one) => one.problems),
  damagedImages: reports.flatMap((one) => one.damagedImages),
  damagedPacks: reports.flatMap((one) => one.damagedPacks),
  documents: reports.reduce((sum, one) => sum + one.documents, 0),
  payloads: reports.reduce((sum, one) => sum + one.payloads, 0),
  damagedDocuments: reports.flatMap((one) => one.damagedDocuments),
  damagedPayloads: reports.flatMap((one) => one.damagedPayloads),
});

const documentCopyView = ({ added, known, skipped, payloads, payloadBytes }: DocumentCopy): DocumentCopyView => ({
  added: added.map(({ kind, name, station, trust, keyId }) => ({ kind, name, station, trust, keyId })),
  known,
  skipped: skipped.map(({ document: { kind, name, station }, failure }) => ({ kind, name, station, failure })),
  payloads,
  payloadBytes,
});

const copyView = ({ added, known, skipped, chunks, bytes }: CopyReport) => ({
  added: added.map(({ osoid, name, trust, keyId }) => ({ osoid, name, trust, keyId })),
  known: known.length,
  skipped: [...skipped],
  chunks,
  bytes,
});

const reportView = (report: VerifyReport): VerifyReportView => ({
  packs: report.packs,
  chunks: report.chunks,
  images: report.images,
  damagedImages: report.damagedImages.map(({ osoid, name, missingChunks, failure }) => ({ osoid, name, missingChunks, failure })),
  documents: report.documents,
  payloads: report.payloads,
  badChunks: report.damagedPacks.reduce((sum, pack) => sum + pack.badChunks.length, 0),
  problems: report.problems.slice(0, 1000),
});

const verifiedWords = ({ chunks, problems }: VerifyReport): string =>
  problems.length === 0 ? `All ${chunks} chunks of the library are whole.` : `The library has ${problems.length} problems.`;
