// Puts an image into the trash, after saying what still needs it. Nothing is lost by it: the trash gives it back.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { ImageView } from '../../../preload/contract/views.ts';

const words = WORDS.images;

export const DeleteDialog = ({ image, onClose }: { readonly image: ImageView; readonly onClose: () => void }) => {
  const [failure, setFailure] = useState<Failure | null>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const isNeeded = failure?.code === 'image.in-use';
  const remove = async (): Promise<void> => {
    const result = isNeeded
      ? await act('images.delete', { osoid: image.osoid, force: true }, words.deletedSaid(image.name))
      : await call('images.delete', { osoid: image.osoid, force: false });
    if (result.ok) onClose();
    else setFailure(result.failure);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.deleteTitle(image.name)}
      description={words.deleteText}
      closeLabel={WORDS.common.close}
      firstFocus={cancel}
      tone="danger"
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            {WORDS.common.cancel}
          </Button>
          <Button look="danger" onClick={() => void remove()}>
            {isNeeded ? words.deleteAnyway : words.delete}
          </Button>
        </>
      }
    >
      {failure === null ? <p>{words.deleteKeeps}</p> : <Problem tone="ask" title={failure.message} code={failure.code} />}
    </Dialog>
  );
};
