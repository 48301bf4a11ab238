// The frame at the foot of a machine: what it asks, with the answers. Nothing is shown for a machine that asks nothing.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { act } from '../../store/notices.ts';
import { assertNever } from '../../../agent/protocol/failure.ts';
import { WORDS } from '../../words/screens.ts';
import { CONSENT_FOCUS } from './focus-consent.ts';
import { ConsentDialog } from './consent-dialog.tsx';
import { ConsentFrame } from './consent-frame.tsx';
import { AnswerForm, fieldsOf } from './answer-form.tsx';
import { OtherAnswers } from './other-answers.tsx';
import styles from './ask-frame.module.css';
import type { Disk } from '../../../agent/protocol/disk.ts';
import type { EraseQuestion } from './consent-frame.tsx';
import type { MachineView } from '../../../preload/contract/views.ts';

const { actions, said } = WORDS.machine;

const Frame = ({ title, children }: { readonly title: string; readonly children: React.ReactNode }) => (
  <section aria-label={WORDS.consent.region}>
    <div className={styles['frame']}>
      <h3 className={styles['title']}>{title}</h3>
      {children}
    </div>
  </section>
);

/** States in which a person can do something although nothing is asked in so many words. */
const titleWithoutQuestion = (state: MachineView['state']): string | null => {
  switch (state) {
    case 'failed':
      return WORDS.ask.failedTitle;
    case 'unmatched':
    case 'ambiguous':
      return WORDS.ask.chooseTitle;
    case 'waiting':
      return WORDS.ask.heldTitle;
    default:
      return null;
  }
};

type QuestionProps = { readonly machine: MachineView; readonly disks: readonly Disk[]; readonly onErase: (pinned: EraseQuestion) => void };

const QuestionFrame = ({ machine, disks, onErase }: QuestionProps) => {
  const { question } = machine;
  if (question === null) {
    const title = titleWithoutQuestion(machine.state);
    return title === null ? null : (
      <Frame title={title}>
        <div className={styles['answers']}>
          <Button
            {...{ [CONSENT_FOCUS]: '' }}
            onClick={() => void act('machines.retry', { machineId: machine.id }, said.retry(machine.name))}
          >
            {actions.retry}
          </Button>
          <OtherAnswers machine={machine} deployLabel={actions.deploy} first={false} />
        </div>
      </Frame>
    );
  }
  switch (question.kind) {
    case 'erase':
      return (
        <section aria-label={WORDS.consent.region}>
          <ConsentFrame machine={machine} question={question} onErase={onErase} />
        </section>
      );
    case 'choose':
      return (
        <Frame title={WORDS.ask.chooseTitle}>
          <p>{question.reason}</p>
          <div className={styles['answers']}>
            <OtherAnswers machine={machine} deployLabel={actions.deploy} first />
          </div>
        </Frame>
      );
    case 'fact':
      return (
        <Frame title={WORDS.ask.factTitle}>
          <p>{question.reason}</p>
          <AnswerForm
            key={fieldsOf(question)
              .map(({ name }) => name)
              .join(' ')}
            machine={machine}
            question={question}
          />
          <div className={styles['answers']}>
            <OtherAnswers machine={machine} deployLabel={actions.deploy} first={fieldsOf(question).length === 0} />
          </div>
        </Frame>
      );
    case 'refused':
      return (
        <Frame title={WORDS.ask.refusedTitle}>
          <ul className={styles['refusals']}>
            {question.failures.map((failure) => (
              <li key={failure.code + failure.message}>
                <strong>{failure.message}</strong> {failure.next}
              </li>
            ))}
          </ul>
          <div className={styles['answers']}>
            <Button
              {...{ [CONSENT_FOCUS]: '' }}
              onClick={() => void act('machines.retry', { machineId: machine.id }, said.retry(machine.name))}
            >
              {actions.retry}
            </Button>
            <OtherAnswers machine={machine} deployLabel={disks.length > 1 ? actions.deploy : actions.otherImage} first={false} />
          </div>
        </Frame>
      );
    default:
      return assertNever(question);
  }
};

/** What the machine asks, if anything; and the dialog over it, which outlives the question so that nothing vanishes underhand. */
export const AskFrame = ({
  machine,
  disks,
  docked,
}: {
  readonly machine: MachineView;
  readonly disks: readonly Disk[];
  readonly docked: boolean;
}) => {
  const [pinned, setPinned] = useState<EraseQuestion | null>(null);
  const current = machine.question?.kind === 'erase' ? machine.question : null;
  return (
    <div className={docked ? styles['dock'] : undefined}>
      <QuestionFrame machine={machine} disks={disks} onErase={setPinned} />
      {pinned === null ? null : <ConsentDialog machine={machine} pinned={pinned} current={current} onClose={() => setPinned(null)} />}
    </div>
  );
};
