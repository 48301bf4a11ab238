// Several libraries as one: the first is written, all are read. A chunk is taken from whichever has it; one whose disk is unplugged is
// passed over, and looked for until it is back.
import { FRAME_HEADER_BYTES, splitFrames } from '../../agent/image/chunk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { currentDocuments } from './documents.ts';
import type { DocumentList } from './document-store.ts';
import { HEAL_CHUNKS, libraryGone } from './failures.ts';
import type { ImageSummary } from './images.ts';
import { isBetter } from './images.ts';
import type { ImageDetails, Library, LibraryList, LibraryOptions } from './library.ts';
import { openLibrary } from './library.ts';
import { libraryIdAt } from './open-header.ts';

/** One of the libraries; `library` is null while its disk is away. */
export type ShelfMember = {
  readonly folder: string;
  readonly writable: boolean;
  readonly library: Library | null;
  /** Why it is away. */
  readonly failure: Failure | null;
};

export type Shelf = Library & {
  readonly members: () => readonly ShelfMember[];
  /** Looks whether each is still there, or there again; call every few seconds. */
  readonly look: () => Promise<void>;
  /** Reads another library beside those that are open. Codes: `library.open-already` and those of opening one. */
  readonly add: (folder: string) => Promise<Result<ShelfMember>>;
  /** Forgets one that is only read. Codes: `library.not-open`, `library.written`. */
  readonly remove: (folder: string) => Promise<Result<ShelfMember>>;
};

export type ShelfOptions = Omit<LibraryOptions, 'folder' | 'create'> & {
  readonly folders: readonly [string, ...string[]];
  /** A library has gone, or come back. */
  readonly onChange?: ((member: ShelfMember) => void) | undefined;
};

/** The first must open, with its codes; others that cannot are away. */
export const openShelf = async ({ folders, onChange, ...options }: ShelfOptions): Promise<Result<Shelf>> => {
  const [firstFolder, ...others] = folders;
  const first = await openLibrary({ ...options, folder: firstFolder });
  if (!first.ok) return first;
  const members: ShelfMember[] = [{ folder: firstFolder, writable: true, library: first.value, failure: null }];
  for (const folder of others) members.push(await openMember(folder, options));
  return success(shelfOf(first.value, members, options, onChange));
};

type MemberOptions = Omit<LibraryOptions, 'folder' | 'create'>;

const openMember = async (folder: string, options: MemberOptions): Promise<ShelfMember> => {
  const opened = await openLibrary({ ...options, folder, create: false, readOnly: true });
  return { folder, writable: false, library: opened.ok ? opened.value : null, failure: opened.ok ? null : opened.failure };
};

