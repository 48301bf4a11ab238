// One machine in full, on its own: for narrow screens and for a long look.
import { useEffect } from 'react';
import { BackIcon } from '../../kit/icons.tsx';
import { isTyping } from '../../shell/use-keys.ts';
import { go } from '../../store/route.ts';
import { WORDS } from '../../words/screens.ts';
import { focusConsent } from './focus-consent.ts';
import { MachinePanel } from './machine-panel.tsx';
import styles from './machine-screen.module.css';

export const MachineScreen = ({ machineId }: { readonly machineId: string }) => {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape') go('rack');
      else if (event.key === 'a') focusConsent();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
  return (
    <div className={styles['screen']}>
      <a className={styles['back']} href="#/rack">
        <BackIcon size={16} aria-hidden="true" />
        {WORDS.common.back}
      </a>
      <MachinePanel machineId={machineId} full />
    </div>
  );
};
