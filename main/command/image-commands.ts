// `rackside images show|rename|relabel|notes|delete|deleted|restore`: single images, and what people call them.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageDetail } from '../../preload/contract/library-views.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import type { Command, Invocation } from './command.ts';
import { findImage } from './find.ts';
import { identityLines } from './identity-text.ts';
import { bindingLines, bootLines } from './image-boot-text.ts';
import { size, table } from './output.ts';
import { imageOf, printed, withStation } from './with-station.ts';

const TRUST = {
  trusted: 'trusted',
  'unknown-key': 'NOT TRUSTED: unknown key',
  broken: 'BROKEN: the image was altered or damaged',
} as const;

export const describeImage = (image: ImageView): string =>
  [
    `${image.name}  revision ${image.revision}`,
    `  OSOID      ${image.osoid}`,
    `  disk       ${size(image.diskSizeBytes)}, ${image.table}, ${image.logicalSectorBytes}-byte sectors`,
    `  content    ${size(image.dataBytes)} of data, ${size(image.storedBytes)} stored`,
    `  boots      ${image.firmware}, ${image.architecture}${image.secureBootTrusted ? ', signed for Secure Boot' : ''}`,
    ...bindingLines(image),
    `  signed by  ${image.keyId} (${TRUST[image.trust]})`,
    `  labels     ${
      Object.entries(image.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' ') || '-'
    }`,
    ...(image.recipe === undefined
      ? []
      : [
          `  built by   ${image.recipe.id} version ${image.recipe.version}`,
          ...Object.entries(image.recipe.matchOn).map(([fact, value]) => `             for ${fact} ${[value].flat().join(', ')}`),
        ]),
    ...(image.tableNotes ?? []).map((note) => `  table      ${note}`),
    ...image.partitions.flatMap((part) => [
      `  ${String(part.number).padStart(3)}  ${part.name || '-'}  ${part.filesystem ?? '-'}  ${size(part.sectors * image.logicalSectorBytes)}`,
      ...(part.note === undefined ? [] : [`       taken whole: ${part.note}`]),
    ]),
    ...(image.notes === '' ? [] : [`  ${image.notes}`]),
  ].join('\n');

const describeDetail = (detail: ImageDetail): string => {
  const { image, signed, lineage, source } = detail;
  const disputed = signed.disputed.length === 0 ? '' : `; two stations changed its ${signed.disputed.join(' and ')} differently`;
  return [
    describeImage(image),
    `  only here  ${size(detail.uniqueBytes)} are needed by no other image`,
    ...(detail.missingChunks === 0
      ? []
      : [
          `  DAMAGED    ${detail.missingChunks} chunks are missing: rackside library repair --from FOLDER`,
          `             or from a machine that carries it: rackside verify ${carrierOf(detail)} --heal`,
        ]),
    `  line       ${lineage.id}${lineage.parent === null ? '' : `, made from ${lineage.parent.slice(0, 12)}`}`,
    `  source     ${source.kind}${source.fileName === null ? '' : ` of ${source.fileName}`}${source.facts === 0 ? '' : `, ${source.facts} facts`}`,
    ...identityOf(detail),
    ...bootLines(detail),
    ...(signed.edits === 0 ? [] : [`  signed as  ${signed.name}, described anew ${signed.edits} times${disputed}`]),
    ...(detail.policies.length === 0 ? [] : [`  policies   ${detail.policies.join(', ')}`]),
    `  libraries  ${detail.libraries.join(', ')}`,
    ...detail.deployedTo.map(
      ({ machineName, siteName, atMs }) => `  deployed   ${machineName} at ${siteName}, ${new Date(atMs).toISOString().slice(0, 16)}`,
    ),
  ].join('\n');
};

