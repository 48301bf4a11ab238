// What only the library can say of an image: what only it takes, where it came from, and which machines have it.
import { ToneText } from '../../kit/lamp.tsx';
import { Pairs, Section } from '../../kit/panel.tsx';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { IdentitySection } from './identity-section.tsx';
import { useImageDetail } from './use-image-detail.ts';
import type { ImageView } from '../../../preload/contract/views.ts';

const words = WORDS.images;

export const ImageMore = ({ image }: { readonly image: ImageView }) => {
  const detail = useImageDetail(image);
  if (detail === null) return null;
  const { signed, lineage, source, deployedTo } = detail;
  return (
    <>
      <Section title={words.more}>
        <Pairs
          rows={[
            ...(detail.missingChunks === 0
              ? []
              : [
                  [
                    words.damaged,
                    <ToneText key="damaged" tone="fail">
                      {words.missing(detail.missingChunks)}
                    </ToneText>,
                  ] as const,
                ]),
            [words.unique, bytes(detail.uniqueBytes)],
            [words.source, `${words.sources[source.kind]}${source.fileName === null ? '' : ` · ${source.fileName}`}`],
            [words.line, lineage.parent === null ? lineage.id : `${lineage.id} · ${words.parent(lineage.parent.slice(0, 12))}`],
            ...(signed.edits === 0 ? [] : [[words.signedAs, signed.name] as const]),
            ...(signed.disputed.length === 0
              ? []
              : [[words.disputed, signed.disputed.map((one) => words.members[one]).join(', ')] as const]),
            ...(detail.policies.length === 0 ? [] : [[words.policies, detail.policies.join(', ')] as const]),
            [words.libraries, detail.libraries.join(', ')],
          ]}
        />
      </Section>
      {detail.identity === null ? null : <IdentitySection report={detail.identity} />}
      {deployedTo.length === 0 ? null : (
        <Section title={words.deployed}>
          <Pairs
            rows={deployedTo.map(({ machineName, siteName, atMs }) => [
              machineName,
              `${siteName} · ${new Date(atMs).toISOString().replace('T', ' ').slice(0, 16)}`,
            ])}
          />
        </Section>
      )}
    </>
  );
};
