// Destructive consent in one frame: machine, image, disk, what is on it, what stays untouched. It is pinned to what it
// shows: when that changes it goes inert for a second, and its focus starts on a harmless control.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { cx } from '../../kit/class-names.ts';
import { diskName, diskTitle, eraseSerial, holds } from '../../words/disk.ts';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { ConsentDialog } from './consent-dialog.tsx';
import { OtherAnswers } from './other-answers.tsx';
import { PartitionBar } from './partition-bar.tsx';
import { useSettled } from './use-settled.ts';
import askStyles from './ask-frame.module.css';
import styles from './consent-frame.module.css';
import type { MachineView, Question } from '../../../preload/contract/views.ts';

export type EraseQuestion = Extract<Question, { readonly kind: 'erase' }>;

/** Everything a person decides on, as one text: any difference makes it another question. */
export const consentContent = (machine: MachineView, question: EraseQuestion): string =>
  [machine.id, machine.name, question.consentHash, question.osoid, question.imageName, eraseSerial(question.disk)].join('\n');

export const ConsentFrame = ({ machine, question }: { readonly machine: MachineView; readonly question: EraseQuestion }) => {
  const settled = useSettled(consentContent(machine, question));
  const [pinned, setPinned] = useState<EraseQuestion | null>(null);
  const { disk, untouched, imageName, fetchBytes } = question;
  return (
    <div className={cx(askStyles['frame'], styles['consent'])} data-settled={settled}>
      <h3 className={askStyles['title']}>{WORDS.consent.title(imageName, machine.name)}</h3>
      <dl className={styles['list']}>
        <dt>{WORDS.consent.erases}</dt>
        <dd>
          <strong>{diskTitle(disk)}</strong> · <span className={styles['serial']}>{diskName(disk)}</span>
        </dd>
        <dt>{WORDS.consent.holds}</dt>
        <dd>
          {holds(disk)}
          <PartitionBar disk={disk} />
        </dd>
        <dt>{WORDS.consent.untouched}</dt>
        <dd>
          {untouched.length === 0 ? WORDS.consent.noOthers : untouched.map((one) => `${diskTitle(one)} (${diskName(one)})`).join(', ')}
        </dd>
      </dl>
      <p className={styles['fetch']} role="status">
        {settled ? WORDS.consent.fetch(bytes(fetchBytes)) : WORDS.consent.changed}
      </p>
      <div className={askStyles['answers']}>
        <Button look="act" inert={!settled} onClick={() => setPinned(question)}>
          {WORDS.machine.actions.erase}
        </Button>
        <OtherAnswers machine={machine} deployLabel={WORDS.machine.actions.otherImage} first />
      </div>
      {pinned === null ? null : <ConsentDialog machine={machine} pinned={pinned} current={question} onClose={() => setPinned(null)} />}
    </div>
  );
};
