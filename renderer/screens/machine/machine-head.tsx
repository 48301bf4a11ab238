// Who the machine is, and what can be done with it that asks for no consent.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { MoreIcon, OpenIcon } from '../../kit/icons.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Menu } from '../../kit/menu.tsx';
import { act } from '../../store/notices.ts';
import { go } from '../../store/route.ts';
import { useProgress } from '../../store/station-store.ts';
import { identityLine, stateWithProgress, toneOf } from '../../words/machine.ts';
import { WORDS } from '../../words/screens.ts';
import { DeployDialog } from './deploy-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import styles from './machine-head.module.css';
import type { MachineView } from '../../../preload/contract/views.ts';

const { actions, said } = WORDS.machine;

export const MachineHead = ({ machine, full }: { readonly machine: MachineView; readonly full: boolean }) => {
  const [dialog, setDialog] = useState<'rename' | 'deploy' | null>(null);
  const progress = useProgress(machine.id);
  const tone = toneOf(machine);
  const ref = { machineId: machine.id };
  return (
    <div className={styles['head']}>
      <div className={styles['line']}>
        <h2 className={styles['name']}>{machine.name}</h2>
        <span className={styles['state']}>
          <Lamp tone={tone} shape="dot" />
          <ToneText tone={tone}>{stateWithProgress(machine, progress)}</ToneText>
        </span>
        <span className={styles['tools']}>
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
              { label: actions.bootLocal, onSelect: () => void act('machines.bootLocal', ref, said.bootLocal(machine.name)) },
              { label: actions.hold, onSelect: () => void act('machines.hold', ref, said.hold(machine.name)) },
              { label: actions.retry, onSelect: () => void act('machines.retry', ref, said.retry(machine.name)) },
              { label: actions.rename, onSelect: () => setDialog('rename') },
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
      {dialog === 'deploy' ? <DeployDialog machine={machine} onClose={() => setDialog(null)} /> : null}
    </div>
  );
};
