// What a person chose for one machine as a policy for all like it: shown with what it would change, saved off or on by the person.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { CheckField } from '../../kit/check-field.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { imageNameOf } from '../../store/selectors.ts';
import { go } from '../../store/route.ts';
import { useStation } from '../../store/station-store.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { conditionWords } from '../../words/condition.ts';
import { outcomeWords } from '../../words/decision.ts';
import { WORDS } from '../../words/screens.ts';
import { Refusal } from '../refusal.tsx';
import { Foreseen } from './policy-preview.tsx';
import page from '../page.module.css';
import styles from './policies-screen.module.css';
import type { ChoiceProposal } from '../../../preload/contract/choice.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

const words = WORDS.policies;

const Proposal = ({ proposal: { policy, says, preview } }: { readonly proposal: ChoiceProposal }) => {
  const images = useStation((state) => state.images);
  return (
    <>
      <p>
        <span className={styles['dim']}>{words.whenWord}</span> {conditionWords(policy.when) || words.everyMachine}{' '}
        <span className={styles['dim']}>{words.thenWord}</span> {outcomeWords(policy.outcome, imageNameOf(images))}
      </p>
      <p className={styles['dim']}>{words.choiceRank(policy.name, policy.rank)}</p>
      {says.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <section aria-label={words.preview}>
        <Foreseen preview={preview} />
      </section>
    </>
  );
};

type ChoiceDialogProps = { readonly machine: Pick<MachineView, 'id' | 'name'>; readonly onClose: () => void };

export const ChoiceDialog = ({ machine, onClose }: ChoiceDialogProps) => {
  const [newest, setNewest] = useState(false);
  const [name, setName] = useState('');
  const [refused, setRefused] = useState<Failure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const cancel = useRef<HTMLButtonElement>(null);
  const wish = { machineId: machine.id, facts: [], newest };
  const { value, failure } = useAnswer('policies.fromChoice', { ...wish, save: null });
  const ready = value !== undefined && failure === null && !isBusy;
  const save = async (how: 'off' | 'on'): Promise<void> => {
    setBusy(true);
    const typed = name.trim();
    const result = await call('policies.fromChoice', { ...wish, ...(typed === '' ? {} : { name: typed }), save: how });
    setBusy(false);
    if (!result.ok) return setRefused(result.failure);
    tell(words.choiceSaved(result.value.policy.name, how === 'on'));
    onClose();
    go('policies');
  };
  const problem = refused ?? failure;
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={words.choiceTitle}
      description={words.choiceText(machine.name)}
      closeLabel={WORDS.common.close}
      firstFocus={cancel}
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            {WORDS.common.cancel}
          </Button>
          <Button inert={!ready} onClick={() => void save('off')}>
            {words.choiceOff}
          </Button>
          <Button look="act" inert={!ready} onClick={() => void save('on')}>
            {words.choiceOn}
          </Button>
        </>
      }
    >
      <div className={page['form']}>
        <CheckField
          label={words.choiceNewest}
          checked={newest}
          onChange={(checked) => {
            setRefused(null);
            setNewest(checked);
          }}
        />
        {value === undefined && failure === null ? <p role="status">{WORDS.common.loading}</p> : null}
        {value === undefined || failure !== null ? null : <Proposal proposal={value} />}
        <TextField
          label={words.choiceName}
          help={words.choiceNameHelp}
          value={name}
          maxLength={80}
          onChange={(event) => {
            setRefused(null);
            setName(event.target.value);
          }}
        />
        <Refusal failure={problem} />
      </div>
    </Dialog>
  );
};
