// `rackside library …`: the library as a thing that is carried, checked, healed, merged and cleaned.
import { resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { CallAnswer, CallArgument, CallName } from '../../preload/contract/calls.ts';
import type { DocumentCopyView, LibraryView, MergeReportView, VerifyReportView } from '../../preload/contract/library-views.ts';
import type { Command, Invocation } from './command.ts';
import { findImage } from './find.ts';
import { size, table } from './output.ts';
import { printed, withStation } from './with-station.ts';

/** One long call, with its progress on the terminal and Ctrl-C to stop it. */
const longCall = async <N extends CallName>(invocation: Invocation, name: N, argument: CallArgument<N>): Promise<Result<CallAnswer<N>>> => {
  const shows = !invocation.json && process.stderr.isTTY;
  const station = await invocation.station((event) => {
    if (event.name !== 'library.progressed' || !shows) return;
    const { operation, donePacks, totalPacks } = event.payload;
    process.stderr.write(`\r${operation}: ${donePacks} of ${totalPacks} packs   `);
  });
  if (!station.ok) return station;
  try {
    const answer = await station.value.call(name, argument, { signal: invocation.signal });
    if (shows) process.stderr.write('\n');
    return answer;
  } finally {
    station.value.close();
  }
};

/** Prints the answer; fails where it tells of something that a script must not pass over. */
const report = <T>(invocation: Invocation, answer: Result<T>, text: (value: T) => string, bad: (value: T) => boolean): number => {
  const done = printed(invocation, answer, text);
  if (!done.ok) return invocation.output.fail(done.failure);
  return answer.ok && bad(answer.value) ? 1 : 0;
};

const date = (atMs: number | null): string => (atMs === null ? 'never' : new Date(atMs).toISOString().slice(0, 10));

const describeLibraries = (libraries: readonly LibraryView[]): string =>
  [
    table(
      ['FOLDER', 'STATE', 'IMAGES', 'POLICIES', 'RECIPES', 'DELETED', 'CHUNKS', 'FREE', 'VERIFIED'],
      libraries.map((one) => [
        one.folder,
        one.state === 'away' ? 'AWAY' : one.writable ? 'written' : 'read',
        String(one.images),
        String(one.policies),
        String(one.recipes),
        String(one.deleted),
        String(one.chunks),
        one.freeBytes === null ? '-' : size(one.freeBytes),
        date(one.lastVerifiedAtMs),
      ]),
    ),
    ...libraries.flatMap(({ folder, problem }) =>
      problem === null ? [] : [`${folder}: ${problem.message} ${problem.next} (${problem.code})`],
    ),
  ].join('\n');

const describeReport = ({ packs, chunks, images, documents, payloads, damagedImages, problems }: VerifyReportView): string =>
  [
    `${images} images, ${chunks} whole chunks in ${packs} packs; ${documents} documents and ${payloads} payload files.`,
    ...damagedImages.map(({ osoid, name, failure }) => `DAMAGED  ${osoid.slice(0, 12)}  ${name ?? '?'}  ${failure.message}`),
    ...problems.slice(0, 20).map(({ code, message }) => `${message} (${code})`),
    ...(problems.length > 20 ? [`… and ${problems.length - 20} more problems`] : []),
    problems.length === 0 ? 'Everything is whole.' : 'Heal it from another copy: rackside library repair --from FOLDER',
    ...(damagedImages.some(({ missingChunks }) => missingChunks > 0)
      ? ['Chunks of an image come back from a machine that carries it, too: rackside verify MACHINE --heal']
      : []),
  ].join('\n');

const CONFLICTS: Readonly<Record<MergeReportView['conflicts'][number]['kind'], string>> = {
  'same-name': 'two different images have this name',
  'same-revision': 'two different images claim the same revision',
  'two-names': 'one image has two names',
  'two-edits': 'two stations changed its name, labels or notes differently',
};

const describeDocuments = ({ added, skipped, payloads, payloadBytes }: DocumentCopyView): readonly string[] => [
  ...(added.length === 0 && payloads === 0
    ? []
    : [`${added.length} documents came, and ${payloads} payload files (${size(payloadBytes)}) that they need.`]),
  ...added.map(({ kind, name, station, trust }) => `  ${kind} ${name} of ${station}${trust === 'trusted' ? '' : '  NOT TRUSTED'}`),
  ...skipped.map(({ kind, name, failure }) => `LEFT OUT  ${kind} ${name}  ${failure.message} (${failure.code})`),
];

const describeMerge = ({
  added,
  known,
  skipped,
  bytes,
  chunks,
  edits,
  conflicts,
  documents,
  documentConflicts,
}: MergeReportView): string => {
  const strangers = [...new Set([...added, ...documents.added].filter(({ trust }) => trust !== 'trusted').map(({ keyId }) => keyId))];
  return [
    `${added.length} images came, ${known} were here; ${chunks} chunks (${size(bytes)}) and ${edits} edits of descriptions.`,
    ...added.map(({ osoid, name, trust }) => `  ${osoid.slice(0, 12)}  ${name}${trust === 'trusted' ? '' : '  NOT TRUSTED'}`),
    ...skipped.map(({ osoid, name, failure }) => `LEFT OUT  ${osoid.slice(0, 12)}  ${name ?? '?'}  ${failure.message} (${failure.code})`),
    ...conflicts.map(
      ({ kind, names, osoids }) => `CONFLICT  ${names.join(' / ')}: ${CONFLICTS[kind]} (${osoids.map((id) => id.slice(0, 12)).join(', ')})`,
    ),
    ...describeDocuments(documents),
    ...documentConflicts.map(
      ({ kind, name, stations }) => `CONFLICT  ${kind} ${name}: not the same at ${stations.map(({ station }) => station).join(' and ')}`,
    ),
    ...(documents.added.length === 0
      ? []
      : ['What came is off here. Look at it with: rackside policies arrived, rackside recipes arrived']),
    ...strangers.map((keyId) => `Key ${keyId} is not trusted here. Compare it with its owner, then: rackside trust add ${keyId}`),
  ].join('\n');
};

const command = (name: string, given: string, help: string, run: Command['run'], options: Command['options'] = {}): Command => ({
  name,
  arguments: given,
  help,
  options,
  positionals: given.startsWith('PATH') ? { least: 1, most: 1 } : { least: 0, most: 0 },
  run,
});

const optionMissing = (invocation: Invocation, name: string, option: string, next: string): number =>
  invocation.output.fail(failed('command.option-missing', `${name} needs --${option}.`, next).failure);

const chosenImages = async (invocation: Invocation): Promise<Result<readonly string[]>> => {
  const station = await invocation.station();
  if (!station.ok) return station;
  try {
    const images = await station.value.call('images.list', {});
    if (!images.ok) return images;
    if (invocation.flag('all')) return success(images.value.map(({ osoid }) => osoid));
    const osoids: string[] = [];
    for (const typed of invocation.list('image')) {
      const image = findImage(images.value, typed);
      if (!image.ok) return image;
      osoids.push(image.value.osoid);
    }
    return success(osoids);
  } finally {
    station.value.close();
  }
};

export const CARE_COMMANDS: readonly Command[] = [
  command('library list', '', 'list the open libraries, what they hold and when they were verified', (invocation) =>
    withStation(invocation, async (station) => printed(invocation, await station.call('library.list', {}), describeLibraries)),
  ),
  command('library verify', '', 'read everything and check every hash; names damaged images', async (invocation) =>
    report(invocation, await longCall(invocation, 'library.verify', {}), describeReport, ({ problems }) => problems.length > 0),
  ),
  command(
    'library repair',
    '--from PATH',
    'heal damaged images and chunks from another library',
    async (invocation) => {
      const from = invocation.text('from');
      if (from === undefined) return optionMissing(invocation, 'library repair', 'from', 'Name a library that has the images whole.');
      return report(
        invocation,
        await longCall(invocation, 'library.repair', { path: resolve(from) }),
        ({ healedChunks, healedImages, healedFiles, left }) =>
          `${healedChunks} chunks, ${healedImages} images and ${healedFiles} other files were healed.\n${describeReport(left)}`,
        ({ left }) => left.problems.length > 0,
      );
    },
    { from: { type: 'string', value: 'PATH', help: 'folder or exported file of the other library' } },
  ),
  command(
    'library gc',
    '[--empty-trash] [--dry-run]',
    'free what no image needs; never while a machine is being written',
    async (invocation) =>
      report(
        invocation,
        await longCall(invocation, 'library.gc', { emptyTrash: invocation.flag('empty-trash'), dryRun: invocation.flag('dry-run') }),
        ({ freedBytes, removedPacks, repackedPacks, removedPayloads, emptied, deleted }) =>
          [
            `${invocation.flag('dry-run') ? 'Would be: about ' : ''}${size(Math.max(0, freedBytes))} freed: ${removedPacks} packs removed, ${repackedPacks} packed anew, ${removedPayloads} payload files removed.`,
            ...(emptied === 0 ? [] : [`${emptied} deleted images ${invocation.flag('dry-run') ? 'would be' : 'are'} gone for ever.`]),
            ...(deleted === 0 ? [] : [`${deleted} deleted images still hold their room: rackside library gc --empty-trash`]),
          ].join('\n'),
        () => false,
      ),
    {
      'empty-trash': { type: 'boolean', help: 'also give up deleted images, for ever' },
      'dry-run': { type: 'boolean', help: 'only say what would go' },
    },
  ),
  command(
    'library merge',
    'PATH',
    'take over images, policies and recipes of another library (folder or exported file); what decides arrives off',
    async (invocation) =>
      report(
        invocation,
        await longCall(invocation, 'library.merge', { path: resolve(invocation.positionals[0] ?? '') }),
        describeMerge,
        ({ skipped, documents }) => skipped.length + documents.skipped.length > 0,
      ),
  ),
  command(
    'library export',
    '--image IMAGE --to PATH',
    'copy chosen images, with the recipes that built them, to a library in a folder, or to one file if PATH ends in .tar',
    async (invocation) => {
      const to = invocation.text('to');
      if (to === undefined) return optionMissing(invocation, 'library export', 'to', 'Name a folder, or a file that ends in .tar.');
      const osoids = await chosenImages(invocation);
      if (!osoids.ok) return invocation.output.fail(osoids.failure);
      const everything = invocation.flag('all') || invocation.flag('policies');
      if (osoids.value.length === 0 && !everything)
        return optionMissing(invocation, 'library export', 'image', 'Name images, or take --all.');
      return report(
        invocation,
        await longCall(invocation, 'library.export', {
          path: resolve(to),
          osoids: [...osoids.value],
          documents: everything ? 'all' : 'named',
        }),
        ({ added, known, bytes, path, documents }) =>
          [
            `${added.length} images were added to ${path}, ${known} were there; ${size(bytes)} of chunks.`,
            ...describeDocuments(documents),
          ].join('\n'),
        () => false,
      );
    },
    {
      image: { type: 'string', multiple: true, value: 'IMAGE', help: 'OSOID, its beginning, or a name; may be given several times' },
      all: { type: 'boolean', help: 'all images, policies and recipes' },
      policies: { type: 'boolean', help: 'all policies and recipes too, with payload files' },
      to: { type: 'string', value: 'PATH', help: 'folder, or file that ends in .tar' },
    },
  ),
];
