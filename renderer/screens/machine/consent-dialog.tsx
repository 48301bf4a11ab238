// The last question before a disk is erased. It shows what was pinned when it opened; if the station's question changes
// meanwhile, it can only be closed.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Pairs, Problem } from '../../kit/panel.tsx';
import { act } from '../../store/notices.ts';
import { diskName, diskTitle, eraseSerial, holds } from '../../words/disk.ts';
import { WORDS } from '../../words/screens.ts';
import { PartitionBar } from './partition-bar.tsx';
import { useSettled } from './use-settled.ts';
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
  const voided = !same && !sending;
  const serial = eraseSerial(pinned.disk);
  const approve = async (): Promise<void> => {
    setSending(true);
    const argument = { machineId: machine.id, eraseSerial: serial, consentHash: pinned.consentHash };
    const result = await act('machines.approve', argument, WORDS.machine.said.approved(name));
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
          <Button look="act" inert={!understood || !settled || sending || voided} onClick={() => void approve()}>
            {sending ? WORDS.consent.working : WORDS.consent.confirm(serial)}
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
        <label className={styles['understand']}>
          <input type="checkbox" checked={understood} disabled={voided} onChange={(event) => setUnderstood(event.target.checked)} />
          <span>{WORDS.consent.understand(serial)}</span>
        </label>
      </div>
    </Dialog>
  );
};
