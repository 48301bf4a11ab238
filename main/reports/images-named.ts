// Every image that a report names, with whose signature it carries. PURE.
import type { SiteReport } from '../../preload/contract/report.ts';
import type { ImageView } from '../../preload/contract/views.ts';

type Naming = Pick<SiteReport, 'machines' | 'work' | 'constructions' | 'armings'>;

export const imagesNamed = (
  { machines, work, constructions, armings }: Naming,
  known: readonly ImageView[],
  keys: readonly { readonly keyId: string; readonly name: string }[],
): readonly SiteReport['images'][number][] => {
  const named = [
    ...machines.flatMap(({ holds }) => (holds === null ? [] : [holds])),
    ...work,
    ...constructions,
    ...armings.flatMap(({ images }) => images),
  ];
  const names = new Map(named.flatMap(({ osoid, imageName }) => (osoid === null ? [] : [[osoid, imageName] as const])));
  return [...names].map(([osoid, name]) => {
    const image = known.find((one) => one.osoid === osoid);
    if (image === undefined)
      return { osoid, name: name ?? '', revision: null, manifestSha256: null, trust: null, keyId: null, keyName: null };
    const { revision, manifestSha256, trust, keyId } = image;
    return {
      osoid,
      name: image.name,
      revision,
      manifestSha256,
      trust,
      keyId,
      keyName: keys.find((key) => key.keyId === keyId)?.name ?? null,
    };
  });
};
