// A policy as JSON, with an example to start from. What is wrong is said by the station, with line, place and right spelling.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextArea } from '../../kit/field.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { WORDS } from '../../words/screens.ts';
import { PolicyPreview } from './policy-preview.tsx';
import page from '../page.module.css';
import styles from './policies-screen.module.css';
import type { Policy } from '../../../preload/contract/policy.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';

const words = WORDS.policies;

const EXAMPLE = {
  name: 'web-nodes',
  rank: 100,
  when: {
    all: [
      { fact: 'manufacturer', glob: 'Dell*' },
      { fact: 'memory.size', atLeast: '32 GiB' },
    ],
  },
  outcome: { kind: 'deploy-newest', labels: { name: 'web-golden' } },
  consent: 'ask',
};

export const AddPolicyDialog = ({ from, onClose }: { readonly from: Policy | null; readonly onClose: () => void }) => {
  const [text, setText] = useState(() => JSON.stringify(from ?? EXAMPLE, null, 2));
  const [failure, setFailure] = useState<Failure | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const submit = async (): Promise<void> => {
    setFailure(null);
    // The station is the judge of what was typed; nothing is checked twice here.
    const result = await call('policies.save', { name: words.typed, text });
    if (result.ok) onClose();
    else setFailure(result.failure);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={words.addTitle}
      description={words.addText}
      closeLabel={WORDS.common.close}
      firstFocus={field}
      footer={
        <>
          <Button onClick={onClose}>{WORDS.common.cancel}</Button>
          <Button look="act" onClick={() => void submit()}>
            {words.addDo}
          </Button>
        </>
      }
    >
      <div className={page['form']}>
        <TextArea ref={field} label={words.json} rows={16} mono value={text} onChange={(event) => setText(event.target.value)} />
        <PolicyPreview text={text} switchOn={false} />
        {failure === null ? null : (
          <div className={styles['refused']}>
            <Problem title={failure.message} next={failure.next} code={failure.code} />
          </div>
        )}
      </div>
    </Dialog>
  );
};
