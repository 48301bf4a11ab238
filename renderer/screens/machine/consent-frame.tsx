// Destructive consent in one frame: machine, image, disk, what is on it, what stays untouched. It is pinned to what it
// shows: when that changes it goes inert for a second, and its focus starts on a harmless control.
import { Button } from '../../kit/button.tsx';
import { cx } from '../../kit/class-names.ts';
import { diskName, diskTitle, eraseSerial, holds } from '../../words/disk.ts';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { OtherAnswers } from './other-answers.tsx';
import { PartitionBar } from './partition-bar.tsx';
import { useSettled } from './use-settled.ts';
import askStyles from './ask-frame.module.css';
import styles from './consent-frame.module.css';
import type { MachineView, Question } from '../../../preload/contract/views.ts';

export type EraseQuestion = Extract<Question, { readonly kind: 'erase' }>;

/** Everything a person decides on, as one text: any difference makes it another question. */
export const consentContent = (machine: MachineView, question: EraseQuestion): string =>
  [
    machine.id,
    machine.name,
    question.consentHash,
    question.osoid,
    question.imageName,
    eraseSerial(question.disk),
    question.beside?.grow ?? '',
    question.beside?.settingsSha256 ?? '',
    ...(question.set?.covers ?? []),
  ].join('\n');

type FrameProps = { readonly machine: MachineView; readonly question: EraseQuestion; readonly onErase: (pinned: EraseQuestion) => void };

export const ConsentFrame = ({ machine, question, onErase }: FrameProps) => {
  const { settled, changed } = useSettled(consentContent(machine, question));
  const { disk, untouched, imageName, fetchBytes, recipe, set, beside } = question;
  return (
    <div className={askStyles['frame']} data-settled={settled}>
      <h3 className={askStyles['title']}>
        {recipe === undefined
          ? WORDS.consent.title(imageName, machine.name)
          : WORDS.consent.buildTitle(imageName, recipe.id, recipe.version, machine.name)}
      </h3>
      {set === undefined ? null : (
        <p>
          {WORDS.consent.set}: {WORDS.consent.setPlace(set.name, set.number, set.of)}. <strong>{WORDS.consent.covers(set.covers)}</strong>
        </p>
      )}
      {(beside?.settingsSha256 ?? null) === null ? null : <p>{WORDS.deploy.outlook.brief}</p>}
      <div className={styles['erased']}>
        <p>
          {WORDS.consent.erases} <strong>{diskTitle(disk)}</strong>, <span className={styles['serial']}>{diskName(disk)}</span>
        </p>
        <p>
          <span className={styles['dim']}>{WORDS.consent.holds}:</span> {holds(disk)}
        </p>
        <PartitionBar disk={disk} />
      </div>
      <p>
        <span className={styles['dim']}>{WORDS.consent.untouched}:</span>{' '}
        {untouched.length === 0 ? WORDS.consent.noOthers : untouched.map((one) => `${diskTitle(one)}, ${diskName(one)}`).join('; ')}
      </p>
      <p className={cx(styles['dim'], !settled && changed && styles['changed'])} role="status">
        {!settled && changed ? WORDS.consent.changed : WORDS.consent.fetch(bytes(fetchBytes))}
      </p>
      <div className={askStyles['answers']}>
        <Button look="act" inert={!settled} onClick={() => onErase(question)}>
          {recipe === undefined ? WORDS.machine.actions.erase : WORDS.machine.actions.eraseToBuild}
        </Button>
        <OtherAnswers machine={machine} deployLabel={null} first />
      </div>
    </div>
  );
};
