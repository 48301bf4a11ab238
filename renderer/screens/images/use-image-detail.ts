// Everything that is known of one image, asked for when it is shown and again when it changes.
import { useEffect, useState } from 'react';
import { call } from '../../store/connection.ts';
import { useStation } from '../../store/station-store.ts';
import type { ImageDetail } from '../../../preload/contract/library-views.ts';
import type { ImageView } from '../../../preload/contract/views.ts';

export const useImageDetail = (image: ImageView): ImageDetail | null => {
  const up = useStation((state) => state.link.kind === 'up');
  const jobs = useStation((state) => state.jobs);
  /** Chunks that came back change it, and nothing of the image itself. */
  const healed = [...jobs.values()].filter(({ verified }) => verified?.heal !== undefined).length;
  const [detail, setDetail] = useState<ImageDetail | null>(null);
  useEffect(() => {
    if (!up) return;
    const stop = new AbortController();
    void call('images.show', { osoid: image.osoid }, { signal: stop.signal }).then((result) => {
      if (result.ok && !stop.signal.aborted) setDetail(result.value);
    });
    return () => stop.abort();
  }, [image, jobs.size, healed, up]);
  return detail?.image.osoid === image.osoid ? detail : null;
};