const shelfOf = (first: Library, members: ShelfMember[], options: MemberOptions, onChange: ShelfOptions['onChange']): Shelf => {
  const open = (): readonly Library[] => members.flatMap(({ library, failure }) => (library === null || failure !== null ? [] : [library]));
  const away = (): ShelfMember | undefined => members.find(({ failure }) => failure !== null);
  /** What nobody has may be on a disk that is away: then it is waited for. */
  const orWait = <T>(result: Result<T>): Result<T> => {
    const member = away();
    return result.ok || member === undefined || !ABSENT.has(result.failure.code) ? result : libraryGone(member.folder);
  };

  const list = async (): Promise<Result<LibraryList>> => {
    const best = new Map<string, ImageSummary>();
    const damaged = new Map<string, LibraryList['damaged'][number]>();
    for (const library of open()) {
      const its = await library.list();
      // One that has just gone is passed over; `look` will say so.
      if (!its.ok && library === first && open().length === 1) return its;
      for (const image of its.ok ? its.value.images : []) {
        const known = best.get(image.osoid);
        if (known === undefined || isBetter(image, known)) best.set(image.osoid, image);
      }
      for (const one of its.ok ? its.value.damaged : []) damaged.set(one.osoid, one);
    }
    const stillDamaged = [...damaged.values()].filter(({ osoid }) => !best.has(osoid));
    return success({ images: [...best.values()], damaged: stillDamaged });
  };

  const show = async (osoid: string): Promise<Result<ImageDetails>> => {
    let found: Result<ImageDetails> | undefined;
    const libraries: string[] = [];
    for (const library of open()) {
      const its = await library.show(osoid);
      if (its.ok) libraries.push(...its.value.libraries);
      if (found?.ok !== true) found = its.ok ? its : (found ?? its);
      // A chunk that one lacks may be in another: whole in any is whole.
      else if (its.ok && its.value.missingChunks < found.value.missingChunks)
        found = success({ ...found.value, missingChunks: its.value.missingChunks });
    }
    if (found === undefined) return libraryGone(members[0]?.folder ?? '');
    return found.ok ? success({ ...found.value, libraries }) : orWait(found);
  };

  const manifest: Library['manifest'] = async (osoid, wanted) => {
    let failure: Failure | undefined;
    for (const library of open()) {
      const files = await library.manifest(osoid, wanted);
      if (files.ok) return files;
      // That an image is damaged or not trusted says more than that another library lacks it.
      if (failure === undefined || ABSENT.has(failure.code)) failure = files.failure;
    }
    return failure === undefined ? libraryGone(members[0]?.folder ?? '') : orWait({ ok: false, failure });
  };

  const frames: Library['frames'] = async (chunkIds) => {
    const [only] = open();
    if (open().length === 1 && only !== undefined) {
      const answer = await only.frames(chunkIds);
      return answer.ok ? answer : orWait(answer);
    }
    return framesOfSeveral(open(), chunkIds, orWait);
  };

  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    for (const member of [...members]) {
      const seen = await seeAgain(member, options);
      // One may have been added or removed meanwhile.
      const at = members.indexOf(member);
      if (seen === member || at < 0) continue;
      members[at] = seen;
      onChange?.(seen);
    }
  };

  /** Only what lies in the first library can be changed there. */
  const ofFirst = async <T>(osoid: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
    const done = await work();
    if (done.ok || done.failure.code !== 'library.no-image') return done;
    for (const member of members.slice(1)) {
      const shown = await member.library?.show(osoid);
      if (shown?.ok === true)
        return failed(
          'library.read-only',
          `"${shown.value.image.name}" is in ${member.folder}, which is only read here.`,
          `Take it over first: rackside library merge ${member.folder}`,
        );
    }
    return done;
  };

  return {
    ...first,
    list,
    show,
    manifest,
    frames,
    members: () => members,
    has: async (osoid) => (await Promise.all(open().map((library) => library.has(osoid)))).includes(true),
    payloadPart: async (sha256, offsetBytes, lengthBytes) => {
      let missing: Result<Uint8Array> = libraryGone(members[0]?.folder ?? '');
      for (const library of open()) {
        const part = await library.payloadPart(sha256, offsetBytes, lengthBytes);
        if (part.ok) return part;
        missing = part;
      }
      return orWait(missing);
    },
    documents: async () => {
      const found = new Map<string, DocumentList['documents'][number]>();
      const damaged = new Map<string, DocumentList['damaged'][number]>();
      for (const library of open()) {
        const its = await library.documents();
        if (!its.ok && library === first && open().length === 1) return its;
        for (const document of its.ok ? its.value.documents : []) found.set(document.id, document);
        for (const one of its.ok ? its.value.damaged : []) damaged.set(one.id, one);
      }
      // One library may hold what the station of another has replaced.
      const stillDamaged = [...damaged.values()].filter(({ id }) => !found.has(id));
      return success({ documents: currentDocuments([...found.values()]), damaged: stillDamaged });
    },
    document: async (id) => {
      let missing: Awaited<ReturnType<Library['document']>> = libraryGone(members[0]?.folder ?? '');
      for (const library of open()) {
        const its = await library.document(id);
        if (its.ok) return its;
        missing = its;
      }
      return missing;
    },
    payloadSize: async (sha256) => {
      let found: Awaited<ReturnType<Library['payloadSize']>> = success(null);
      for (const library of open()) {
        found = await library.payloadSize(sha256);
        if (found.ok && found.value !== null) return found;
      }
      return found;
    },
    hasChunk: (chunkId) => open().some((library) => library.hasChunk(chunkId)),
    describe: (osoid, change, by) => ofFirst(osoid, () => first.describe(osoid, change, by)),
    deleteImage: (osoid) => ofFirst(osoid, () => first.deleteImage(osoid)),
    look: () => {
      // A slow disk may take longer than the time between two looks.
      looking ??= look().finally(() => (looking = undefined));
      return looking;
    },
    add: async (folder) => {
      const member = await openMember(folder, options);
      if (member.library === null) return { ok: false, failure: member.failure ?? libraryGone(folder).failure };
      const id = await libraryIdAt(folder);
      for (const one of members)
        if (one.folder === folder || (id !== null && (await libraryIdAt(one.folder)) === id)) {
          await member.library.close();
          return failed('library.open-already', `This library is open already, in ${one.folder}.`, 'Nothing to do.');
        }
      members.push(member);
      return success(member);
    },
    remove: async (folder) => {
      const member = members.find((one) => one.folder === folder);
      if (member === undefined)
        return failed('library.not-open', `No library in ${folder} is open.`, 'rackside library list shows those that are.');
      if (member.writable)
        return failed(
          'library.written',
          `${folder} is the library that this station writes.`,
          'Start the station with another one: serve --library.',
        );
      members.splice(members.indexOf(member), 1);
      await member.library?.close();
      return success(member);
    },
    close: async () => {
      for (const { library } of members) await library?.close();
    },
  };
};

