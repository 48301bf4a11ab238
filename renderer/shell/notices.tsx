// What the window has to say about the last actions, bottom right, never over a dialog's buttons.
import { Button } from '../kit/button.tsx';
import { NoIcon } from '../kit/icons.tsx';
import { Problem } from '../kit/panel.tsx';
import { dismiss, useNotices } from '../store/notices.ts';
import { explain } from '../words/failures.ts';
import { WORDS } from '../words/screens.ts';
import styles from './notices.module.css';

export const Notices = () => {
  const notices = useNotices((state) => state.notices);
  return (
    <div className={styles['stack']} aria-live="polite">
      {notices.map(({ id, said, failure }) => (
        <div key={id} className={styles['notice']}>
          {failure === undefined ? (
            <p className={styles['said']}>{said}</p>
          ) : (
            <Problem title={failure.message} next={failure.next} code={failure.code}>
              {explain(failure.code) === null ? null : <p>{explain(failure.code)}</p>}
            </Problem>
          )}
          <Button look="quiet" className={styles['close']} aria-label={WORDS.common.dismiss} onClick={() => dismiss(id)}>
            <NoIcon size={16} aria-hidden="true" />
          </Button>
        </div>
      ))}
    </div>
  );
};
