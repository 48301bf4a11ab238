// The library's calls of the fake station: keys are trusted and forgotten by changing a list.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { CallHandlers, Pipe } from '../../main/pipe/pipe-server.ts';
import type { LIBRARY_CALLS } from '../../preload/contract/library-calls.ts';
import type { LibraryView, TrustView } from '../../preload/contract/library-views.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import { CAPTURED_IDENTITY } from './fake-identity.ts';
import { hash } from './scene-parts.ts';

const unknown = failed('image.unknown', 'There is no such image.', 'Reload the list.');
const copied = { added: [], known: 1, skipped: [], chunks: 12, bytes: 3_000_000 };
const merged = {
  added: [{ osoid: hash('came'), name: 'came-along', trust: 'unknown-key' as const, keyId: '99' }],
  edits: 1,
  conflicts: [{ kind: 'same-name' as const, names: ['web-golden'], osoids: [hash('web-golden11'), hash('other web-golden')] }],
  documents: {
    added: [{ kind: 'policy', name: 'kiosk-nodes', station: 'bench', trust: 'unknown-key' as const, keyId: '99' }],
    known: 1,
    skipped: [],
    payloads: 1,
    payloadBytes: 412_000_000,
  },
  documentConflicts: [
    {
      kind: 'recipe',
      name: 'debian-db',
      stations: [
        { station: 'rack-laptop', keyId: '00' },
        { station: 'bench', keyId: '99' },
      ],
    },
  ],
};
const documents = { added: [], known: 0, skipped: [], payloads: 0, payloadBytes: 0 };
const verified = { packs: 4, chunks: 1200, images: 3, documents: 0, payloads: 0, damagedImages: [], badChunks: 0, problems: [] };

/** Chunks that images lack; a deep check that heals gives all but the last of several back. */
export const LOST = new Map<string, number>();

const ENDED = { atMs: 0, machineId: null, jobId: null, level: 'info' as const, text: 'the work on the library ended' };

/** Work on the library that waits. */
const goOn = new Set<() => void>();
export const finishLibraryWork = (): void => {
  goOn.forEach((go) => go());
  goOn.clear();
};