/** Codes that only say that something is not here. */
const ABSENT: ReadonlySet<string> = new Set(['library.no-image', 'library.chunk-missing', 'library.missing', 'recipe.payload-missing']);

/** The same object if nothing changed. */
const seeAgain = async (member: ShelfMember, options: MemberOptions): Promise<ShelfMember> => {
  const id = await libraryIdAt(member.folder);
  // Another library in the place of the first is not it; one that is only read is read anew.
  const isThere = member.writable ? id === (await member.library?.state())?.libraryId : id !== null;
  if (!isThere) return member.failure === null ? { ...member, failure: libraryGone(member.folder).failure } : member;
  if (member.failure === null) return member;
  // The first keeps its writers.
  if (member.writable) return (await member.library?.reload())?.ok === true ? { ...member, failure: null } : member;
  // Another station may have written to it meanwhile, or it is another disk.
  const fresh = await openMember(member.folder, options);
  if (fresh.library === null && fresh.failure?.code === member.failure.code) return member;
  await member.library?.close();
  return fresh;
};

/** Each chunk from the first that gives it: a library that has gone or is damaged costs one attempt. */
const framesOfSeveral = async (
  libraries: readonly Library[],
  chunkIds: readonly string[],
  orWait: <T>(result: Result<T>) => Result<T>,
): ReturnType<Library['frames']> => {
  const found = new Map<string, Uint8Array>();
  let failure: Failure | undefined;
  const take = async (library: Library, ids: readonly string[]): Promise<void> => {
    const answer = await library.frames(ids);
    if (answer.ok) {
      const split = splitFrames(answer.value.bytes);
      for (const { offset, header } of split.ok ? split.value : [])
        found.set(header.chunkId, Uint8Array.from(answer.value.bytes.subarray(offset, offset + FRAME_HEADER_BYTES + header.encodedLength)));
      answer.value.release();
    } else if (ids.length > 1) for (const id of ids) await take(library, [id]);
    else failure = answer.failure;
  };
  for (const [at, library] of libraries.entries()) {
    const left = [...new Set(chunkIds)].filter((id) => !found.has(id) && library.hasChunk(id));
    if (left.length === 0) continue;
    // All of it in one library, as nearly always: its memory goes out without a copy.
    if (at === 0 && left.length === new Set(chunkIds).size) {
      const answer = await library.frames(chunkIds);
      if (answer.ok) return answer;
    }
    await take(library, left);
  }
  const frames = chunkIds.map((id) => found.get(id));
  const whole = frames.filter((frame) => frame !== undefined);
  if (whole.length === frames.length) return success({ bytes: Buffer.concat(whole), release: () => undefined });
  const missing = chunkIds.find((id) => !found.has(id)) ?? '';
  return orWait(failure === undefined ? lacking(missing) : { ok: false, failure });
};

const lacking = (chunkId: string): ReturnType<typeof failed> =>
  failed('library.chunk-missing', `No open library has chunk ${chunkId.slice(0, 16)}.`, HEAL_CHUNKS);
