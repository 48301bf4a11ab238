// A modal question (Radix Dialog): labelled, Escape closes, focus goes where the caller says and comes back afterwards.
import { Dialog as Radix } from 'radix-ui';
import { X } from 'lucide-react';
import { cx } from './class-names.ts';
import styles from './dialog.module.css';
import { useRef } from 'react';
import type { ReactNode, RefObject } from 'react';

export type DialogProps = {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly closeLabel: string;
  /** Takes focus on opening: a harmless control. */
  readonly firstFocus?: RefObject<HTMLElement | null>;
  readonly wide?: boolean;
  readonly tone?: 'plain' | 'danger';
  readonly footer?: ReactNode;
  readonly children: ReactNode;
};

export const Dialog = ({ open, onClose, title, description, closeLabel, firstFocus, wide, tone, footer, children }: DialogProps) => {
  const opener = useRef<Element | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles['overlay']} />
        <Radix.Content
          className={cx(styles['content'], wide && styles['wide'], tone === 'danger' && styles['danger'])}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          onOpenAutoFocus={(event) => {
            opener.current = document.activeElement;
            if (!firstFocus?.current) return;
            event.preventDefault();
            firstFocus.current.focus();
          }}
          // Radix gives focus back to a trigger of its own, and our dialogs are opened by others. What was done may have moved it.
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            const isLost = document.activeElement === null || document.activeElement === document.body;
            if (isLost && opener.current instanceof HTMLElement) opener.current.focus();
          }}
        >
          <div className={styles['head']}>
            <Radix.Title className={styles['title']}>{title}</Radix.Title>
            <Radix.Close className={styles['close']} aria-label={closeLabel}>
              <X size={18} aria-hidden="true" />
            </Radix.Close>
          </div>
          {description === undefined ? null : <Radix.Description className={styles['description']}>{description}</Radix.Description>}
          <div className={styles['body']}>{children}</div>
          {footer === undefined ? null : <div className={styles['footer']}>{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
};
