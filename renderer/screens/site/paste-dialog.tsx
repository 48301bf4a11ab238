// A plan's text as copied from a spreadsheet or a mail.
import { useRef, useState } from 'react';
import { TextArea } from '../../kit/field.tsx';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import type { Result } from '../../../agent/protocol/failure.ts';

const words = WORDS.site;

type PasteDialogProps = { readonly onText: (text: string) => Promise<Result<unknown>>; readonly onClose: () => void };

export const PasteDialog = ({ onText, onClose }: PasteDialogProps) => {
  const [text, setText] = useState('');
  const first = useRef<HTMLTextAreaElement>(null);
  return (
    <FormDialog
      wide
      title={words.pasteTitle}
      description={words.pasteText}
      submit={words.import}
      ready={text.trim() !== ''}
      firstFocus={first}
      onClose={onClose}
      onSubmit={() => onText(text)}
    >
      <TextArea
        ref={first}
        label={words.pasteField}
        rows={12}
        mono
        wrap="off"
        value={text}
        placeholder={'serial,mac,hostname,role\nCZ3340AAAA,,web1,web'}
        onChange={(event) => setText(event.target.value)}
      />
    </FormDialog>
  );
};