/** The machine that got it last, as a shell takes its name. */
const carrierOf = ({ deployedTo }: ImageDetail): string => {
  const name = deployedTo[0]?.machineName ?? 'MACHINE';
  return /^[\w.:-]+$/.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`;
};

const identityOf = ({ identity, source }: ImageDetail): readonly string[] => {
  if (identity === null) return source.kind === 'import' ? [] : ['  identity   nobody looked what of its source is in it'];
  const [head = '', ...lines] = identityLines(identity);
  return [`  identity   ${head}`, ...lines.map((line) => `    ${line}`)];
};

export const parseLabels = (words: readonly string[]): Result<Record<string, string>> => {
  const labels: Record<string, string> = {};
  for (const word of words) {
    const match = /^([a-z0-9.-]{1,60})=(.{0,200})$/.exec(word);
    if (match?.[1] === undefined || match[2] === undefined)
      return failed('command.label-invalid', `"${word}" is no label.`, 'Write labels as key=value, e.g. --label role=web.');
    labels[match[1]] = match[2];
  }
  return success(labels);
};

/** A command about one image that is named first. */
const ofImage = (
  command: Omit<Command, 'run' | 'positionals'> & { readonly most?: number },
  work: (station: PipeClient, image: ImageView, invocation: Invocation) => Promise<Result<null>>,
): Command => {
  const { most = 1, ...rest } = command;
  return {
    ...rest,
    positionals: { least: most, most },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const image = await imageOf(station, invocation.positionals[0]);
        return image.ok ? work(station, image.value, invocation) : image;
      }),
  };
};

export const IMAGE_CARE_COMMANDS: readonly Command[] = [
  ofImage(
    {
      name: 'images show',
      arguments: 'IMAGE',
      help: 'show layout, sizes, line, source, signature, what of its source is in it, and where it is deployed',
      options: {},
    },
    async (station, { osoid }, invocation) => printed(invocation, await station.call('images.show', { osoid }), describeDetail),
  ),
  ofImage(
    { name: 'images rename', arguments: 'IMAGE NAME', help: 'give an image another name; its content and id stay', options: {}, most: 2 },
    async (station, { osoid }, invocation) =>
      printed(invocation, await station.call('images.describe', { osoid, name: invocation.positionals[1] ?? '' }), describeImage),
  ),
  ofImage(
    {
      name: 'images relabel',
      arguments: 'IMAGE',
      help: 'set and remove labels',
      options: {
        label: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'set this label; may be given several times' },
        remove: { type: 'string', multiple: true, value: 'KEY', help: 'remove this label; may be given several times' },
      },
    },
    async (station, image, invocation) => {
      const set = parseLabels(invocation.list('label'));
      if (!set.ok) return set;
      const removed = invocation.list('remove');
      const unknown = removed.find((key) => !Object.hasOwn(image.labels, key));
      if (unknown !== undefined)
        return failed('image.no-such-label', `"${image.name}" has no label "${unknown}".`, 'See its labels with: rackside images show');
      if (removed.length === 0 && Object.keys(set.value).length === 0)
        return failed(
          'command.option-missing',
          'images relabel needs --label or --remove.',
          'Write labels as key=value, e.g. --label role=web.',
        );
      const kept = Object.entries(image.labels).filter(([key]) => !removed.includes(key));
      const labels = { ...Object.fromEntries(kept), ...set.value };
      return printed(invocation, await station.call('images.describe', { osoid: image.osoid, labels }), describeImage);
    },
  ),
  ofImage(
    { name: 'images notes', arguments: 'IMAGE TEXT', help: 'replace the notes of an image', options: {}, most: 2 },
    async (station, { osoid }, invocation) =>
      printed(invocation, await station.call('images.describe', { osoid, notes: invocation.positionals[1] ?? '' }), describeImage),
  ),
  ofImage(
    {
      name: 'images delete',
      arguments: 'IMAGE',
      help: 'put an image into the trash; images restore brings it back',
      options: { force: { type: 'boolean', help: 'although a job writes it or a policy names it' } },
    },
    async (station, { osoid, name }, invocation) => {
      const left = await station.call('images.delete', { osoid, force: invocation.flag('force') });
      const next = `To bring it back: rackside images restore ${osoid.slice(0, 12)}\nTo free its room: rackside library gc --empty-trash`;
      return printed(invocation, left, () => `"${name}" is in the trash.\n${next}`);
    },
  ),
  {
    name: 'images deleted',
    arguments: '',
    help: 'list the images in the trash',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) =>
        printed(invocation, await station.call('images.deleted', {}), (images) =>
          images.length === 0
            ? 'The trash is empty.'
            : table(
                ['OSOID', 'NAME', 'REV'],
                images.map(({ osoid, name, revision }) => [osoid.slice(0, 12), name, String(revision)]),
              ),
        ),
      ),
  },
  {
    name: 'images restore',
    arguments: 'IMAGE',
    help: 'bring an image back from the trash',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const deleted = await station.call('images.deleted', {});
        if (!deleted.ok) return deleted;
        const image = findImage(deleted.value, invocation.positionals[0] ?? '');
        if (!image.ok) return image;
        const restored = await station.call('images.restore', { osoid: image.value.osoid });
        return printed(invocation, restored, ({ name }) => `"${name}" is back in the library.`);
      }),
  },
];
