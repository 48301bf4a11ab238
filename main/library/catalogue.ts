// The images of the open library, held in memory because policies are resolved against them many times a second; read again
// whenever the library changes.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { CatalogueImage } from './image-view.ts';
import { imageViewOf } from './image-view.ts';
import type { ImportProgress } from './import-progress.ts';
import type { Library } from './library.ts';

export type ImportWish = {
  readonly path: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly notes: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
};

export type Catalogue = {
  images(): readonly CatalogueImage[];
  find(osoid: string): CatalogueImage | null;
  /** Images whose files are damaged, for preflight and the images screen. */
  damaged(): readonly { readonly osoid: string; readonly failure: Failure }[];
  import(wish: ImportWish): Promise<Result<CatalogueImage>>;
  refresh(): Promise<Result<null>>;
};

/** The manifest's limits for `key=value`. */
const LABEL_MOST = 64;
const LABELS_MOST = 64;

export const openCatalogue = async (
  library: Library,
  onChange: (images: readonly CatalogueImage[]) => void,
): Promise<Result<Catalogue>> => {
  let images: readonly CatalogueImage[] = [];
  let damaged: readonly { readonly osoid: string; readonly failure: Failure }[] = [];
  const refresh = async (): Promise<Result<null>> => {
    const list = await library.list();
    if (!list.ok) return list;
    images = list.value.images
      .map(imageViewOf)
      .toSorted((left, right) => left.name.localeCompare(right.name) || right.revision - left.revision);
    damaged = list.value.damaged;
    onChange(images);
    return success(null);
  };
  const first = await refresh();
  if (!first.ok) return first;
  return success({
    images: () => images,
    find: (osoid) => images.find((image) => image.osoid === osoid) ?? null,
    damaged: () => damaged,
    refresh,
    import: async (wish) => {
      const labels = Object.entries(wish.labels).map(([key, value]) => `${key}=${value}`);
      const long = labels.find((label) => label.length > LABEL_MOST);
      if (long !== undefined || labels.length > LABELS_MOST)
        return failed(
          'image.label-too-long',
          long === undefined
            ? `An image takes ${LABELS_MOST} labels, not ${labels.length}.`
            : `The label ${long.slice(0, 20)}… has more than ${LABEL_MOST} characters.`,
          'Put long texts into the notes.',
        );
      // A second import under a name is the next revision of that line; its author's order counts, not a clock.
      const line = images.filter((image) => image.name === wish.name);
      const imported = await library.importImage({
        sourcePath: wish.path,
        name: wish.name,
        labels,
        notes: wish.notes,
        revision: Math.max(0, ...line.map((image) => image.revision)) + 1,
        // The line keeps its id when its images are renamed.
        ...(line[0] === undefined ? {} : { lineage: { id: line[0].lineage, parent: null } }),
        signal: wish.signal,
        onProgress: wish.onProgress,
      });
      if (!imported.ok) return imported;
      const refreshed = await refresh();
      return refreshed.ok ? success(imageViewOf(imported.value)) : refreshed;
    },
  });
};
