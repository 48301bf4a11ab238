// The library: its images, what is in one, and the way to import another.
import { useMemo, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { cx } from '../../kit/class-names.ts';
import { Lamp } from '../../kit/lamp.tsx';
import { Blank } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { bytes, percent } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { ImageCard } from './image-card.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { TrashList } from './trash-list.tsx';
import page from '../page.module.css';
import rows from '../rows.module.css';
import styles from './images-screen.module.css';
import type { ImageView } from '../../../preload/contract/views.ts';

const trustTone = (image: ImageView): 'ok' | 'ask' | 'fail' =>
  image.trust === 'trusted' ? 'ok' : image.trust === 'broken' ? 'fail' : 'ask';

const ImageRow = ({ image, selected }: { readonly image: ImageView; readonly selected: boolean }) => (
  <li>
    <a
      className={cx(rows['row'], selected && rows['selected'])}
      href={`#/images/${image.osoid}`}
      aria-current={selected ? 'true' : undefined}
    >
      <Lamp tone={trustTone(image)} />
      <span className={rows['cell']}>
        <strong>
          {image.name} <span className={rows['light']}>{WORDS.images.revision(image.revision)}</span>
        </strong>
        <span className={rows['dim']}>
          {Object.entries(image.labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(' · ')}
        </span>
      </span>
      <span className={rows['right']}>
        <span>{bytes(image.storedBytes)}</span>
        <span className={rows['dim']}>{WORDS.images.firmwareWords[image.firmware]}</span>
      </span>
    </a>
  </li>
);

const Imports = () => {
  const imports = useStation((state) => state.imports);
  const images = useStation((state) => state.images);
  // An import is over when its image is in the library.
  const names = new Set([...images.values()].map((image) => image.name));
  const running = [...imports.values()].filter((one) => !names.has(one.name) || one.bytesTotal === null || one.bytesDone < one.bytesTotal);
  return running.map((one) => {
    const share = one.bytesTotal === null || one.bytesTotal === 0 ? 0 : one.bytesDone / one.bytesTotal;
    const total = one.bytesTotal === null ? null : bytes(one.bytesTotal);
    return (
      <div
        key={one.name}
        className={styles['import']}
        role="progressbar"
        aria-label={WORDS.images.importing(one.name)}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span className={styles['fill']} style={{ transform: `scaleX(${share.toFixed(4)})` }} />
        <span>{WORDS.images.importing(one.name)}</span>
        <span className={styles['figures']}>
          {WORDS.images.read(bytes(one.bytesDone), total)} {one.bytesTotal === null ? '' : `· ${percent(share)}`}
        </span>
      </div>
    );
  });
};

export const ImagesScreen = ({ selected }: { readonly selected: string | null }) => {
  const images = useStation((state) => state.images);
  const [importing, setImporting] = useState(false);
  const list = useMemo(
    () => [...images.values()].toSorted((a, b) => a.name.localeCompare(b.name, 'en') || b.revision - a.revision),
    [images],
  );
  const shown = selected === null ? undefined : images.get(selected);
  return (
    <div className={page['page']}>
      <div className={page['head']}>
        <h1 className={page['title']}>{WORDS.screens.images}</h1>
        <Button onClick={() => setImporting(true)}>{WORDS.images.import}</Button>
      </div>
      <Imports />
      {list.length === 0 ? (
        <Blank kind="nothing" title={WORDS.images.emptyTitle} text={WORDS.images.empty}>
          <Button onClick={() => setImporting(true)}>{WORDS.images.import}</Button>
        </Blank>
      ) : (
        <div className={page['columns']}>
          <ul className={rows['list']}>
            {list.map((image) => (
              <ImageRow key={image.osoid} image={image} selected={image.osoid === selected} />
            ))}
          </ul>
          {shown === undefined ? (
            <div className={page['card']}>
              <Blank kind="nothing" title={WORDS.images.details} text={WORDS.images.select} />
            </div>
          ) : (
            <ImageCard image={shown} />
          )}
        </div>
      )}
      <TrashList />
      {importing ? <ImportDialog onClose={() => setImporting(false)} /> : null}
    </div>
  );
};
