// One image: what it is by content, what it needs of a machine, who signed it, what is in it.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { CopyIcon } from '../../kit/icons.tsx';
import { ToneText } from '../../kit/lamp.tsx';
import { Pairs, Section } from '../../kit/panel.tsx';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { BoundSection } from './bound-section.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { DescribeDialog } from './describe-dialog.tsx';
import { ImageMore } from './image-detail.tsx';
import page from '../page.module.css';
import rows from '../rows.module.css';
import styles from './images-screen.module.css';
import type { ImageView } from '../../../preload/contract/views.ts';

const words = WORDS.images;

const Copyable = ({ text }: { readonly text: string }) => {
  const [copied, setCopied] = useState(false);
  return (
    <span className={styles['copy']}>
      <span className={rows['mono']}>{text}</span>
      <Button
        look="quiet"
        aria-label={copied ? words.copied : words.copy}
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        <CopyIcon size={15} aria-hidden="true" />
      </Button>
    </span>
  );
};

const Actions = ({ image }: { readonly image: ImageView }) => {
  const [asking, setAsking] = useState<'describe' | 'delete' | null>(null);
  const close = (): void => setAsking(null);
  return (
    <div className={page['buttons']}>
      <Button onClick={() => setAsking('describe')}>{words.describe}</Button>
      <Button onClick={() => setAsking('delete')}>{words.deleteAsk}</Button>
      {asking === 'describe' ? <DescribeDialog image={image} onClose={close} /> : null}
      {asking === 'delete' ? <DeleteDialog image={image} onClose={close} /> : null}
    </div>
  );
};

export const ImageCard = ({ image }: { readonly image: ImageView }) => (
  <section className={page['card']} aria-label={image.name}>
    <h2 className={page['cardTitle']}>
      {image.name} <span className={rows['light']}>{words.revision(image.revision)}</span>
    </h2>
    {image.notes === '' ? null : <p className={page['lead']}>{image.notes}</p>}
    <Pairs
      rows={[
        [words.osoid, <Copyable key="osoid" text={image.osoid} />],
        [
          words.signed,
          <ToneText key="trust" tone={image.trust === 'trusted' ? 'ok' : image.trust === 'broken' ? 'fail' : 'ask'}>
            {words.trust[image.trust]}
          </ToneText>,
        ],
        ...(image.trust === 'unknown-key'
          ? [
              [
                words.key,
                <span key="key">
                  <span className={rows['mono']}>{image.keyId}</span> · <a href="#/settings">{WORDS.trust.decide}</a>
                </span>,
              ] as const,
            ]
          : []),
        [words.disk, bytes(image.diskSizeBytes)],
        [words.data, `${bytes(image.dataBytes)} · ${words.stored.toLowerCase()}: ${bytes(image.storedBytes)}`],
        [words.firmware, `${words.firmwareWords[image.firmware]} · ${image.architecture}`],
        [words.secureBoot, image.secureBootTrusted ? words.secureBootYes : words.secureBootNo],
        [words.table, [`${image.table.toUpperCase()} · ${image.logicalSectorBytes} B`, ...(image.tableNotes ?? [])].join(' · ')],
        [words.created, image.createdAt.replace('T', ' ').slice(0, 16)],
        [
          words.manifest,
          <span key="manifest" className={rows['mono']}>
            {image.manifestSha256.slice(0, 24)}…
          </span>,
        ],
      ]}
    />
    <Section title={words.partitions}>
      <Pairs
        rows={image.partitions.map((partition) => [
          `${partition.number} · ${partition.name || '–'}`,
          [
            partition.filesystem ?? WORDS.common.unknown,
            bytes(partition.sectors * image.logicalSectorBytes),
            ...(partition.note === undefined ? [] : [words.takenWhole(partition.note)]),
          ].join(' · '),
        ])}
      />
    </Section>
    {image.boundToMachine === undefined ? null : <BoundSection bound={image.boundToMachine} />}
    <ImageMore image={image} />
    <Actions key={image.osoid} image={image} />
  </section>
);