export const fakeLibrary = (
  images: () => readonly ImageView[],
  show: (images: readonly ImageView[]) => void,
  publish: Pipe['publish'],
): Pick<CallHandlers, keyof typeof LIBRARY_CALLS> => {
  let deleted: readonly ImageView[] = [];
  LOST.clear();
  let trusted: TrustView['trusted'] = [{ keyId: '00112233aabbccdd', publicKey: 'own', name: 'rack-laptop', isOwn: true, images: 3 }];
  const view = (): TrustView => ({
    own: `rackside-key ${'0'.repeat(64)} rack-laptop`,
    trusted,
    offered: images()
      .filter((image) => image.trust === 'unknown-key' && !trusted.some((key) => key.keyId === image.keyId))
      .map(({ keyId, publicKey, name }) => ({ keyId, publicKey, images: [name] })),
  });
  const others = new Set<string>();
  const libraries = (): LibraryView[] => {
    const own: LibraryView = {
      folder: '/media/stick/library',
      libraryId: '6d7a8f1e-0000-4000-8000-000000000001',
      writable: true,
      state: 'open',
      images: images().length,
      chunks: 1200,
      policies: 0,
      recipes: 0,
      freeBytes: 42_000_000_000,
      deleted: deleted.length,
      lastVerifiedAtMs: null,
      problem: null,
    };
    return [own, ...[...others].map((folder) => ({ ...own, folder, writable: false, libraryId: folder }))];
  };
  /** Half of it is done at once; the rest waits until it is let go on, or stopped. */
  const atWork = <T>(signal: AbortSignal, end: T): Promise<T | ReturnType<typeof failed>> => {
    publish({ name: 'library.progressed', payload: { operation: 'verify', donePacks: 2, totalPacks: 4 } });
    return new Promise((resolve) => {
      const over = (value: T | ReturnType<typeof failed>, kind: string): void => {
        publish({ name: 'event.logged', payload: { ...ENDED, kind, id: Date.now() } });
        resolve(value);
      };
      goOn.add(() => over(end, 'library.verified'));
      signal.addEventListener('abort', () => {
        goOn.clear();
        over(failed('job.cancelled', 'It was stopped.', 'Start it again.'), 'library.verified-failed');
      });
    });
  };
  return {
    'images.show': async ({ osoid }) => {
      const image = images().find((one) => one.osoid === osoid);
      return image === undefined
        ? unknown
        : success({
            image,
            uniqueBytes: 420_000_000,
            missingChunks: LOST.get(osoid) ?? 0,
            signed: { name: image.name, edits: 0, disputed: [] },
            lineage: { id: image.name, parent: null },
            source: { kind: 'import', fileName: `${image.name}.raw.zst`, facts: 0, boot: null },
            bootChain: [],
            identity: osoid === hash('vault-backup1') ? CAPTURED_IDENTITY : null,
            deployedTo: [{ machineId: 'web-01', machineName: 'web-01', atMs: 1_764_000_000_000, siteName: 'Berlin 2' }],
            policies: [],
            libraries: ['/media/stick/library'],
          });
    },
    'images.describe': async ({ osoid, name, labels, notes }) => {
      const image = images().find((one) => one.osoid === osoid);
      if (image === undefined) return unknown;
      const described = { ...image, name: name ?? image.name, labels: labels ?? image.labels, notes: notes ?? image.notes };
      show(images().map((one) => (one.osoid === osoid ? described : one)));
      return success(described);
    },
    'images.delete': async ({ osoid }) => {
      deleted = [...deleted, ...images().filter((one) => one.osoid === osoid)];
      show(images().filter((one) => one.osoid !== osoid));
      return success([...images()]);
    },
    'images.deleted': async () => success([...deleted]),
    'images.restore': async ({ osoid }) => {
      const image = deleted.find((one) => one.osoid === osoid);
      if (image === undefined) return unknown;
      deleted = deleted.filter((one) => one !== image);
      show([...images(), image]);
      return success(image);
    },
    'library.list': async () => success(libraries()),
    'library.open': async ({ path }) => {
      if (!path.startsWith('/')) return failed('library.missing', `The library in ${path} is not there.`, 'Plug its disk in again.');
      others.add(path);
      return success(libraries());
    },
    'library.close': async ({ path }) => {
      others.delete(path);
      return success(libraries());
    },
    'library.gc': async ({ emptyTrash, dryRun }) => {
      const emptied = emptyTrash ? deleted.length : 0;
      const left = deleted.length - emptied;
      if (!dryRun && emptyTrash) deleted = [];
      const packs = { freedBytes: 300_000_000 * (1 + emptied), removedPacks: 2 + emptied, repackedPacks: 1 };
      return success({ ...packs, removedDocuments: 0, removedPayloads: 0, emptied, deleted: left });
    },
    'library.verify': (_none, { signal }) => atWork(signal, success(verified)),
    'library.repair': async ({ path }) =>
      path.startsWith('/')
        ? success({ healedChunks: 12, healedImages: 1, healedFiles: 0, repackedPacks: 0, left: verified })
        : failed('library.not-found', `There is no library at ${path}.`, 'Give the whole path, as the station sees it.'),
    'library.merge': async () => success({ ...copied, ...merged }),
    'library.export': async ({ path }) => success({ ...copied, path, documents }),
    'trust.list': async () => success(view()),
    'trust.add': async ({ key, name }) => {
      trusted = [...trusted, { keyId: key.slice(0, 16), publicKey: key, name, isOwn: false, images: 0 }];
      return success(view());
    },
    'trust.remove': async ({ keyId }) => {
      trusted = trusted.filter((key) => key.keyId !== keyId);
      return success(view());
    },
  };
};
