// A question about something that takes away: what goes and what stays is in its body, its focus starts on the harmless answer.
import { useRef } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { WORDS } from '../words/screens.ts';
import { Refusal } from './refusal.tsx';
import { useSending } from './use-sending.ts';
import page from './page.module.css';
import type { ReactNode } from 'react';
import type { Result } from '../../agent/protocol/failure.ts';

export type ConfirmDialogProps = {
  readonly title: ReactNode;
  readonly confirm: string;
  readonly onConfirm: () => Promise<Result<unknown>>;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

export const ConfirmDialog = ({ title, confirm, onConfirm, onClose, children }: ConfirmDialogProps) => {
  const cancel = useRef<HTMLButtonElement>(null);
  const { isBusy, failure, send } = useSending();
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      closeLabel={WORDS.common.close}
      firstFocus={cancel}
      tone="danger"
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            {WORDS.common.cancel}
          </Button>
          <Button look="danger" inert={isBusy} onClick={() => void send(onConfirm, onClose)}>
            {confirm}
          </Button>
        </>
      }
    >
      <div className={page['form']}>
        {children}
        <Refusal failure={failure} />
      </div>
    </Dialog>
  );
};
