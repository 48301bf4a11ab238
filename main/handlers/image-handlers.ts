// The calls about single images: everything known of one, what people call it, deleting and bringing back.
import type { BootLoader } from '../../agent/image/manifest.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageDetail } from '../../preload/contract/library-views.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import type { Events } from '../database/events.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Catalogue } from '../library/catalogue.ts';
import { imageViewOf } from '../library/image-view.ts';
import type { Shelf } from '../library/shelf.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';

export type ImageParts = {
  readonly library: Shelf;
  readonly catalogue: Catalogue;
  readonly jobs: Pick<Jobs, 'list'>;
  readonly policies: Pick<Policies, 'list'>;
  readonly events: Events;
  readonly sites: Sites;
};

type ImageCalls = 'images.show' | 'images.describe' | 'images.delete' | 'images.deleted' | 'images.restore';

export const createImageHandlers = (parts: ImageParts): Pick<CallHandlers, ImageCalls> => {
  const { library, catalogue, events, sites } = parts;
  const refreshed = async <T>(value: () => T): Promise<Result<T>> => {
    const done = await catalogue.refresh();
    return done.ok ? success(value()) : done;
  };
  const found = (osoid: string): Result<ImageView> => {
    const image = catalogue.find(osoid);
    return image === null
      ? failed('image.unknown', `The library has no image ${osoid.slice(0, 16)}.`, 'Look at the list of images.')
      : success(image);
  };
  const policiesNaming = (osoid: string): readonly string[] =>
    parts.policies
      .list()
      .filter(({ policy }) => policy.outcome.kind === 'deploy' && policy.outcome.osoid === osoid)
      .map(({ policy }) => policy.name);

  return {
    'images.show': async ({ osoid }) => {
      const image = found(osoid);
      const shown = await library.show(osoid);
      if (!image.ok) return image;
      if (!shown.ok) return shown;
      const { manifest, description } = shown.value.image;
      return success({
        image: image.value,
        uniqueBytes: shown.value.uniqueBytes,
        missingChunks: shown.value.missingChunks,
        signed: { name: manifest.name, edits: description.edit, disputed: [...description.disputed] },
        lineage: { id: manifest.lineage.id, parent: manifest.lineage.parent },
        source: {
          kind: manifest.source.kind,
          fileName: manifest.source.fileName,
          facts: Object.keys(manifest.source.facts).length,
          boot: manifest.source.boot ?? null,
        },
        identity: manifest.identity ?? null,
        bootChain: manifest.bootChain.map(loaderView),
        deployedTo: deployedTo(parts.jobs, osoid),
        policies: [...policiesNaming(osoid)],
        libraries: [...shown.value.libraries],
      });
    },
    'images.describe': async ({ osoid, name, labels, notes }) => {
      const image = found(osoid);
      if (!image.ok) return image;
      const rival = catalogue.images().find((one) => one.name === name && one.osoid !== osoid);
      if (rival !== undefined && (rival.lineage !== catalogue.find(osoid)?.lineage || rival.revision === image.value.revision))
        return failed(
          'image.name-taken',
          `Another image is called "${rival.name}" already.`,
          'Choose another name, or rename that one first.',
        );
      const labelList =
        labels === undefined ? undefined : Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
      const tooLong = labelList?.find((label) => label.length > 64);
      if (tooLong !== undefined)
        return failed(
          'image.label-too-long',
          `The label "${tooLong.slice(0, 40)}…" is longer than 64 characters.`,
          'Choose a shorter one.',
        );
      const described = await library.describe(osoid, { name, labels: labelList, notes }, sites.current().operator);
      if (!described.ok) return described;
      const what = [
        name === undefined ? [] : [`is called "${name}"`],
        labels === undefined ? [] : ['has other labels'],
        notes === undefined ? [] : ['has other notes'],
      ];
      events.log({ kind: 'image.described', text: `Image "${image.value.name}" (${osoid.slice(0, 16)}) ${what.flat().join(' and ')}.` });
      return refreshed(() => imageViewOf(described.value));
    },
    'images.delete': async ({ osoid, force }) => {
      const image = found(osoid);
      const name = image.ok ? image.value.name : osoid.slice(0, 16);
      const inUse = whyInUse(parts.jobs, osoid, policiesNaming(osoid));
      if (inUse !== null && !force)
        return failed('image.in-use', `"${name}" is needed: ${inUse}.`, 'Change that first, or repeat with --force.');
      const deleted = await library.deleteImage(osoid);
      if (!deleted.ok) return deleted;
      const although = inUse === null ? '' : ` although ${inUse}`;
      events.log({ kind: 'image.deleted', text: `Image "${name}" (${osoid}) was put into the trash${although}.`, level: 'warn' });
      return refreshed(() => [...catalogue.images()]);
    },
    'images.deleted': async () => {
      const deleted = await library.deletedImages();
      return deleted.ok ? success(deleted.value.map(imageViewOf)) : deleted;
    },
    'images.restore': async ({ osoid }) => {
      const restored = await library.restoreImage(osoid);
      if (!restored.ok) return restored;
      const done = await catalogue.refresh();
      if (!done.ok) return done;
      const image = found(osoid);
      if (image.ok)
        events.log({ kind: 'image.restored', text: `Image "${image.value.name}" (${osoid.slice(0, 16)}) came back from the trash.` });
      return image;
    },
  };
};

/** Only what is known: a manifest may hold more members than this version reads. */
const loaderView = ({ path, kind, architecture, signedBy, bootCode }: BootLoader): ImageDetail['bootChain'][number] => ({
  path,
  kind,
  architecture,
  signedBy: [...signedBy],
  ...(bootCode === undefined
    ? {}
    : {
        bootCode: {
          code: bootCode.code,
          ...(bootCode.core === undefined
            ? {}
            : { core: { lba: bootCode.core.lba, partition: bootCode.core.partition, found: bootCode.core.found } }),
        },
      }),
});

const whyInUse = (jobs: Pick<Jobs, 'list'>, osoid: string, policies: readonly string[]): string | null => {
  const job = jobs.list().find((one) => one.osoid === osoid && (one.state === 'queued' || one.state === 'running'));
  if (job !== undefined) return `a job ${job.kind === 'verify' ? 'compares it with' : 'writes it to'} ${job.machineName}`;
  return policies.length === 0 ? null : `policy "${policies.join('", "')}" names it`;
};

/** The last write of each machine, where it was this image; a capture or a deep check leaves the disk as it was. */
const deployedTo = (jobs: Pick<Jobs, 'list'>, osoid: string): ImageDetail['deployedTo'] => {
  const last = new Map(
    jobs
      .list()
      .filter(({ kind, state }) => state === 'done' && kind !== 'capture' && kind !== 'verify')
      .map((job) => [job.machineId, job]),
  );
  return [...last.values()]
    .filter((job) => job.osoid === osoid)
    .map(({ machineId, machineName, endedAtMs, siteName }) => ({ machineId, machineName, atMs: endedAtMs ?? 0, siteName }))
    .toReversed();
};
