// Deleted images, and the way back for each.
import { useEffect, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Section } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import rows from '../rows.module.css';
import type { ImageView } from '../../../preload/contract/views.ts';

const words = WORDS.images;

export const TrashList = () => {
  const images = useStation((state) => state.images);
  const up = useStation((state) => state.link.kind === 'up');
  const [deleted, setDeleted] = useState<readonly ImageView[]>([]);
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    void call('images.deleted', {}, { signal: stop.signal }).then((result) => {
      if (result.ok && !stop.signal.aborted) setDeleted(result.value);
    });
    return () => stop.abort();
  }, [images, up]);
  if (deleted.length === 0) return null;
  return (
    <Section title={words.trash}>
      <p className={rows['dim']}>{words.trashText}</p>
      <ul className={rows['list']}>
        {deleted.map((image) => (
          <li key={image.osoid} className={rows['row']}>
            <span className={rows['cell']}>
              <span>
                {image.name} <span className={rows['light']}>{words.revision(image.revision)}</span>
              </span>
            </span>
            <Button look="quiet" onClick={() => void act('images.restore', { osoid: image.osoid }, words.restored(image.name))}>
              {words.restore}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
};
