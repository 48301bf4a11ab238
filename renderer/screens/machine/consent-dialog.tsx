// The last question before a disk is erased. It shows what was pinned when it opened; if the station's question changes
// meanwhile, it can only be closed.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Pairs, Problem } from '../../kit/panel.tsx';
import { act } from '../../store/notices.ts';
import { diskName, diskTitle, eraseSerial, holds } from '../../words/disk.ts';
import { WORDS } from '../../words/screens.ts';
import { outlookRows } from './outlook-section.tsx';
import { PartitionBar } from './partition-bar.tsx';
import { useOutlook } from './use-outlook.ts';
import { useSettled } from './use-settled.ts';
import { Refusal } from '../refusal.tsx';
import styles from './consent-dialog.module.css';
import type { MachineView } from '../../../preload/contract/views.ts';
import type { EraseQuestion } from './consent-frame.tsx';

export type ConsentDialogProps = {
  readonly machine: MachineView;
  readonly pinned: EraseQuestion;
  /** What the machine asks now; null when it no longer asks to erase. */
  readonly current: EraseQuestion | null;
  readonly onClose: () => void;
};

export const ConsentDialog = ({ machine, pinned, current, onClose }: ConsentDialogProps) => {
  const keep = useRef<HTMLButtonElement>(null);
  const [understood, setUnderstood] = useState(false);
  const [sending, setSending] = useState(false);
  // The machine is the one the frame was drawn for: the panel is keyed by its id.
  const [name] = useState(machine.name);
  const { settled } = useSettled(pinned.consentHash);
  // While the approval travels, the question goes away because it was answered.
  const same = current?.consentHash === pinned.consentHash && eraseSerial(current.disk) === eraseSerial(pinned.disk);
  const sameBeside = JSON.stringify(current?.beside) === JSON.stringify(pinned.beside);
  const voided = !(same && sameBeside) && !sending;
  const { outlook, failure } = useOutlook(machine.id, null, pinned.consentHash);
  // A yes counts for what grows and for the settings, so that it waits until they are on the screen.
  const shown = pinned.beside === undefined || JSON.stringify(outlook?.beside) === JSON.stringify(pinned.beside);
  const serial = eraseSerial(pinned.disk);
  const builds = pinned.recipe !== undefined;
  const approve = async (): Promise<void> => {
    setSending(true);
    const argument = { machineId: machine.id, eraseSerial: serial, consentHash: pinned.consentHash };
    const result = await act('machines.approve', argument, WORDS.machine.said.approved(name, builds));
    setSending(false);
    if (result.ok) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      tone="danger"
      title={WORDS.consent.dialogTitle(serial, name)}
      description={WORDS.consent.dialogText}
      closeLabel={WORDS.common.close}
      firstFocus={keep}
      footer={
        <>
          <Button ref={keep} onClick={onClose}>
            {WORDS.consent.keep}
          </Button>
          <Button look="act" inert={!understood || !settled || sending || voided || !shown} onClick={() => void approve()}>
            {sending ? WORDS.consent.working : WORDS.consent.confirm(serial, builds)}
          </Button>
        </>
      }
    >
      <div className={styles['body']}>
        {voided ? <Problem tone="ask" title={WORDS.consent.voided} /> : null}
        <Pairs
          rows={[
            [WORDS.consent.machine, [name, machine.serial, machine.position].filter(Boolean).join(' · ')],
            [WORDS.consent.image, pinned.imageName],
            ...(pinned.recipe === undefined ? [] : [[WORDS.consent.recipe, WORDS.consent.recipeName(pinned.recipe)] as const]),
            ...(pinned.set === undefined
              ? []
              : [
                  [
                    WORDS.consent.set,
                    `${WORDS.consent.setPlace(pinned.set.name, pinned.set.number, pinned.set.of)}. ${WORDS.consent.covers(pinned.set.covers)}`,
                  ] as const,
                ]),
            ...(outlook === null || pinned.beside === undefined || !shown ? [] : outlookRows(outlook)),
            [WORDS.consent.disk, `${diskTitle(pinned.disk)} · ${diskName(pinned.disk)}`],
            [
              WORDS.consent.holds,
              <>
                {holds(pinned.disk)}
                <PartitionBar disk={pinned.disk} />
              </>,
            ],
            [
              WORDS.consent.untouched,
              pinned.untouched.length === 0
                ? WORDS.consent.noOthers
                : pinned.untouched.map((disk) => `${diskTitle(disk)} · ${diskName(disk)}`).join(', '),
            ],
          ]}
        />
        {shown || voided ? null : <Refusal failure={failure} />}
        <label className={styles['understand']}>
          <input type="checkbox" checked={understood} disabled={voided} onChange={(event) => setUnderstood(event.target.checked)} />
          <span>{WORDS.consent.understand(serial)}</span>
        </label>
      </div>
    </Dialog>
  );
};
