// A question with a form: Enter or the one button sends it, a failure stays in it with its next step, success closes it.
import { useId } from 'react';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { WORDS } from '../words/screens.ts';
import { Refusal } from './refusal.tsx';
import { useSending } from './use-sending.ts';
import page from './page.module.css';
import type { ReactNode, RefObject } from 'react';
import type { Result } from '../../agent/protocol/failure.ts';

export type FormDialogProps = {
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly submit: string;
  /** On the button while the station is at it; the dialog may be closed meanwhile. */
  readonly working?: string;
  readonly ready: boolean;
  readonly onSubmit: () => Promise<Result<unknown>>;
  readonly onClose: () => void;
  readonly firstFocus: RefObject<HTMLElement | null>;
  readonly wide?: boolean;
  readonly children: ReactNode;
};

export const FormDialog = ({
  title,
  description,
  submit,
  working,
  ready,
  onSubmit,
  onClose,
  firstFocus,
  wide,
  children,
}: FormDialogProps) => {
  const id = useId();
  const { isBusy, failure, send } = useSending();
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      closeLabel={WORDS.common.close}
      firstFocus={firstFocus}
      wide={wide ?? false}
      footer={
        <>
          <Button onClick={onClose}>{isBusy ? WORDS.common.close : WORDS.common.cancel}</Button>
          <Button look="act" type="submit" form={id} inert={!ready || isBusy}>
            {isBusy ? (working ?? submit) : submit}
          </Button>
        </>
      }
    >
      <form
        id={id}
        className={page['form']}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !isBusy) void send(onSubmit, onClose);
        }}
      >
        {children}
        <Refusal failure={failure} />
      </form>
    </Dialog>
  );
};
