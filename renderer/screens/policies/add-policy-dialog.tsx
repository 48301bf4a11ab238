// A policy as JSON, with an example to start from. What is wrong is said with its place, first here, then by the station.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextArea } from '../../kit/field.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { WORDS } from '../../words/screens.ts';
import page from '../page.module.css';
import type { CallArgument } from '../../../preload/contract/calls.ts';
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

type Argument = CallArgument<'policies.add'>;

export const AddPolicyDialog = ({ from, onClose }: { readonly from: Policy | null; readonly onClose: () => void }) => {
  const [text, setText] = useState(() => JSON.stringify(from ?? EXAMPLE, null, 2));
  const [badJson, setBadJson] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const submit = async (): Promise<void> => {
    setFailure(null);
    setBadJson(null);
    let policy: unknown;
    try {
      policy = JSON.parse(text);
    } catch (error) {
      return setBadJson(words.badJson(error instanceof Error ? error.message : String(error)));
    }
    // The station is the judge of what was typed; nothing is checked twice here.
    const result = await call('policies.add', { policy: policy as Argument['policy'] });
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
        <TextArea
          ref={field}
          label={words.json}
          error={badJson}
          rows={16}
          mono
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {failure === null ? null : <Problem title={failure.message} next={failure.next} code={failure.code} />}
      </div>
    </Dialog>
  );
};
