// Across the top while an older picture is still shown: the link to the station is lost, or no newer picture came.
import { LinkLostIcon } from '../kit/icons.tsx';
import { useStation } from '../store/station-store.ts';
import { WORDS } from '../words/screens.ts';
import styles from './link-banner.module.css';

export const LinkBanner = () => {
  const link = useStation((state) => state.link);
  const reached = useStation((state) => state.station !== null);
  const refused = useStation((state) => state.refused);
  if (!reached) return null;
  if (refused !== null)
    return (
      <div className={styles['banner']} role="alert">
        <LinkLostIcon size={16} aria-hidden="true" />
        <strong>{refused.message}</strong>
        <span>
          {WORDS.link.stale} {refused.next}
        </span>
      </div>
    );
  if (link.kind === 'up') return null;
  const what = link.kind === 'no-key' ? WORDS.link.noKeyTitle : `${WORDS.link.lostTitle}, ${WORDS.link.trying}`;
  return (
    <div className={styles['banner']} role="status">
      <LinkLostIcon size={16} aria-hidden="true" />
      <strong>{what}.</strong>
      <span>{link.kind === 'no-key' ? WORDS.link.noKeyText : WORDS.link.stale}</span>
    </div>
  );
};
