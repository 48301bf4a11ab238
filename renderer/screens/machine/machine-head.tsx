// Who the machine is, and what can be done with it that asks for no consent.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { MoreIcon, OpenIcon } from '../../kit/icons.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Menu } from '../../kit/menu.tsx';
import { act } from '../../store/notices.ts';
import { go } from '../../store/route.ts';
import { useProgress } from '../../store/progress-slice.ts';
import { useStation } from '../../store/station-store.ts';
import { identityLine, mayBeCaptured, stateWithProgress, toneOf } from '../../words/machine.ts';
import { WORDS } from '../../words/screens.ts';
import { CaptureDialog } from './capture-dialog.tsx';
import { DeployDialog } from './deploy-dialog.tsx';
import { FactHistoryDialog } from './fact-history-dialog.tsx';
import { MergeDialog } from './merge-dialog.tsx';
import { RecordsDialog } from './records-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import { SplitDialog } from './split-dialog.tsx';
import styles from './machine-head.module.css';
import type { MachineView } from '../../../preload/contract/views.ts';

const { actions, said } = WORDS.machine;

type Asked = 'rename' | 'deploy' | 'capture' | 'history' | 'merge' | 'split' | 'records';

export const MachineHead = ({ machine, full }: { readonly machine: MachineView; readonly full: boolean }) => {
  const [dialog, setDialog] = useState<Asked | null>(null);
  const progress = useProgress(machine.id);
  const kind = useStation((state) => state.jobs.get(machine.jobId ?? '')?.kind);
  const tone = toneOf(machine);
  const ref = { machineId: machine.id };
  return (
    <div className={styles['head']}>
      <div className={styles['line']}>
        <h2 className={styles['name']}>{machine.name}</h2>
        <span className={styles['state']}>
          <Lamp tone={tone} shape="dot" />
          <ToneText tone={tone}>{stateWithProgress(machine, progress, kind)}</ToneText>
        </span>
        <span className={styles['tools']}>
          {mayBeCaptured(machine) ? <Button onClick={() => setDialog('capture')}>{actions.capture}</Button> : null}
          {full ? null : (
            <Button look="quiet" aria-label={WORDS.machine.open} onClick={() => go('rack', machine.id)}>
              <OpenIcon size={16} aria-hidden="true" />
            </Button>
          )}
          <Menu
            label={WORDS.common.more}
            trigger={
              <Button look="quiet" aria-label={WORDS.common.more}>
                <MoreIcon size={18} aria-hidden="true" />
              </Button>
            }
            items={[
              { label: actions.deploy, onSelect: () => setDialog('deploy') },
              ...(mayBeCaptured(machine)
                ? [
                    {
                      label: actions.verify,
                      onSelect: () => void act('machines.verify', { ...ref, diskSerial: null }, said.verify(machine.name)),
                    },
                    {
                      label: actions.heal,
                      onSelect: () => void act('machines.verify', { ...ref, diskSerial: null, heal: true }, said.heal(machine.name)),
                    },
                  ]
                : []),
              { label: actions.bootLocal, onSelect: () => void act('machines.bootLocal', ref, said.bootLocal(machine.name)) },
              { label: actions.hold, onSelect: () => void act('machines.hold', ref, said.hold(machine.name)) },
              { label: actions.retry, onSelect: () => void act('machines.retry', ref, said.retry(machine.name)) },
              { label: actions.rename, onSelect: () => setDialog('rename') },
              { label: WORDS.records.history, onSelect: () => setDialog('history') },
              { label: WORDS.records.merge, onSelect: () => setDialog('merge') },
              { label: WORDS.records.split, onSelect: () => setDialog('split') },
              { label: WORDS.records.list, onSelect: () => setDialog('records') },
            ]}
          />
        </span>
      </div>
      <p className={styles['identity']}>{identityLine(machine)}</p>
      <p className={styles['macs']}>{machine.macs.join(' · ')}</p>
      {machine.says !== '' && machine.failure === null && machine.question === null ? (
        <p className={styles['says']}>{machine.says}</p>
      ) : null}
      {dialog === 'rename' ? <RenameDialog machine={machine} onClose={() => setDialog(null)} /> : null}
      {dialog === 'history' ? <FactHistoryDialog machine={machine} onClose={() => setDialog(null)} /> : null}
      {dialog === 'merge' ? <MergeDialog machine={machine} onClose={() => setDialog(null)} /> : null}
      {dialog === 'split' ? <SplitDialog machine={machine} onClose={() => setDialog(null)} /> : null}
      {dialog === 'records' ? <RecordsDialog onClose={() => setDialog(null)} /> : null}
      {dialog === 'capture' ? <CaptureDialog machine={machine} onClose={() => setDialog(null)} /> : null}
      {dialog === 'deploy' ? <DeployDialog machine={machine} onClose={() => setDialog(null)} /> : null}
    </div>
  );
};
